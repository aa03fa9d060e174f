/*
 * The whole state of a cluster as Redis has it at one moment, read without its help.
 */
#ifndef CHAOS_DUMP_H
#define CHAOS_DUMP_H

#include <hiredis/hiredis.h>
#include <jansson.h>

/*
 * Reads every key that starts with `prefix` but the replies kept for Idempotency-Keys, all at one moment. An object by what follows the
 * prefix: a hash is an object of texts, a sorted set one of numbers, a set one of true, a string
 * a text; others are null. NULL where Redis does not answer. To be freed by json_decref.
 */
json_t *dump_read(redisContext *redis, const char *prefix);

/* A member of a key's object; NULL where the key or the member is not there. */
json_t *dump_get(json_t *dump, const char *key, const char *member);

/* The same as text, "" for none, and as a number, 0 for none. */
const char *dump_text(json_t *dump, const char *key, const char *member);
double dump_number(json_t *dump, const char *key, const char *member);

/* The number of members of a key. */
size_t dump_size(json_t *dump, const char *key);

/* The id behind a key's name where it starts with `kind` ("node:"), else NULL. */
const char *dump_id(const char *key, const char *kind);

#endif
