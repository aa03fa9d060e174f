/*
 * Request targets. Not responsible for the characters in them: the parser has refused those that are
 * not allowed. Invariant: decoding never makes a text longer, and never adds a NUL.
 */
#include "http/uri.h"

#include <string.h>

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
uri_decode(char *s, bool plus)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		int high, low;

		if (*s != '%') {
			*to++ = plus && *s == '+' ? ' ' : *s;
			continue;
		}
		high = hex_value(s[1]);
		low = high < 0 ? -1 : hex_value(s[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high << 4 | low);
		s += 2;
	}
	*to = '\0';
	return true;
}

bool
uri_prefix_valid(const char *text)
{
	while (*text == '/') {
		size_t len = strspn(
		    ++text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

		if (len == 0 || (len <= 2 && strspn(text, ".") >= len))
			return false;
		text += len;
	}
	return *text == '\0';
}

bool
uri_split_path(char *path, struct uri_path *out)
{
	char *segment = path + 1;

	for (out->n = 0; segment != NULL; out->n++) {
		char *end = strchrnul(segment, '/');
		char *next = *end == '/' ? end + 1 : NULL;

		*end = '\0';
		if (memchr(segment, '%', (size_t)(end - segment)) != NULL) {
			if (!uri_decode(segment, false))
				return false;
			end = segment + strlen(segment);
		}
		if (out->n < URI_SEGMENTS_MAX) {
			out->segments[out->n] = segment;
			out->lens[out->n] = (size_t)(end - segment);
		}
		segment = next;
	}
	return true;
}

enum err
uri_split_query(char *query, struct uri_pair *out, size_t max, size_t *n)
{
	*n = 0;
	while (query != NULL) {
		char *name = query, *value;
		char *end = strchr(query, '&');

		if (end != NULL)
			*end++ = '\0';
		query = end;
		if (*name == '\0')
			continue;
		if (*n == max)
			return ERR_BAD_REQUEST;
		value = strchr(name, '=');
		if (value != NULL)
			*value++ = '\0';
		if (!uri_decode(name, true) || (value != NULL && !uri_decode(value, true)))
			return ERR_BAD_REQUEST;
		out[*n] = (struct uri_pair){ name, value != NULL ? value : "" };
		++*n;
	}
	return ERR_OK;
}
