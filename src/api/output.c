/* Rows as JSON. */
#include "api/output.h"

#include "api/terms.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
add_shares(struct buf *b, const char *name, const char *list, size_t len)
{
	const char *end = list + len;
	char key[ID_MAX + 1], *slash;
	struct pair p;

	json_begin_object(b, name);
	while (pairs_take(&list, end, &p)) {
		int64_t allocated = strtoll(p.value, &slash, 10);

		if (!id_valid(p.key, p.key_len) || *slash != '/')
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)p.key_len, p.key);
		json_begin_object(b, key);
		json_add_int(b, "allocated", allocated);
		json_add_int(b, "total", strtoll(slash + 1, NULL, 10));
		json_end_object(b);
	}
	json_end_object(b);
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
		json_add_list(b, f->name, s, len);
		break;
	case OUT_LABELS:
		pairs_write_texts(b, f->name, s, len);
		break;
	case OUT_COUNTS:
		pairs_write_numbers(b, f->name, s, len);
		break;
	case OUT_SHARES:
		add_shares(b, f->name, s, len);
		break;
	case OUT_TERMS:
		terms_write(b, s, len);
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

void
output_fields(struct buf *b, const struct script_row *row, const struct out_field *fields, size_t n)
{
	size_t i, left = 0;

	for (i = 0; i < n; i++) {
		const struct out_field *f = &fields[i];
		size_t len = script_row_len(row, f->column);

		if (f->kind != OUT_OBJECT) {
			if (len > 0 || !f->optional)
				add_value(b, f, script_row_text(row, f->column), len);
			if (left > 0 && --left == 0)
				json_end_object(b);
		} else if (len > 0) {
			json_begin_object(b, f->name);
			left = f->members;
		} else {
			if (!f->optional)
				json_add_null(b, f->name);
			i += f->members;
		}
	}
}

void
output_row(struct buf *b, const char *key, const struct script_row *row,
    const struct out_field *fields, size_t n)
{
	json_begin_object(b, key);
	output_fields(b, row, fields, n);
	json_end_object(b);
}

void
output_rows(struct buf *b, const char *key, const struct script_reply *reply, size_t cursor,
    const struct out_field *fields, size_t n)
{
	const struct out_field next = { "next_cursor", cursor, OUT_NULL };
	size_t i;

	json_begin_array(b, key);
	for (i = 0; i < reply->n_rows; i++)
		output_row(b, NULL, &reply->rows[i], fields, n);
	json_end_array(b);
	json_add_int(b, "count", (int64_t)reply->n_rows);
	output_fields(b, &reply->head, &next, 1);
}

void
output_list(struct buf *b, const char *key, const struct script_reply *reply,
    const struct out_field *fields, size_t n)
{
	json_begin_object(b, NULL);
	output_rows(b, key, reply, PAGE_ROW_NEXT_CURSOR, fields, n);
	json_end_object(b);
}
