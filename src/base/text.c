/* Text, without printf: these run several times for each request. */
#include "base/text.h"

#include <string.h>

char *
text_int(char *to, uint64_t n)
{
	uint64_t above = n;
	char *end = to;

	do
		end++;
	while ((above /= 10) > 0);
	for (to = end; n >= 10; n /= 10)
		*--to = (char)('0' + n % 10);
	*--to = (char)('0' + n);
	return end;
}

void
text_copy(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}
