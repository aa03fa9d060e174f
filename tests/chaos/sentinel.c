/* Sentinels and their servers. Invariant: a pid that is not 0 is a child that has not been waited
 * for. */
#include "chaos/sentinel.h"

#include "chaos/ports.h"
#include "support/api.h"
#include "support/process.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 15000, ASK_MS = 500 };

/* Runs one command. Returns its reply as text, with spaces between its parts, borrowed; NULL for
 * none. */
static const char *
ask(int port, const char *command)
{
	const struct timeval patience = { 0, ASK_MS * 1000 };
	redisContext *c = redisConnectWithTimeout("127.0.0.1", port, patience);
	redisReply *r = NULL;
	const char *text = NULL;
	size_t i;

	if (c != NULL && c->err == 0 && redisSetTimeout(c, patience) == REDIS_OK)
		r = redisCommand(c, command);
	if (r != NULL && r->type == REDIS_REPLY_ARRAY) {
		text = "";
		for (i = 0; i < r->elements; i++)
			text = fmt(
			    "%s%s ", text, r->element[i]->str != NULL ? r->element[i]->str : "");
	} else if (r != NULL && r->type != REDIS_REPLY_ERROR) {
		text = fmt("%s", r->str != NULL ? r->str : "");
	}
	freeReplyObject(r);
	redisFree(c);
	return text;
}

static bool
start_redis(struct sentinel_set *s, struct sentinel_server *server, int primary)
{
	int n = (int)(server - s->redis);
	char port[16], of[48], file[32], log[96];
	char *argv[] = { "redis-server", "--port", port, "--dir", s->dir, "--save", "",
		"--appendonly", "no", "--dbfilename", file, "--repl-diskless-sync-delay", "0",
		primary != 0 ? "--replicaof" : NULL, of, NULL };

	snprintf(port, sizeof(port), "%d", server->port);
	snprintf(of, sizeof(of), "127.0.0.1 %d", primary);
	snprintf(file, sizeof(file), "redis-%d.rdb", n);
	snprintf(log, sizeof(log), "%s/redis-%d.log", s->dir, n);
	server->pid = process_start(argv, log);
	return server->pid > 0;
}

static bool
start_sentinel(struct sentinel_set *s, struct sentinel_server *server)
{
	int n = (int)(server - s->sentinel);
	char file[96], log[96];
	char *argv[] = { "redis-server", file, "--sentinel", NULL };

	snprintf(file, sizeof(file), "%s/sentinel-%d.conf", s->dir, n);
	snprintf(log, sizeof(log), "%s/sentinel-%d.log", s->dir, n);
	if (!file_write(file,
	        fmt("port %d\n"
	            "dir %s\n"
	            "sentinel monitor %s 127.0.0.1 %d 2\n"
	            "sentinel down-after-milliseconds %s %d\n"
	            "sentinel failover-timeout %s 4000\n"
	            "sentinel parallel-syncs %s 2\n",
	            server->port, s->dir, SENTINEL_NAME, s->redis[0].port, SENTINEL_NAME,
	            DOWN_AFTER_MS, SENTINEL_NAME, SENTINEL_NAME)))
		return false;
	server->pid = process_start(argv, log);
	return server->pid > 0;
}

/* Two replicas follow the server on that port, and have sent something within the last second. */
static bool
is_followed(int port)
{
	const char *info = ask(port, "INFO replication"), *at;
	int n = 0;

	if (info == NULL)
		return false;
	for (at = info; (at = strstr(at, ",state=online,")) != NULL; at++)
		n++;
	for (at = info; (at = strstr(at, ",lag=")) != NULL; at++)
		n -= strtol(at + 5, NULL, 10) > 1;
	return n == REDISES - 1;
}

static bool
replicas_follow(void *arg)
{
	struct sentinel_set *s = arg;

	return is_followed(s->redis[0].port);
}

static bool
is_in_sync(void *arg)
{
	return sentinel_in_sync(arg);
}

bool
sentinel_start(struct sentinel_set *s, const char *dir)
{
	bool good = true;
	int i;

	*s = (struct sentinel_set){ 0 };
	snprintf(s->dir, sizeof(s->dir), "%s", dir);
	for (i = 0; i < REDISES; i++)
		s->redis[i].port = free_port();
	for (i = 0; i < SENTINELS; i++)
		s->sentinel[i].port = free_port();
	for (i = 0; i < REDISES && good; i++)
		good = start_redis(s, &s->redis[i], i > 0 ? s->redis[0].port : 0);
	/* A sentinel that sees no replicas at first checks again only ten seconds later. */
	good = good && poll_until(replicas_follow, s, PATIENCE_MS);
	for (i = 0; i < SENTINELS && good; i++)
		good = start_sentinel(s, &s->sentinel[i]);
	if (good && poll_until(is_in_sync, s, PATIENCE_MS))
		return true;
	fprintf(stderr, "chaos: the sentinels do not come up, see %s\n", s->dir);
	return false;
}

void
sentinel_stop(struct sentinel_set *s)
{
	int i;

	for (i = 0; i < SENTINELS; i++)
		process_kill(s->sentinel[i].pid);
	for (i = 0; i < REDISES; i++)
		process_kill(s->redis[i].pid);
}

const char *
sentinel_url(const struct sentinel_set *s, char *out, size_t size)
{
	snprintf(out, size, "redis+sentinel://127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/%s",
	    s->sentinel[0].port, s->sentinel[1].port, s->sentinel[2].port, SENTINEL_NAME);
	return out;
}

struct sentinel_server *
sentinel_primary(struct sentinel_set *s)
{
	const char *address, *role;
	int i, j;

	for (i = 0; i < SENTINELS; i++) {
		address =
		    ask(s->sentinel[i].port, "SENTINEL get-master-addr-by-name " SENTINEL_NAME);
		for (j = 0; j < REDISES && address != NULL; j++) {
			if (strcmp(address, fmt("127.0.0.1 %d ", s->redis[j].port)) != 0)
				continue;
			role = ask(s->redis[j].port, "ROLE");
			return role != NULL && strncmp(role, "master ", 7) == 0 ? &s->redis[j]
			                                                        : NULL;
		}
	}
	return NULL;
}

bool
sentinel_start_replica(struct sentinel_set *s, struct sentinel_server *server)
{
	struct sentinel_server *primary = sentinel_primary(s);

	return primary != NULL && start_redis(s, server, primary->port);
}

bool
sentinel_in_sync(struct sentinel_set *s)
{
	struct sentinel_server *primary = sentinel_primary(s);
	const char *info;
	int i;

	for (i = 0; i < SENTINELS && primary != NULL; i++) {
		info = ask(s->sentinel[i].port, "INFO sentinel");
		if (info == NULL ||
		    strstr(info,
		        fmt("status=ok,address=127.0.0.1:%d,slaves=2,sentinels=3",
		            primary->port)) == NULL)
			return false;
	}
	return primary != NULL && is_followed(primary->port);
}
