/*
 * The handshake, pipelined. Invariant: once a step has failed, the connection is gone and no
 * later step is heard with success.
 */
#include "redis/handshake.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLDEST_MAJOR = 7 };

static void
send_words(struct redis_connection *c, int argc, const char **argv, redis_reply_fn fn)
{
	size_t lens[4];
	int i;

	for (i = 0; i < argc; i++)
		lens[i] = strlen(argv[i]);
	redis_connection_send(c, argc, argv, lens, fn, c);
}

/* The connection is lost (no reply), or Redis refuses: only the latter needs doing something. */
static bool
failed(struct redis_connection *c, const char *step, enum err e, const redisReply *r)
{
	if (e == ERR_OK)
		return false;
	if (r != NULL)
		redis_connection_fail(c, step, r->str);
	return true;
}

static void
on_auth(void *arg, enum err e, const redisReply *r)
{
	(void)failed(arg, "AUTH", e, r);
}

static void
on_select(void *arg, enum err e, const redisReply *r)
{
	(void)failed(arg, "SELECT", e, r);
}

static void
on_setname(void *arg, enum err e, const redisReply *r)
{
	(void)failed(arg, "CLIENT SETNAME", e, r);
}

static void
on_role(void *arg, enum err e, const redisReply *r)
{
	if (failed(arg, "ROLE", e, r))
		return;
	if (r->type != REDIS_REPLY_ARRAY || r->elements == 0 || r->element[0]->str == NULL ||
	    strcmp(r->element[0]->str, "master") != 0)
		redis_connection_fail(arg, "ROLE", "this Redis is not a master");
}

static void
on_policy(void *arg, enum err e, const redisReply *r)
{
	(void)arg;
	/* A server that keeps CONFIG to itself is left to its operator. */
	if (e == ERR_OK && r->type == REDIS_REPLY_ARRAY && r->elements == 2 &&
	    r->element[1]->str != NULL && strcmp(r->element[1]->str, "noeviction") != 0)
		log_warn("redis",
		    "maxmemory-policy is %s: Redis may evict what the cluster needs; set "
		    "noeviction",
		    r->element[1]->str);
}

/* Copies the value of a line "name:value" of INFO; "" where there is none. */
static const char *
info_value(const char *info, const char *name, char *out, size_t size)
{
	const char *at = info != NULL ? strstr(info, name) : NULL;

	out[0] = '\0';
	if (at != NULL) {
		at += strlen(name);
		snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
	}
	return out;
}

static void
on_info(void *arg, enum err e, const redisReply *r)
{
	char version[32], run_id[REDIS_RUN_ID_SIZE];

	if (failed(arg, "INFO", e, r))
		return;
	if (atoi(info_value(r->str, "redis_version:", version, sizeof(version))) < OLDEST_MAJOR) {
		redis_connection_fail(arg, "version", "Redis 7.0 or newer is needed");
		return;
	}
	redis_connection_established(arg, info_value(r->str, "run_id:", run_id, sizeof(run_id)));
}

void
redis_handshake_start(struct redis_connection *c, const struct redis_options *options)
{
	const struct redis_url *url = &options->url;
	char db[16];

	if (url->password != NULL && url->user != NULL)
		send_words(c, 3, (const char *[]){ "AUTH", url->user, url->password }, on_auth);
	else if (url->password != NULL)
		send_words(c, 2, (const char *[]){ "AUTH", url->password }, on_auth);
	if (url->db != 0) {
		snprintf(db, sizeof(db), "%d", url->db);
		send_words(c, 2, (const char *[]){ "SELECT", db }, on_select);
	}
	send_words(c, 3, (const char *[]){ "CLIENT", "SETNAME", options->name }, on_setname);
	send_words(c, 1, (const char *[]){ "ROLE" }, on_role);
	send_words(c, 3, (const char *[]){ "CONFIG", "GET", "maxmemory-policy" }, on_policy);
	send_words(c, 2, (const char *[]){ "INFO", "server" }, on_info);
}
