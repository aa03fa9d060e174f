/*
 * What a request wants for its agent beside services and strategy. Invariant: `fields` has members of the
 * request's body only, and each is within the limits of the API.
 */
#include "client/terms.h"

#include "base/error.h"
#include "base/id.h"
#include "base/memory.h"
#include "client/reply.h"

#include <stdlib.h>
#include <string.h>

enum {
	LIST_MAX = 64,
	VALUE_MAX = 256,
	RESOURCES_MAX = 16,
	PRIORITY_MAX = 100,
	SPREAD_MAX = 1000000,
};

#define AMOUNT_MAX INT64_C(1000000000000)
#define YEAR_MS    INT64_C(31536000000)

struct muster_terms {
	json_t *fields;
};

muster_terms *
muster_terms_new(void)
{
	muster_terms *t = xmalloc(sizeof(*t));

	t->fields = json_object();
	return t;
}

muster_terms *
muster_terms_of(const muster_reply *assignment)
{
	static const char *const names[] = { "labels", "zones", "node_ids", "exclude_node_ids",
		"resources", "group", "spread", "priority" };
	muster_terms *t = muster_terms_new();
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		char *text = muster_reply_json(assignment, names[i]);

		if (text != NULL)
			json_object_set_new(
			    t->fields, names[i], json_loads(text, JSON_DECODE_ANY, NULL));
		free(text);
	}
	return t;
}

void
muster_terms_free(muster_terms *t)
{
	if (t == NULL)
		return;
	json_decref(t->fields);
	free(t);
}

void
terms_add_to(json_t *body, const muster_terms *t)
{
	if (t != NULL)
		json_object_update(body, t->fields);
}

static bool
is_id(const char *s)
{
	return s != NULL && id_valid(s, strlen(s));
}

/* The list or object with this name. Makes it if it does not exist. */
static json_t *
list_of(muster_terms *t, const char *name, json_t *(*make)(void))
{
	json_t *v = json_object_get(t->fields, name);

	if (v == NULL) {
		json_object_set_new(t->fields, name, make());
		v = json_object_get(t->fields, name);
	}
	return v;
}

/* Adds an id to a list. */
static bool
add_id(muster_terms *t, const char *name, const char *id)
{
	json_t *list = is_id(id) ? list_of(t, name, json_array) : NULL;

	return list != NULL && json_array_size(list) < LIST_MAX &&
	    json_array_append_new(list, json_string(id)) == 0;
}

bool
muster_terms_add_label(muster_terms *t, const char *name, const char *value)
{
	json_t *v =
	    is_id(name) && value != NULL && strlen(value) <= VALUE_MAX ? json_string(value) : NULL;
	json_t *labels = v != NULL ? list_of(t, "labels", json_object) : NULL;

	if (labels == NULL || json_object_size(labels) >= LIST_MAX) {
		json_decref(v);
		return false;
	}
	return json_object_set_new(labels, name, v) == 0;
}

bool
muster_terms_add_zone(muster_terms *t, const char *zone)
{
	return add_id(t, "zones", zone);
}

bool
muster_terms_add_node(muster_terms *t, const char *node_id)
{
	return add_id(t, "node_ids", node_id);
}

bool
muster_terms_exclude_node(muster_terms *t, const char *node_id)
{
	return add_id(t, "exclude_node_ids", node_id);
}

bool
muster_terms_add_resource(muster_terms *t, const char *name, int64_t amount)
{
	json_t *resources;

	if (!is_id(name) || amount < 0 || amount > AMOUNT_MAX)
		return false;
	resources = list_of(t, "resources", json_object);
	return json_object_size(resources) < RESOURCES_MAX &&
	    json_object_set_new(resources, name, json_integer(amount)) == 0;
}

bool
muster_terms_set_group(muster_terms *t, const char *group)
{
	return is_id(group) && json_object_set_new(t->fields, "group", json_string(group)) == 0;
}

/* True for "node", "zone" and "label:KEY". */
static bool
is_domain(const char *s)
{
	static const char label[] = "label:";

	return s != NULL &&
	    (strcmp(s, "node") == 0 || strcmp(s, "zone") == 0 ||
	        (strncmp(s, label, sizeof(label) - 1) == 0 && is_id(s + sizeof(label) - 1)));
}

bool
muster_terms_set_spread(muster_terms *t, const char *by, int max, int max_skew, bool prefer)
{
	json_t *spread;

	if (!is_domain(by) || max < 0 || max > SPREAD_MAX || max_skew < 0 ||
	    max_skew > SPREAD_MAX || max + max_skew == 0)
		return false;
	spread = json_pack("{s:s, s:b}", "by", by, "prefer", prefer);
	if (max > 0)
		json_object_set_new(spread, "max", json_integer(max));
	if (max_skew > 0)
		json_object_set_new(spread, "max_skew", json_integer(max_skew));
	return json_object_set_new(t->fields, "spread", spread) == 0;
}

/* Sets a whole number from 0 to `most`. */
static bool
set_number(muster_terms *t, const char *name, int64_t n, int64_t most)
{
	return n >= 0 && n <= most && json_object_set_new(t->fields, name, json_integer(n)) == 0;
}

bool
muster_terms_set_priority(muster_terms *t, int priority)
{
	return set_number(t, "priority", priority, PRIORITY_MAX);
}

bool
muster_terms_set_queue_ttl(muster_terms *t, int64_t ms)
{
	return set_number(t, "queue_ttl_ms", ms, YEAR_MS);
}

void
muster_terms_set_dry_run(muster_terms *t, bool dry_run)
{
	json_object_set_new(t->fields, "dry_run", json_boolean(dry_run));
}

void
muster_terms_set_explain(muster_terms *t, bool explain)
{
	json_object_set_new(t->fields, "explain", json_boolean(explain));
}
