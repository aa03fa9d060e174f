/* The whole state of a cluster at one moment, read directly from Redis. */
#ifndef CHAOS_DUMP_H
#define CHAOS_DUMP_H

#include <hiredis/hiredis.h>
#include <jansson.h>

/*
 * Reads every key that starts with `prefix`, except the replies stored for Idempotency-Keys and unfinished surveys, in
 * one transaction. Returns an object with one member for each key, named by the key without the prefix.
 * A hash is an object of texts, a sorted set an object of numbers, a set an object of true, a
 * string a text; other types are null. Returns NULL if Redis does not answer. Free it with
 * json_decref.
 */
json_t *dump_read(redisContext *redis, const char *prefix);

/* A member of a key's object; NULL if the key or the member does not exist. */
json_t *dump_get(json_t *dump, const char *key, const char *member);

/* Like dump_get, as text ("" for none) or as a number (0 for none). */
const char *dump_text(json_t *dump, const char *key, const char *member);
double dump_number(json_t *dump, const char *key, const char *member);

/* The number of members of a key. */
size_t dump_size(json_t *dump, const char *key);

/* The id in a key's name that starts with `kind`, such as "node:"; NULL if it does not. */
const char *dump_id(const char *key, const char *kind);

#endif
