/*
 * All that a Redis holds at one moment, as lines of text in ascending order: whoever compares two of
 * them need not know what any key is for. Streams are left out: how changes share entries is for the
 * scripts to say, and what a client reads of them is compared instead.
 */
#ifndef SUPPORT_SNAPSHOT_H
#define SUPPORT_SNAPSHOT_H

#include "support/scripts.h"

#include "base/buf.h"

#define KEY_PREFIX "key-of-a-test-" /* of each Idempotency-Key */

/* A line for each element and each life of a key; borrowed as api.h says. */
const char *snapshot(struct scripts *s);

/* Adds the lines that only one of two texts has, under these names, and no more than some of them. */
void snapshot_difference(
    struct buf *to, const char *a_name, const char *a, const char *b_name, const char *b);

#endif
