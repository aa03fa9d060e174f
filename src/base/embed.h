/* Files that are part of the binary. The path is taken from the top of the tree. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

/* Defines `symbol` and `symbol`_end, the first byte of the file and the one behind its last. */
#define EMBED(symbol, path)                                                                        \
	__asm__(".pushsection .rodata\n"                                                           \
		".global " #symbol "\n" #symbol ":\n"                                              \
		".incbin \"" path "\"\n"                                                           \
		".global " #symbol "_end\n" #symbol "_end:\n"                                      \
		".byte 0\n"                                                                        \
		".popsection\n");                                                                  \
	extern const char symbol[], symbol##_end[]

#endif
