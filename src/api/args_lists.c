/* Arguments that are made of arrays and objects. Nothing is appended after a failure. */
#include "api/args_lists.h"

#include "base/buf.h"
#include "base/id.h"
#include "base/memory.h"
#include "base/pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 256 };

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
args_add_ids(struct args *a, const struct in_field *f, json_t *v)
{
	size_t n = json_array_size(v), kept = 0, i, k;
	struct buf list = BUF_INIT;
	const char **ids;

	if (!json_is_array(v) || n > (size_t)f->most) {
		args_fail(a, ERR_INVALID_FIELD, "%s: an array of at most %.0f ids is expected",
		    f->name, f->most);
		return;
	}
	ids = xmalloc(n * sizeof(*ids));
	for (i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(v, i));

		if (s == NULL) {
			args_fail(
			    a, ERR_INVALID_FIELD, "%s: an array of strings is expected", f->name);
			break;
		}
		if (!id_valid(s, strlen(s))) {
			args_fail(a, ERR_INVALID_ID, "%s: an id matches %s", f->name, ID_PATTERN);
			break;
		}
		for (k = 0; k < kept && strcmp(ids[k], s) != 0; k++)
			continue;
		if (k == kept)
			ids[kept++] = s;
	}
	if (f->kind == IN_ID_SET)
		qsort(ids, kept, sizeof(*ids), compare);
	for (i = 0; i < kept && a->failed == ERR_OK; i++)
		buf_addf(&list, "%s%s", i > 0 ? "," : "", ids[i]);
	args_text(a, f->arg, buf_str(&list));
	buf_fini(&list);
	free(ids);
}

/* Fails unless a value of the object may have this key and this value. */
static void
check_member(struct args *a, const struct in_field *f, const char *key, json_t *v)
{
	bool has_ids = f->kind == IN_LABELS || f->kind == IN_AMOUNTS;
	double n = json_number_value(v);

	if (has_ids && !id_valid(key, strlen(key)))
		args_fail(a, ERR_INVALID_ID, "%s: an id matches %s", f->name, ID_PATTERN);
	else if (f->kind == IN_AMOUNTS &&
	    (!json_is_number(v) || !(n >= 0 && n <= AMOUNT_MAX) || n != trunc(n)))
		args_fail(a, ERR_INVALID_FIELD, "%s.%s: a whole number from 0 to %.0f is expected",
		    f->name, key, AMOUNT_MAX);
	else if (f->kind != IN_AMOUNTS && !json_is_string(v))
		args_fail(a, ERR_INVALID_FIELD, "%s: all values must be strings", f->name);
	else if (f->kind == IN_LABELS && json_string_length(v) > LABEL_MAX)
		args_fail(
		    a, ERR_INVALID_FIELD, "%s: a value has at most %d bytes", f->name, LABEL_MAX);
}

/* Fails unless the value is an object with members that the field may have. */
static void
check_map(struct args *a, const struct in_field *f, json_t *v)
{
	const char *key;
	json_t *value;

	if (!json_is_object(v))
		args_fail(a, ERR_INVALID_FIELD, "%s: an object is expected", f->name);
	else if ((f->kind == IN_LABELS || f->kind == IN_AMOUNTS) &&
	    json_object_size(v) > (size_t)f->most)
		args_fail(a, ERR_INVALID_FIELD, "%s: at most %.0f are expected", f->name, f->most);
	json_object_foreach(v, key, value) check_member(a, f, key, value);
}

void
args_add_strings(struct args *a, const struct in_field *f, json_t *v)
{
	char *text;

	check_map(a, f, v);
	if (a->failed != ERR_OK)
		return;
	text = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS);
	if (strlen(text) > (size_t)f->most)
		args_fail(a, ERR_INVALID_FIELD, "%s: at most %.0f bytes as JSON are expected",
		    f->name, f->most);
	args_text(a, f->arg, f->kind == IN_STRINGS && strcmp(text, "{}") == 0 ? "" : text);
	free(text);
}

void
args_add_pairs(struct args *a, const struct in_field *f, json_t *v)
{
	struct buf list = BUF_INIT, number = BUF_INIT;
	const char **keys, *key;
	size_t n = 0, i;
	json_t *value;

	check_map(a, f, v);
	if (a->failed != ERR_OK)
		return;
	keys = xmalloc(json_object_size(v) * sizeof(*keys));
	json_object_foreach(v, key, value) keys[n++] = key;
	qsort(keys, n, sizeof(*keys), compare);
	for (i = 0; i < n; i++) {
		value = json_object_get(v, keys[i]);
		buf_reset(&number);
		if (f->kind == IN_AMOUNTS)
			buf_add_int(&number, (int64_t)json_number_value(value));
		else
			buf_add(&number, json_string_value(value), json_string_length(value));
		pairs_add(&list, keys[i], buf_str(&number), number.len);
	}
	args_text(a, f->arg, buf_str(&list));
	buf_fini(&list);
	buf_fini(&number);
	free(keys);
}
