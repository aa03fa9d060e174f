/* Entries of the stream of changes. */
#include "api/event_entry.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

const char *
event_entry_field(const struct event_entry *e, const char *name)
{
	const struct stream_entry *entry = e->entry;
	size_t i;

	for (i = 0; i < entry->n_fields; i++)
		if (strcmp(entry->fields[i].name, name) == 0)
			return entry->fields[i].value;
	return "";
}

static bool
has_field(const struct event_entry *e, const char *name)
{
	size_t i;

	for (i = 0; i < e->entry->n_fields; i++)
		if (strcmp(e->entry->fields[i].name, name) == 0)
			return true;
	return false;
}

static void
add_field(struct buf *b, const struct stream_field *f)
{
	bool number = strcmp(f->name, "epoch") == 0 || strcmp(f->name, "term") == 0;
	bool truth = strcmp(f->name, "healthy") == 0 || strcmp(f->name, "schedulable") == 0 ||
	    strcmp(f->name, "created") == 0;

	if (f->value_len == 0)
		json_add_null(b, f->name);
	else if (truth)
		json_add_bool(b, f->name, *f->value == '1');
	else if (number)
		json_add_raw(b, f->name, f->value, f->value_len);
	else
		json_add_string(b, f->name, f->value, f->value_len);
}

void
event_entry_read(struct event_entry *e, struct buf *data, const struct stream_entry *entry)
{
	char when[CLOCK_TEXT_SIZE];
	size_t i;

	e->entry = entry;
	e->id = entry->id;
	e->type = event_entry_field(e, "type");
	buf_reset(data);
	json_begin_object(data, NULL);
	for (i = 0; i < entry->n_fields; i++)
		if (strcmp(entry->fields[i].name, "type") != 0)
			add_field(data, &entry->fields[i]);
	/* Members that clients see, but that the stored entry leaves out to be short. */
	if (strncmp(e->type, "agent.", 6) == 0 && !has_field(e, "node_id"))
		json_add_null(data, "node_id");
	if (strncmp(e->type, "agent.", 6) == 0 && strcmp(e->type, "agent.changed") != 0 &&
	    *event_entry_field(e, "reason") == '\0') {
		json_add_null(data, "previous_node_id");
		json_add_text(data, "reason", "requested");
	}
	/* An id begins with the time in ms at which the entry was added. */
	json_add_text(data, "at", clock_text(strtoll(e->id, NULL, 10), when));
	json_end_object(data);
	e->data = buf_str(data);
	e->data_len = data->len;
}
