/* Events. */
#include "api/event_entry.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 19 }; /* of each half of an id: 64 bits */

static const char *const groups[] = { "node", "agent", "leader", "strategy", "hold" };

/* The value of the field, "" where there is none. */
static const char *
field(const struct event_entry *e, const char *name)
{
	const redisReply *r = e->fields;
	size_t i;

	for (i = e->from; i + 1 < r->elements; i += 2)
		if (strcmp(r->element[i]->str, name) == 0)
			return r->element[i + 1]->str;
	return "";
}

static void
add_field(struct buf *b, const redisReply *name, const redisReply *value)
{
	bool number = strcmp(name->str, "epoch") == 0 || strcmp(name->str, "term") == 0;

	if (value->len == 0)
		json_add_null(b, name->str);
	else if (number)
		json_add_raw(b, name->str, value->str, value->len);
	else
		json_add_string(b, name->str, value->str, value->len);
}

bool
event_entry_read(struct event_entry *e, struct buf *data, const redisReply *r, size_t from)
{
	char when[CLOCK_TEXT_SIZE];
	size_t i;

	if (r->type != REDIS_REPLY_ARRAY || r->elements < from + 2)
		return false;
	for (i = 0; i < r->elements; i++)
		if (r->element[i]->str == NULL)
			return false;
	e->fields = r;
	e->from = from;
	if (from == 1)
		e->id = r->element[0]->str;
	e->type = field(e, "type");
	buf_reset(data);
	json_begin_object(data, NULL);
	for (i = from; i + 1 < r->elements; i += 2)
		if (strcmp(r->element[i]->str, "type") != 0)
			add_field(data, r->element[i], r->element[i + 1]);
	/* A first placement says no more than it has to: most events are of that kind. */
	if (strncmp(e->type, "agent.", 6) == 0 && *field(e, "reason") == '\0') {
		json_add_null(data, "previous_node_id");
		json_add_text(data, "reason", "requested");
	}
	/* An entry's id begins with the time at which it was made. */
	json_add_text(data, "at", clock_text(strtoll(e->id, NULL, 10), when));
	json_end_object(data);
	e->data = buf_str(data);
	e->data_len = data->len;
	return true;
}

/* True where the list of groups and types holds the type or its group. */
static bool
type_listed(const char *types, const char *type)
{
	size_t group = strcspn(type, "."), whole = strlen(type);

	while (*types != '\0') {
		size_t n = strcspn(types, ",");

		if ((n == whole || n == group) && memcmp(types, type, n) == 0)
			return true;
		types += n + (types[n] == ',');
	}
	return false;
}

bool
event_filter_passes(const struct event_entry *e, const struct event_filter *filter)
{
	if (filter->types[0] != '\0' && !type_listed(filter->types, e->type))
		return false;
	if (filter->agent_id[0] != '\0' && strcmp(field(e, "agent_id"), filter->agent_id) != 0)
		return false;
	return filter->node_id[0] == '\0' || strcmp(field(e, "node_id"), filter->node_id) == 0 ||
	    strcmp(field(e, "previous_node_id"), filter->node_id) == 0;
}

bool
event_filter_types_valid(const char *types)
{
	size_t i;

	if (strlen(types) >= EVENT_TYPES_SIZE)
		return false;
	while (*types != '\0') {
		size_t n = strcspn(types, ","), group = strcspn(types, ".,");

		for (i = 0; i < ARRAY_LEN(groups); i++)
			if (strlen(groups[i]) == group && memcmp(groups[i], types, group) == 0)
				break;
		if (i == ARRAY_LEN(groups) || group + 1 == n ||
		    strspn(types + group, ".abcdefghijklmnopqrstuvwxyz") < n - group)
			return false;
		types += n;
		if (*types == ',' && *++types == '\0')
			return false;
	}
	return true;
}

bool
stream_id_valid(const char *s)
{
	size_t ms = strspn(s, "0123456789"), seq;

	if (ms == 0 || ms > DIGITS_MAX || s[ms] != '-')
		return false;
	seq = strspn(s + ms + 1, "0123456789");
	return seq > 0 && seq <= DIGITS_MAX && s[ms + 1 + seq] == '\0';
}

int
stream_id_compare(const char *a, const char *b)
{
	char *rest_a, *rest_b;
	unsigned long long ms_a = strtoull(a, &rest_a, 10), ms_b = strtoull(b, &rest_b, 10);

	if (ms_a != ms_b)
		return ms_a < ms_b ? -1 : 1;
	ms_a = *rest_a == '-' ? strtoull(rest_a + 1, NULL, 10) : 0;
	ms_b = *rest_b == '-' ? strtoull(rest_b + 1, NULL, 10) : 0;
	return ms_a < ms_b ? -1 : ms_a > ms_b;
}
