/*
 * Reads the whole state. It first reads the names and types of all keys. Then one transaction reads
 * the names again and all values. If the names differ, it starts over.
 */
#include "chaos/dump.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 50 };

static const struct {
	const char *type, *command;
} reads[] = {
	{ "hash", "HGETALL %s" },
	{ "zset", "ZRANGE %s 0 -1 WITHSCORES" },
	{ "set", "SMEMBERS %s" },
	{ "string", "GET %s" },
};

enum { READS = sizeof(reads) / sizeof(reads[0]) };

static int
by_name(const void *a, const void *b)
{
	const redisReply *const *x = a, *const *y = b;

	return strcmp((*x)->str, (*y)->str);
}

/* Sorts the names and removes those of stored replies and of surveys, which expire at any time. */
static void
tidy_names(redisReply *names, const char *prefix)
{
	size_t len = strlen(prefix), i, n = 0;

	for (i = 0; i < names->elements; i++)
		if (dump_id(names->element[i]->str + len, "idempotency:") == NULL &&
		    dump_id(names->element[i]->str + len, "survey:") == NULL)
			names->element[n++] = names->element[i];
		else
			freeReplyObject(names->element[i]);
	names->elements = n;
	qsort(names->element, n, sizeof(names->element[0]), by_name);
}

/* The names of all keys, sorted. NULL if Redis does not answer. */
static redisReply *
read_names(redisContext *redis, const char *prefix)
{
	redisReply *r = redisCommand(redis, "KEYS %s*", prefix);

	if (r != NULL && r->type == REDIS_REPLY_ARRAY) {
		tidy_names(r, prefix);
		return r;
	}
	freeReplyObject(r);
	return NULL;
}

/* The row of `reads` for a type; READS if values of that type are not read. */
static size_t
read_for(const redisReply *type)
{
	size_t i;

	for (i = 0; i < READS && strcmp(reads[i].type, type->str) != 0; i++)
		continue;
	return i;
}

/* Looks up the row of `reads` for each name. Returns false if Redis does not answer. */
static bool
read_types(redisContext *redis, const redisReply *names, size_t *how)
{
	redisReply *r = NULL;
	size_t i;

	for (i = 0; i < names->elements; i++)
		redisAppendCommand(redis, "TYPE %s", names->element[i]->str);
	for (i = 0; i < names->elements; i++) {
		if (redisGetReply(redis, (void **)&r) != REDIS_OK)
			return false;
		how[i] = r->type == REDIS_REPLY_STATUS ? read_for(r) : READS;
		freeReplyObject(r);
	}
	return true;
}

static json_t *
value_of(const redisReply *r, const char *type)
{
	size_t i, step = strcmp(type, "set") == 0 ? 1 : 2;
	json_t *v;

	if (r->type == REDIS_REPLY_STRING)
		return json_string(r->str);
	v = json_object();
	for (i = 0; i + step <= r->elements; i += step) {
		const char *name = r->element[i]->str;

		if (step == 1)
			json_object_set_new(v, name, json_true());
		else if (strcmp(type, "zset") == 0)
			json_object_set_new(
			    v, name, json_real(strtod(r->element[i + 1]->str, NULL)));
		else
			json_object_set_new(v, name, json_string(r->element[i + 1]->str));
	}
	return v;
}

static bool
same_names(redisReply *now, const redisReply *names, const char *prefix)
{
	size_t i;

	if (now->type != REDIS_REPLY_ARRAY)
		return false;
	tidy_names(now, prefix);
	if (now->elements != names->elements)
		return false;
	for (i = 0; i < names->elements; i++)
		if (strcmp(now->element[i]->str, names->element[i]->str) != 0)
			return false;
	return true;
}

/* Builds the state from the replies of the transaction: first the names, then the values. */
static json_t *
assemble(redisReply *all, const redisReply *names, const size_t *how, const char *prefix)
{
	json_t *dump;
	size_t i, n = 1;

	if (all == NULL || all->type != REDIS_REPLY_ARRAY ||
	    !same_names(all->element[0], names, prefix))
		return NULL;
	dump = json_object();
	for (i = 0; i < names->elements; i++) {
		const char *key = names->element[i]->str + strlen(prefix);
		json_t *v =
		    how[i] < READS ? value_of(all->element[n++], reads[how[i]].type) : json_null();

		json_object_set_new(dump, key, v);
	}
	return dump;
}

static json_t *
try_read(redisContext *redis, const char *prefix, const redisReply *names)
{
	size_t *how = calloc(names->elements + 1, sizeof(*how));
	size_t i, commands = 2;
	redisReply *r = NULL, *all = NULL;
	json_t *dump = NULL;

	if (how == NULL)
		abort();
	if (!read_types(redis, names, how))
		goto cleanup;
	redisAppendCommand(redis, "MULTI");
	redisAppendCommand(redis, "KEYS %s*", prefix);
	for (i = 0; i < names->elements; i++)
		if (how[i] < READS) {
			redisAppendCommand(redis, reads[how[i]].command, names->element[i]->str);
			commands++;
		}
	redisAppendCommand(redis, "EXEC");
	for (i = 0; i < commands; i++) {
		if (redisGetReply(redis, (void **)&r) != REDIS_OK)
			goto cleanup;
		freeReplyObject(r);
	}
	if (redisGetReply(redis, (void **)&all) == REDIS_OK)
		dump = assemble(all, names, how, prefix);
cleanup:
	freeReplyObject(all);
	free(how);
	return dump;
}

json_t *
dump_read(redisContext *redis, const char *prefix)
{
	json_t *dump = NULL;
	redisReply *names;
	int i;

	for (i = 0; i < ATTEMPTS && dump == NULL && redis->err == 0; i++) {
		names = read_names(redis, prefix);
		if (names == NULL)
			return NULL;
		dump = try_read(redis, prefix, names);
		freeReplyObject(names);
	}
	return dump;
}

json_t *
dump_get(json_t *dump, const char *key, const char *member)
{
	return json_object_get(json_object_get(dump, key), member);
}

const char *
dump_text(json_t *dump, const char *key, const char *member)
{
	const char *text = json_string_value(dump_get(dump, key, member));

	return text != NULL ? text : "";
}

double
dump_number(json_t *dump, const char *key, const char *member)
{
	json_t *v = dump_get(dump, key, member);

	return json_is_string(v) ? strtod(json_string_value(v), NULL) : json_number_value(v);
}

size_t
dump_size(json_t *dump, const char *key)
{
	return json_object_size(json_object_get(dump, key));
}

const char *
dump_id(const char *key, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(key, kind, len) == 0 ? key + len : NULL;
}
