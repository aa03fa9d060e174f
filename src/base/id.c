/* Ids. */
#include "base/id.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static bool
alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool
id_valid(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || len > ID_MAX || !alnum(s[0]))
		return false;
	for (i = 1; i < len; i++)
		if (!alnum(s[i]) && (s[i] == '\0' || strchr("._:@-", s[i]) == NULL))
			return false;
	return true;
}

const char *
id_nonce(char out[NONCE_SIZE])
{
	unsigned char bytes[(NONCE_SIZE - 1) / 2];
	size_t i;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort();
	for (i = 0; i < sizeof(bytes); i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return out;
}

const char *
id_serial(char out[SERIAL_SIZE])
{
	enum { PREFIX = 16 };
	static _Thread_local char prefix[NONCE_SIZE];
	static _Thread_local uint64_t number;
	char *end = out + PREFIX;
	int shift;

	if (number++ == 0)
		id_nonce(prefix);
	memcpy(out, prefix, PREFIX);
	*end++ = '-';
	for (shift = (63 - __builtin_clzll(number)) / 4 * 4; shift >= 0; shift -= 4)
		*end++ = "0123456789abcdef"[number >> shift & 0xf];
	*end = '\0';
	return out;
}
