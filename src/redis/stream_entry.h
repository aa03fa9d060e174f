/* An entry of a stream, as XRANGE and XREAD return it: an id, and any number of fields. */
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
 * Reads an entry. Its texts are borrowed from `from`; its fields are in `arena`. Returns false if
 * `from` is not an entry.
 */
bool stream_entry_read(
    struct stream_entry *to, const struct reply *from, struct arena *arena) MUST_CHECK;

#endif
