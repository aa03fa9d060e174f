/*
 * JSON writer. Invariant: a comma is due exactly when the last byte ends a value, which is
 * when it is none of '{', '[', ':' and the buffer is not empty.
 */
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
begin_value(struct buf *b, const char *key)
{
	if (b->len > 0) {
		char last = b->data[b->len - 1];

		if (last != '{' && last != '[' && last != ':')
			buf_add(b, ",", 1);
	}
	if (key != NULL) {
		buf_add(b, "\"", 1);
		buf_add_str(b, key);
		buf_add(b, "\":", 2);
	}
}

void
json_begin_object(struct buf *b, const char *key)
{
	begin_value(b, key);
	buf_add(b, "{", 1);
}

void
json_end_object(struct buf *b)
{
	buf_add(b, "}", 1);
}

void
json_begin_array(struct buf *b, const char *key)
{
	begin_value(b, key);
	buf_add(b, "[", 1);
}

void
json_end_array(struct buf *b)
{
	buf_add(b, "]", 1);
}

size_t
json_utf8_length(const unsigned char *s, size_t len)
{
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xc2 && s[0] <= 0xdf   ? 2
	    : (s[0] & 0xf0) == 0xe0        ? 3
	    : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
	                                   : 0;
	if (n == 0 || n > len)
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void
add_escaped(struct buf *b, const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i = 0, plain = 0;

	while (i < len) {
		size_t n = json_utf8_length(u + i, len - i);

		if (n == 1 && u[i] >= 0x20 && u[i] != 0x7f && u[i] != '"' && u[i] != '\\') {
			i++;
			continue;
		}
		if (n > 1) {
			i += n;
			continue;
		}
		buf_add(b, s + plain, i - plain);
		if (n == 0)
			buf_add_str(b, "\xef\xbf\xbd");
		else if (u[i] == '"' || u[i] == '\\')
			buf_addf(b, "\\%c", u[i]);
		else
			buf_addf(b, "\\u%04x", u[i]);
		plain = ++i;
	}
	buf_add(b, s + plain, i - plain);
}

void
json_add_string(struct buf *b, const char *key, const char *s, size_t len)
{
	if (s == NULL) {
		json_add_null(b, key);
		return;
	}
	begin_value(b, key);
	buf_add(b, "\"", 1);
	add_escaped(b, s, len);
	buf_add(b, "\"", 1);
}

void
json_add_text(struct buf *b, const char *key, const char *s)
{
	json_add_string(b, key, s, s != NULL ? strlen(s) : 0);
}

void
json_add_raw(struct buf *b, const char *key, const char *s, size_t len)
{
	begin_value(b, key);
	buf_add(b, s, len);
}

void
json_add_int(struct buf *b, const char *key, int64_t n)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRId64, n);

	json_add_raw(b, key, text, (size_t)len);
}

void
json_add_bool(struct buf *b, const char *key, bool v)
{
	json_add_raw(b, key, v ? "true" : "false", v ? 4 : 5);
}

void
json_add_null(struct buf *b, const char *key)
{
	json_add_raw(b, key, "null", 4);
}
