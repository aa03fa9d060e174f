/* The processes of the cluster under test. Invariant: a pid that is not 0 is a child that has not
 * been waited for. */
#include "chaos/fleet.h"

#include "chaos/ports.h"
#include "chaos/wants.h"
#include "support/api.h"
#include "support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, ASK_MS = 1000 };

static const char *
build_path(const char *name)
{
	const char *build = getenv("BUILD");

	return fmt("%s/%s", build != NULL ? build : "build", name);
}

static bool
redis_answers(void *arg)
{
	const char *pong = fleet_ask(arg, "PING");

	return pong != NULL && strcmp(pong, "PONG") == 0;
}

bool
fleet_start_redis(struct fleet *fl)
{
	char shim[256], clock[128], log[96];
	char *argv[] = { "env", shim, clock, "redis-server", "--port", "0", "--unixsocket",
		fl->socket, "--dir", fl->dir, "--save", "", "--appendonly", "yes", "--appendfsync",
		"always", "--daemonize", "no", NULL };

	snprintf(shim, sizeof(shim), "LD_PRELOAD=%s", build_path("tests/chaos/clock_shim.so"));
	snprintf(clock, sizeof(clock), "CHAOS_CLOCK=%s", fl->clock);
	snprintf(log, sizeof(log), "%s/redis.log", fl->dir);
	fl->redis = process_start(argv, log);
	if (fl->redis > 0 && poll_until(redis_answers, fl, PATIENCE_MS))
		return true;
	fprintf(stderr, "chaos: redis-server does not start, see %s\n", log);
	return false;
}

static bool
daemon_lives(void *arg)
{
	const struct daemon *d = arg;

	return api_try(d->port, "GET", "/livez", NULL, NULL) == 200;
}

bool
fleet_start_daemon(struct fleet *fl, struct daemon *d)
{
	char url[160], port[16], ttl[16], grace[16], lease[16], interval[16], agents[16];
	char program[256], replicas[16];
	char zone[16], labels[32], resources[32];
	char *argv[32] = { program, "-port", port, "-redis", url, "-heartbeat-ttl", ttl,
		"-heartbeat-interval", interval, "-grace", grace, "-lease-ttl", lease,
		"-max-agents", agents, "-services", "gpu", "-idempotency-ttl", "60s" };
	int n = 19;

	snprintf(program, sizeof(program), "%s", build_path("musterd"));
	snprintf(port, sizeof(port), "%d", d->port);
	if (fl->failover)
		sentinel_url(&fl->sentinels, url, sizeof(url));
	else if (d->proxy == NULL)
		snprintf(url, sizeof(url), "unix://%s", fl->socket);
	else
		snprintf(url, sizeof(url), "redis://127.0.0.1:%d", proxy_port(d->proxy));
	snprintf(ttl, sizeof(ttl), "%dms", TTL_MS);
	snprintf(interval, sizeof(interval), "%dms", INTERVAL_MS);
	snprintf(grace, sizeof(grace), "%dms", GRACE_MS);
	snprintf(lease, sizeof(lease), "%dms", LEASE_MS);
	snprintf(agents, sizeof(agents), "%d", MAX_AGENTS);
	snprintf(replicas, sizeof(replicas), "%d", fl->replicas);
	if (fl->replicas > 0) {
		argv[n++] = "-wait-replicas";
		argv[n++] = replicas;
	}
	if (d->id[0] != '\0') {
		snprintf(zone, sizeof(zone), "%s", offers_zone(d->id));
		snprintf(labels, sizeof(labels), "%s", offers_labels(d->id));
		snprintf(resources, sizeof(resources), "%s", offers_resources());
		argv[n++] = "-cluster";
		argv[n++] = d->id;
		argv[n++] = "-zone";
		argv[n++] = zone;
		argv[n++] = "-labels";
		argv[n++] = labels;
		argv[n++] = "-resources";
		argv[n++] = resources;
	}
	d->pid = process_start(argv, d->log);
	if (d->pid > 0 && poll_until(daemon_lives, d, PATIENCE_MS))
		return true;
	fprintf(stderr, "chaos: musterd does not start, see %s\n", d->log);
	return false;
}

static bool
start_store(struct fleet *fl)
{
	if (fl->failover)
		return sentinel_start(&fl->sentinels, fl->dir);
	fleet_set_clock(fl, 0);
	return fleet_start_redis(fl);
}

