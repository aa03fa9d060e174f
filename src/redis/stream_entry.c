/* Entries of streams. */
#include "redis/stream_entry.h"

/* What Redis sends: {id, {name, value, name, value, …}}. */
enum { ENTRY_ID, ENTRY_FIELDS, ENTRY_MEMBERS };
enum { FIELD_NAME, FIELD_VALUE, FIELD_MEMBERS };

bool
stream_entry_read(struct stream_entry *to, const struct reply *from, struct arena *arena)
{
	const struct reply *list;
	struct stream_field *fields;
	size_t i;

	if (from->n_members != ENTRY_MEMBERS || from->members[ENTRY_ID].text == NULL ||
	    from->members[ENTRY_FIELDS].n_members % FIELD_MEMBERS != 0)
		return false;
	list = &from->members[ENTRY_FIELDS];
	to->id = from->members[ENTRY_ID].text;
	to->n_fields = list->n_members / FIELD_MEMBERS;
	fields = arena_take(arena, to->n_fields * sizeof(*fields));
	to->fields = fields;
	for (i = 0; i < to->n_fields; i++) {
		const struct reply *field = &list->members[i * FIELD_MEMBERS];

		fields[i].name = field[FIELD_NAME].text;
		fields[i].value = field[FIELD_VALUE].text;
		fields[i].value_len = field[FIELD_VALUE].len;
		if (fields[i].name == NULL || fields[i].value == NULL)
			return false;
	}
	return true;
}
