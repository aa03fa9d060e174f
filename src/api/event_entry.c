/* Entries of the stream of changes. */
#include "api/event_entry.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

const char *
event_entry_field(const struct event_entry *e, const char *name)
{
	const struct reply *r = e->fields;
	size_t i;

	for (i = e->from; i + 1 < r->n_members; i += 2)
		if (strcmp(r->members[i].text, name) == 0)
			return r->members[i + 1].text;
	return "";
}

static void
add_field(struct buf *b, const struct reply *name, const struct reply *value)
{
	bool number = strcmp(name->text, "epoch") == 0 || strcmp(name->text, "term") == 0;

	if (value->len == 0)
		json_add_null(b, name->text);
	else if (number)
		json_add_raw(b, name->text, value->text, value->len);
	else
		json_add_string(b, name->text, value->text, value->len);
}

bool
event_entry_read(struct event_entry *e, struct buf *data, const struct reply *r, size_t from)
{
	char when[CLOCK_TEXT_SIZE];
	size_t i;

	if (r->n_members < from + 2)
		return false;
	for (i = 0; i < r->n_members; i++)
		if (r->members[i].text == NULL)
			return false;
	e->fields = r;
	e->from = from;
	if (from == 1)
		e->id = r->members[0].text;
	e->type = event_entry_field(e, "type");
	buf_reset(data);
	json_begin_object(data, NULL);
	for (i = from; i + 1 < r->n_members; i += 2)
		if (strcmp(r->members[i].text, "type") != 0)
			add_field(data, &r->members[i], &r->members[i + 1]);
	/* The entry of a release has no node, and that of a first placement has no more than it needs. */
	if (strcmp(e->type, "agent.released") == 0)
		json_add_null(data, "node_id");
	if (strncmp(e->type, "agent.", 6) == 0 && *event_entry_field(e, "reason") == '\0') {
		json_add_null(data, "previous_node_id");
		json_add_text(data, "reason", "requested");
	}
	/* An id begins with the time at which the entry was added. */
	json_add_text(data, "at", clock_text(strtoll(e->id, NULL, 10), when));
	json_end_object(data);
	e->data = buf_str(data);
	e->data_len = data->len;
	return true;
}