bool
fleet_start(struct fleet *fl, const char *dir, bool failover, int replicas)
{
	int i;

	*fl = (struct fleet){ .failover = failover, .replicas = replicas };
	snprintf(fl->dir, sizeof(fl->dir), "%s", dir);
	snprintf(fl->socket, sizeof(fl->socket), "%s/redis.sock", dir);
	snprintf(fl->clock, sizeof(fl->clock), "%s/clock", dir);
	if (!start_store(fl))
		return false;
	for (i = 0; i < DAEMONS; i++) {
		struct daemon *d = &fl->daemon[i];

		d->port = free_port();
		snprintf(d->log, sizeof(d->log), "%s/musterd-%d.log", dir, i);
		if (i >= FRONTS)
			snprintf(d->id, sizeof(d->id), "m%d", i - FRONTS);
		else if (!failover && (d->proxy = proxy_new(fl->socket)) == NULL)
			return false;
		if (!fleet_start_daemon(fl, d))
			return false;
	}
	return true;
}

void
fleet_kill(pid_t *pid)
{
	process_kill(*pid);
	*pid = 0;
}

void
fleet_stop(struct fleet *fl)
{
	int i;

	for (i = 0; i < DAEMONS; i++)
		fleet_kill(&fl->daemon[i].pid);
	fleet_kill(&fl->redis);
	sentinel_stop(&fl->sentinels);
	for (i = 0; i < DAEMONS; i++)
		proxy_free(fl->daemon[i].proxy);
	redisFree(fl->link);
}

static void
shift(struct fleet *fl, struct daemon *d)
{
	int i;

	for (i = 0; i < DAEMONS; i++)
		if (d == NULL || d == &fl->daemon[i])
			atomic_fetch_add(&fl->daemon[i].disturbed, 1);
}

void
fleet_disturb(struct fleet *fl, struct daemon *d)
{
	shift(fl, d);
}

void
fleet_calm(struct fleet *fl, struct daemon *d)
{
	shift(fl, d);
}

void
fleet_set_clock(struct fleet *fl, int64_t seconds)
{
	int fd = open(fl->clock, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || pwrite(fd, &seconds, sizeof(seconds), 0) != sizeof(seconds))
		abort();
	close(fd);
}

redisContext *
fleet_redis(struct fleet *fl)
{
	const struct timeval patience = { .tv_sec = ASK_MS / 1000 };
	struct sentinel_server *primary = fl->failover ? sentinel_primary(&fl->sentinels) : NULL;
	int port = primary != NULL ? primary->port : 0;

	if (fl->failover && primary == NULL)
		return NULL;
	if (fl->link != NULL && fl->link->err == 0 && fl->link_port == port)
		return fl->link;
	redisFree(fl->link);
	fl->link = fl->failover ? redisConnectWithTimeout("127.0.0.1", port, patience)
	                        : redisConnectUnixWithTimeout(fl->socket, patience);
	fl->link_port = port;
	if (fl->link != NULL && fl->link->err == 0)
		redisSetTimeout(fl->link, patience);
	return fl->link != NULL && fl->link->err == 0 ? fl->link : NULL;
}

const char *
fleet_ask(struct fleet *fl, const char *format, ...)
{
	redisContext *redis = fleet_redis(fl);
	redisReply *r = NULL;
	const char *text = NULL;
	va_list ap;

	if (redis == NULL)
		return NULL;
	va_start(ap, format);
	r = redisvCommand(redis, format, ap);
	va_end(ap);
	if (r != NULL && r->type == REDIS_REPLY_INTEGER)
		text = fmt("%lld", r->integer);
	else if (r != NULL && r->type != REDIS_REPLY_ERROR)
		text = fmt("%s", r->str != NULL ? r->str : "");
	freeReplyObject(r);
	return text;
}

/* The lease is "<id> <nonce> <term>". The id of a front-end ends with its port. */
struct daemon *
fleet_leader(struct fleet *fl)
{
	const char *lease = fleet_ask(fl, "GET " PREFIX "lease"), *port;
	size_t len = lease != NULL ? strcspn(lease, " ") : 0;
	int i;

	for (i = 0; i < DAEMONS && len > 0; i++) {
		struct daemon *d = &fl->daemon[i];

		port = fmt(":%d", d->port);
		if (i >= FRONTS && strlen(d->id) == len && strncmp(lease, d->id, len) == 0)
			return d;
		if (i < FRONTS && len > strlen(port) &&
		    strncmp(lease + len - strlen(port), port, strlen(port)) == 0)
			return d;
	}
	return NULL;
}

long
fleet_errors(struct fleet *fl, const char *name)
{
	const char *info = fleet_ask(fl, "INFO errorstats"), *at;

	if (info == NULL)
		return -1;
	at = strstr(info, fmt("errorstat_%s:count=", name));
	return at != NULL ? strtol(strchr(at, '=') + 1, NULL, 10) : 0;
}
