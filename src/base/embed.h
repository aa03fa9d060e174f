/* Files that become part of the binary. Paths start at the top of the tree. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

/* Defines `symbol`, the bytes of the file with a NUL after them, and `symbol`_len, their number. */
#define EMBED(symbol, path)                                   \
	__asm__(".pushsection .rodata\n"                      \
	        ".global " #symbol "\n" #symbol ":\n"         \
	        ".incbin \"" path "\"\n" #symbol "_last:\n"   \
	        ".byte 0\n"                                   \
	        ".balign 8\n"                                 \
	        ".global " #symbol "_len\n" #symbol "_len:\n" \
	        ".dc.a " #symbol "_last - " #symbol "\n"      \
	        ".popsection\n");                             \
	extern const char symbol[];                           \
	extern const size_t symbol##_len

#endif
