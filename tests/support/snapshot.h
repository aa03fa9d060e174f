/*
 * Everything that a Redis holds at one moment, as lines of text in ascending order, so that two
 * snapshots can be compared without knowing what the keys mean. Streams are left out: their
 * events are compared as a client reads them.
 */
#ifndef SUPPORT_SNAPSHOT_H
#define SUPPORT_SNAPSHOT_H

#include "support/scripts.h"

#include "base/buf.h"

#define KEY_PREFIX "key-of-a-test-" /* of every Idempotency-Key in these tests */

/* One line for each element of each key, and one for each time to live. Borrowed as in api.h. */
const char *snapshot(struct scripts *s);

/* Adds the lines that only one of the two texts has, with its name, up to a limit of 60. */
void snapshot_difference(
    struct buf *to, const char *a_name, const char *a, const char *b_name, const char *b);

#endif
