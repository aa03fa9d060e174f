/* Rows as JSON. */
#include "api/output.h"

#include "base/clock.h"
#include "base/json.h"

#include <string.h>

enum { PARTS_MAX = 32 };

static void
add_ids(struct buf *b, const char *name, const char *list, size_t len)
{
	const char *end = list + len;

	json_begin_array(b, name);
	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		const char *item_end = comma != NULL ? comma : end;

		json_add_string(b, NULL, list, (size_t)(item_end - list));
		list = item_end + (comma != NULL);
	}
	json_end_array(b);
}

/* Reads the decimal number that a script writes for a time, in ms. */
static int64_t
time_of(const char *s)
{
	int64_t ms = 0;

	for (; *s >= '0' && *s <= '9' && ms < INT64_MAX / 100; s++)
		ms = ms * 10 + (*s - '0');
	return ms;
}

static void
add_value(struct buf *b, const struct out_field *f, const char *s, size_t len)
{
	char when[CLOCK_TEXT_SIZE];

	switch (f->kind) {
	case OUT_TEXT:
		json_add_string(b, f->name, s, len);
		break;
	case OUT_NULL:
		json_add_string(b, f->name, len > 0 ? s : NULL, len);
		break;
	case OUT_NUMBER:
		json_add_raw(b, f->name, len > 0 ? s : "null", len > 0 ? len : 4);
		break;
	case OUT_BOOL:
		json_add_bool(b, f->name, *s == '1');
		break;
	case OUT_IDS:
		add_ids(b, f->name, s, len);
		break;
	case OUT_JSON:
		json_add_raw(b, f->name, len > 0 ? s : "{}", len > 0 ? len : 2);
		break;
	case OUT_TIME:
		json_add_text(b, f->name, len > 0 ? clock_text(time_of(s), when) : NULL);
		break;
	case OUT_OBJECT:
		break;
	}
}

/* The element `i` of the row as a string; "" if it is nil or missing. */
static const char *
element(const struct reply *row, size_t i, size_t *len)
{
	const struct reply *v = i < row->n_members ? &row->members[i] : NULL;

	*len = v != NULL ? v->len : 0;
	return *len > 0 ? v->text : "";
}

void
output_fields(
    struct buf *b, const struct reply *row, size_t from, const struct out_field *fields, size_t n)
{
	size_t i, len, left = 0;

	for (i = 0; i < n; i++) {
		const char *s = element(row, from, &len);

		if (fields[i].kind != OUT_OBJECT) {
			add_value(b, &fields[i], s, len);
			from++;
			if (left > 0 && --left == 0)
				json_end_object(b);
		} else if (len > 0) {
			json_begin_object(b, fields[i].name);
			left = fields[i].members;
		} else {
			json_add_null(b, fields[i].name);
			from += fields[i].members;
			i += fields[i].members;
		}
	}
}

/* Makes a row of the parts. */
void
output_text(struct buf *b, const struct reply *text, const struct out_field *fields, size_t n)
{
	struct reply parts[PARTS_MAX];
	struct reply whole = { REPLY_ARRAY, .members = parts };
	const char *s = text->text, *end = text->text + text->len, *tab;

	do {
		struct reply *part = &parts[whole.n_members++];

		tab = memchr(s, '\t', (size_t)(end - s));
		part->text = s;
		part->len = (size_t)((tab != NULL ? tab : end) - s);
		s = tab != NULL ? tab + 1 : end;
	} while (tab != NULL && whole.n_members < PARTS_MAX);
	output_fields(b, &whole, 0, fields, n);
}

void
output_row(struct buf *b, const char *key, const struct reply *row, const struct out_field *fields,
    size_t n)
{
	json_begin_object(b, key);
	if (row->kind == REPLY_TEXT)
		output_text(b, row, fields, n);
	else
		output_fields(b, row, 0, fields, n);
	json_end_object(b);
}

void
output_rows(struct buf *b, const char *key, const struct reply *reply, size_t from,
    const struct out_field *fields, size_t n)
{
	static const struct out_field cursor = { "next_cursor", OUT_NULL };
	size_t i;

	json_begin_array(b, key);
	for (i = from; i < reply->n_members; i++)
		output_row(b, NULL, &reply->members[i], fields, n);
	json_end_array(b);
	json_add_int(b, "count", (int64_t)(reply->n_members - from));
	output_fields(b, reply, 2, &cursor, 1);
}

void
output_list(struct buf *b, const char *key, const struct reply *reply,
    const struct out_field *fields, size_t n)
{
	json_begin_object(b, NULL);
	output_rows(b, key, reply, 3, fields, n);
	json_end_object(b);
}
