/* Ids of stream entries. */
#include "api/stream_id.h"

#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 19 }; /* of each half: 64 bits */

bool
stream_id_valid(const char *s)
{
	size_t ms = strspn(s, "0123456789"), seq;

	if (ms == 0 || ms > DIGITS_MAX || s[ms] != '-')
		return false;
	seq = strspn(s + ms + 1, "0123456789");
	return seq > 0 && seq <= DIGITS_MAX && s[ms + 1 + seq] == '\0';
}

int
stream_id_compare(const char *a, const char *b)
{
	char *rest_a, *rest_b;
	unsigned long long ms_a = strtoull(a, &rest_a, 10), ms_b = strtoull(b, &rest_b, 10);

	if (ms_a != ms_b)
		return ms_a < ms_b ? -1 : 1;
	ms_a = *rest_a == '-' ? strtoull(rest_a + 1, NULL, 10) : 0;
	ms_b = *rest_b == '-' ? strtoull(rest_b + 1, NULL, 10) : 0;
	return ms_a < ms_b ? -1 : ms_a > ms_b;
}
