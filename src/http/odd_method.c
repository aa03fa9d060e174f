/* Methods that llhttp does not know. Invariant: `name` holds the bytes of a token. */
#include "http/odd_method.h"

#include <ctype.h>
#include <string.h>

static bool
is_token(char c)
{
	return c != '\0' && (isalnum((unsigned char)c) || strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

size_t
odd_method_begin(
    struct odd_method *o, const char *before, size_t before_len, const char *data, size_t len)
{
	size_t n = 0;

	while (n < before_len && n < ODD_METHOD_MAX && is_token(before[before_len - 1 - n]))
		n++;
	*o = (struct odd_method){ .copying = true, .len = n };
	memcpy(o->name, before + before_len - n, n);
	if (o->len > 0)
		return 0;
	for (n = 0; n < len && (data[n] == '\r' || data[n] == '\n'); n++)
		continue;
	return n;
}

enum odd_method_state
odd_method_copy(struct odd_method *o, const char *data, size_t len, size_t *used)
{
	size_t i = 0;

	while (i < len && is_token(data[i]) && o->len < ODD_METHOD_MAX)
		o->name[o->len++] = data[i++];
	*used = i;
	if (i == len)
		return ODD_METHOD_MORE;
	o->copying = false;
	if (is_token(data[i]))
		return ODD_METHOD_TOO_LONG;
	return o->len > 0 && data[i] == ' ' ? ODD_METHOD_COMPLETE : ODD_METHOD_MALFORMED;
}
