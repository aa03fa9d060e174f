/* Small files of the kernel, such as those in /proc. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads the first size-1 bytes of a file as a string. Returns false, with "" in `text`, if the file
 * cannot be read or is empty.
 */
bool file_read_start(const char *path, char *text, size_t size);

#endif
