/* Replies. Invariant: the root is an object and never changes. */
#include "client/reply.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { REAL_DIGITS = 15, NAME_SIZE = 160 };

struct muster_reply {
	json_t *root;
};

muster_reply *
reply_new(json_t *root)
{
	muster_reply *r = xmalloc(sizeof(*r));

	r->root = root;
	return r;
}

muster_reply *
reply_parse(const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(root)) {
		json_decref(root);
		return NULL;
	}
	return reply_new(root);
}

void
muster_reply_free(muster_reply *r)
{
	if (r == NULL)
		return;
	json_decref(r->root);
	free(r);
}

/* The element of an object or array that the first `len` bytes of `text` name; NULL if there is none. */
static json_t *
element(const json_t *v, const char *text, size_t len)
{
	char name[NAME_SIZE], *end;
	size_t i;

	if (len >= sizeof(name))
		return NULL;
	memcpy(name, text, len);
	name[len] = '\0';
	if (json_is_object(v))
		return json_object_get(v, name);
	i = strtoul(name, &end, 10);
	return isdigit((unsigned char)*name) && *end == '\0' ? json_array_get(v, i) : NULL;
}

/*
 * Returns the element of `v` that a name at the start of *path names, and moves *path past that name. The
 * name of a label or a resource may contain dots, so the longest one that there is counts.
 */
static json_t *
step_into(const json_t *v, const char **path)
{
	size_t len = json_is_object(v) ? strlen(*path) : strcspn(*path, ".");

	while (len > 0) {
		json_t *found = element(v, *path, len);
		const char *dot = memrchr(*path, '.', len);

		if (found != NULL) {
			*path += len + ((*path)[len] == '.');
			return found;
		}
		len = dot != NULL ? (size_t)(dot - *path) : 0;
	}
	return NULL;
}

static json_t *
find(const muster_reply *r, const char *path)
{
	json_t *v = r != NULL ? r->root : NULL;

	while (v != NULL && *path != '\0')
		v = step_into(v, &path);
	return v;
}

const char *
muster_reply_text(const muster_reply *r, const char *path)
{
	return json_string_value(find(r, path));
}

int64_t
muster_reply_int(const muster_reply *r, const char *path)
{
	return json_integer_value(find(r, path));
}

double
muster_reply_number(const muster_reply *r, const char *path)
{
	return json_number_value(find(r, path));
}

bool
muster_reply_bool(const muster_reply *r, const char *path)
{
	return json_is_true(find(r, path));
}

bool
muster_reply_has(const muster_reply *r, const char *path)
{
	const json_t *v = find(r, path);

	return v != NULL && !json_is_null(v);
}

size_t
muster_reply_count(const muster_reply *r, const char *path)
{
	const json_t *v = find(r, path);

	return json_is_object(v) ? json_object_size(v) : json_array_size(v);
}

const char *
muster_reply_name(const muster_reply *r, const char *path, size_t i)
{
	json_t *v = find(r, path), *value;
	const char *name;

	json_object_foreach(v, name, value)
	{
		if (i-- == 0)
			return name;
	}
	return NULL;
}

char *
muster_reply_json(const muster_reply *r, const char *path)
{
	const json_t *v = find(r, path);

	if (v == NULL)
		return NULL;
	return json_dumps(v,
	    JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));
}
