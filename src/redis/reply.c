/* Copies of replies. */
#include "redis/reply.h"

#include <string.h>

void
reply_copy(struct reply *to, const struct reply *from, struct arena *arena)
{
	size_t i;

	*to = *from;
	if (from->text != NULL)
		to->text = memcpy(arena_take(arena, from->len + 1), from->text, from->len + 1);
	if (from->n_members > 0)
		to->members = arena_take(arena, from->n_members * sizeof(*to->members));
	for (i = 0; i < from->n_members; i++)
		reply_copy(&to->members[i], &from->members[i], arena);
}
