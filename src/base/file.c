/* Reading small files. */
#include "base/file.h"

#include <stdio.h>

bool
file_read_start(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(text, 1, size - 1, f) : 0;

	text[n] = '\0';
	if (f != NULL)
		fclose(f);
	return n > 0;
}
