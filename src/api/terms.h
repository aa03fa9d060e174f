/*
 * The terms of a request: what it wants beside services and strategy, as one text for the script and,
 * in part, for the agent's record. lua/lib/requirements.lua says what each word means.
 */
#ifndef API_TERMS_H
#define API_TERMS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* In the order in which the text has them. */
enum term {
	TERM_NONE,
	TERM_QUEUE,
	TERM_QUEUE_TTL_MS,
	TERM_PRIORITY,
	TERM_DRY_RUN,
	TERM_EXPLAIN,
	TERM_LABELS, /* this and all that follow are requirements */
	TERM_ZONES,
	TERM_NODE_IDS,
	TERM_EXCLUDE_NODE_IDS,
	TERM_RESOURCES,
	TERM_GROUP,
	TERM_SPREAD,
	TERM_COUNT
};

/*
 * Appends a term, which must come after those that `terms` has. `value` is the field as an argument of
 * a script (in_field.h). A value that says no more than an absent field appends nothing.
 */
void terms_add(struct buf *terms, enum term term, const char *value);

/* True if the terms have this one, which is no requirement. */
bool terms_have(const char *terms, enum term term);

/*
 * Writes the requirements, `len` bytes as a record has them, as members of an object that is open in
 * `b`. They have the names and the form of a request's fields.
 */
void terms_write(struct buf *b, const char *requirements, size_t len);

#endif
