/* Lists of pairs. Invariant: no value that is written here has a comma, a space or a control character. */
#include "base/pairs.h"

#include "base/id.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static bool
is_kept(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("._:@-", c) != NULL);
}

void
pairs_add(struct buf *list, const char *key, const char *value, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *end = value + len;
	char *to;

	if (list->len > 0)
		buf_add(list, ",", 1);
	buf_add_str(list, key);
	buf_add(list, "=", 1);
	to = buf_room(list, 3 * len);
	for (; value < end; value++) {
		unsigned char c = (unsigned char)*value;

		if (is_kept(*value)) {
			*to++ = *value;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	buf_end(list, to);
}

bool
pairs_take(const char **list, const char *end, struct pair *p)
{
	while (*list < end) {
		const char *start = *list, *stop = start, *equals;

		while (stop < end && *stop != ',' && *stop != ' ')
			stop++;
		*list = stop < end ? stop + 1 : end;
		equals = memchr(start, '=', (size_t)(stop - start));
		if (equals == NULL)
			continue;
		*p = (struct pair){ start, equals + 1, (size_t)(equals - start),
			(size_t)(stop - equals - 1) };
		return true;
	}
	return false;
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
pairs_unescape(struct buf *b, const char *value, size_t len)
{
	const char *end = value + len;
	char *to = buf_room(b, len);

	while (value < end) {
		if (*value == '%' && end - value > 2 && digit(value[1]) >= 0 &&
		    digit(value[2]) >= 0) {
			*to++ = (char)(digit(value[1]) << 4 | digit(value[2]));
			value += 3;
		} else {
			*to++ = *value++;
		}
	}
	buf_end(b, to);
}

/* Copies the key with a NUL. False if it is no id. */
static bool
copy_key(char key[ID_MAX + 1], const struct pair *p)
{
	if (!id_valid(p->key, p->key_len))
		return false;
	memcpy(key, p->key, p->key_len);
	key[p->key_len] = '\0';
	return true;
}

void
pairs_write_text(struct buf *b, const struct pair *p)
{
	struct buf value = BUF_INIT;
	char key[ID_MAX + 1];

	if (copy_key(key, p)) {
		pairs_unescape(&value, p->value, p->value_len);
		json_add_string(b, key, buf_str(&value), value.len);
	}
	buf_fini(&value);
}

void
pairs_write_number(struct buf *b, const struct pair *p)
{
	char key[ID_MAX + 1];

	if (copy_key(key, p))
		json_add_int(b, key, strtoll(p->value, NULL, 10));
}

void
pairs_write_texts(struct buf *b, const char *key, const char *list, size_t len)
{
	const char *end = list + len;
	struct pair p;

	json_begin_object(b, key);
	while (pairs_take(&list, end, &p))
		pairs_write_text(b, &p);
	json_end_object(b);
}

void
pairs_write_numbers(struct buf *b, const char *key, const char *list, size_t len)
{
	const char *end = list + len;
	struct pair p;

	json_begin_object(b, key);
	while (pairs_take(&list, end, &p))
		pairs_write_number(b, &p);
	json_end_object(b);
}
