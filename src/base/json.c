/*
 * JSON writer. Invariant: a value needs a comma before it exactly when the buffer is not empty and
 * its last byte is none of '{', '[' and ':', for then that byte ends another value.
 */
#include "base/json.h"

#include <string.h>

enum { WORD = sizeof(uint64_t) };

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Appends the comma, if one is needed, and the key. Returns where up to `more` bytes of the value may
 * be written; buf_end must follow.
 */
static inline char *
begin_value(struct buf *b, const char *key, size_t more)
{
	size_t len = key != NULL ? strlen(key) : 0;
	char *to = buf_room(b, len + sizeof(",\"\":") + more);

	if (b->len > 0 && to[-1] != '{' && to[-1] != '[' && to[-1] != ':')
		*to++ = ',';
	if (key != NULL) {
		*to++ = '"';
		to = mempcpy(to, key, len);
		*to++ = '"';
		*to++ = ':';
	}
	return to;
}

static void
begin(struct buf *b, const char *key, char bracket)
{
	char *to = begin_value(b, key, 1);

	*to++ = bracket;
	buf_end(b, to);
}

void
json_begin_object(struct buf *b, const char *key)
{
	begin(b, key, '{');
}

void
json_end_object(struct buf *b)
{
	buf_add(b, "}", 1);
}

void
json_begin_array(struct buf *b, const char *key)
{
	begin(b, key, '[');
}

void
json_end_array(struct buf *b)
{
	buf_add(b, "]", 1);
}

/*
 * True if json_is_plain holds for each of the eight bytes. Each term sets the top bit of a byte that
 * is not plain. A carry or borrow can spoil the byte above, but only comes from such a byte.
 */
static inline bool
is_plain_word(uint64_t w)
{
	return ((w | (w + EACH(1)) | (w - EACH(0x20)) | ((w ^ EACH('"')) - EACH(1)) |
	            ((w ^ EACH('\\')) - EACH(1))) &
	           EACH(0x80)) == 0;
}

/* Copies the plain bytes at the start of `s` to `to`. Returns their number. */
static inline size_t
copy_plain(char *to, const char *s, size_t len)
{
	uint64_t w;
	size_t i;

	for (i = 0; len - i >= WORD; i += WORD) {
		memcpy(&w, s + i, WORD);
		if (!is_plain_word(w))
			break;
		memcpy(to + i, &w, WORD);
	}
	/* The rest as one word too: the last eight bytes, some of which are copied again. */
	if (len >= WORD && len - i < WORD) {
		memcpy(&w, s + len - WORD, WORD);
		if (is_plain_word(w)) {
			memcpy(to + len - WORD, &w, WORD);
			return len;
		}
	}
	for (; i < len && json_is_plain(s[i]); i++)
		to[i] = s[i];
	return i;
}

size_t
json_add_plain(struct buf *b, const char *s, size_t len)
{
	char *to = buf_room(b, len);
	size_t n = copy_plain(to, s, len);

	buf_end(b, to + n);
	return n;
}

size_t
json_plain_length(const char *s, size_t len)
{
	uint64_t w;
	size_t i;

	for (i = 0; len - i >= WORD; i += WORD) {
		memcpy(&w, s + i, WORD);
		if (!is_plain_word(w))
			break;
	}
	while (i < len && json_is_plain(s[i]))
		i++;
	return i;
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
	size_t i = 0;

	while ((i += json_add_plain(b, s + i, len - i)) < len) {
		size_t n = json_utf8_length(u + i, len - i);

		if (n > 1)
			buf_add(b, s + i, n);
		else if (n == 0)
			buf_add_str(b, "\xef\xbf\xbd");
		else if (u[i] == '"' || u[i] == '\\')
			buf_addf(b, "\\%c", u[i]);
		else
			buf_addf(b, "\\u%04x", u[i]);
		i += n > 0 ? n : 1;
	}
}

void
json_add_string(struct buf *b, const char *key, const char *s, size_t len)
{
	size_t plain;
	char *to;

	if (s == NULL) {
		json_add_null(b, key);
		return;
	}
	to = begin_value(b, key, len + 2);
	*to++ = '"';
	plain = copy_plain(to, s, len);
	to += plain;
	if (plain < len) {
		buf_end(b, to);
		add_escaped(b, s + plain, len - plain);
		to = buf_room(b, 1);
	}
	*to++ = '"';
	buf_end(b, to);
}

void
json_add_text(struct buf *b, const char *key, const char *s)
{
	json_add_string(b, key, s, s != NULL ? strlen(s) : 0);
}

void
json_add_raw(struct buf *b, const char *key, const char *s, size_t len)
{
	buf_end(b, mempcpy(begin_value(b, key, len), s, len));
}

void
json_add_int(struct buf *b, const char *key, int64_t n)
{
	buf_end(b, begin_value(b, key, 0));
	buf_add_int(b, n);
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

void
json_add_list(struct buf *b, const char *key, const char *list, size_t len)
{
	const char *end = list + len;

	json_begin_array(b, key);
	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		const char *item_end = comma != NULL ? comma : end;

		json_add_string(b, NULL, list, (size_t)(item_end - list));
		list = item_end + (comma != NULL);
	}
	json_end_array(b);
}
