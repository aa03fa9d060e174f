/* An entry of a stream as XRANGE and XREAD give it: an id, and fields that each entry has of its own. */
#ifndef REDIS_STREAM_ENTRY_H
#define REDIS_STREAM_ENTRY_H

#include "base/arena.h"
#include "base/error.h"
#include "redis/reply.h"

#include <stdbool.h>
#include <stddef.h>

struct stream_field {
	const char *name;
	const char *value;
	size_t value_len;
};

struct stream_entry {
	const char *id;
	const struct stream_field *fields;
	size_t n_fields;
};

/*
 * Reads an entry. Its texts are borrowed from the reply, its fields are in `arena`. False where the reply
 * is no entry.
 */
bool stream_entry_read(
    struct stream_entry *to, const struct reply *from, struct arena *arena) MUST_CHECK;

#endif
