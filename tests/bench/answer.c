/* Finds the end of a reply, and judges it. */
#include "bench/answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The Content-Length of a head. If it has none: 0 for status 204, else -1. */
static long
content_length(const char *head, const char *end, int status)
{
	static const char name[] = "\r\ncontent-length:";
	const char *p;

	for (p = head; p != NULL && p < end; p = strstr(p + 1, "\r\n")) {
		if (strncasecmp(p, name, sizeof(name) - 1) == 0)
			return strtol(p + sizeof(name) - 1, NULL, 10);
	}
	return status == 204 ? 0 : -1;
}

enum answer
answer_http(const char *s, size_t len, int status, const char *text, size_t *used)
{
	const char *end = strstr(s, "\r\n\r\n");
	const char *found;
	long length;
	int got;

	if (end == NULL)
		return ANSWER_PARTIAL;
	*used = (size_t)(end - s) + 4;
	got = strncmp(s, "HTTP/1.", 7) == 0 ? (int)strtol(s + 8, NULL, 10) : 0;
	length = content_length(s, end, got);
	if (length < 0)
		return ANSWER_BAD;
	if (len < *used + (size_t)length)
		return ANSWER_PARTIAL;
	*used += (size_t)length;
	if (got != status)
		return ANSWER_BAD;
	if (text == NULL)
		return ANSWER_GOOD;
	found = strstr(end, text);
	return found != NULL && found < s + *used ? ANSWER_GOOD : ANSWER_BAD;
}

enum answer
answer_resp(const char *s, size_t len, size_t *used)
{
	long left = 1; /* elements still to be read, those of nested arrays included */
	enum answer said = ANSWER_GOOD;
	size_t at = 0;

	while (left > 0) {
		const char *end = at < len ? strstr(s + at, "\r\n") : NULL;
		char kind = s[at];
		long n;

		if (end == NULL)
			return ANSWER_PARTIAL;
		n = strtol(s + at + 1, NULL, 10);
		at = (size_t)(end - s) + 2;
		left--;
		if (kind == '-')
			said = ANSWER_BAD;
		else if (kind == '*' && n > 0)
			left += n;
		else if (kind == '$' && n >= 0)
			at += (size_t)n + 2;
		if (at > len)
			return ANSWER_PARTIAL;
	}
	*used = at;
	return said;
}
