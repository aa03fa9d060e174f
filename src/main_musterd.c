/*
 * musterd: starts the parts in order and ends them in reverse order. The event loop of the main thread
 * is that of the first worker; it also runs the membership and handles signals.
 */
#include "api/worker.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "base/memory.h"
#include "cluster/cluster.h"
#include "http/listen.h"
#include "http/uri.h"
#include "redis/private_server.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECT_MS = 1000, COMMAND_MS = 2000, BACKOFF_MAX_MS = 5000 };

struct process {
	struct config config;
	struct identity id;
	struct private_server redis_server;
	struct redis_options redis;
	struct proxies proxies;
	atomic_int redis_ready;             /* workers whose connection to Redis is ready */
	int listen_fd;                      /* -1 until we listen */
	struct worker *worker[WORKERS_MAX]; /* the first config.workers of them */
	struct cluster *cluster;
	struct event *signals[4];
	struct event *drained; /* on the first worker's loop */
	atomic_int draining;   /* workers that are still draining; -1 before the first signal */
	int status;
};

static void
on_redis_ready(void *arg)
{
	struct process *p = arg;

	cluster_connected(p->cluster);
}

static void
on_left(void *arg)
{
	struct process *p = arg;

	worker_stop(p->worker[0]);
}

static void
on_drained(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	(void)fd;
	(void)what;
	cluster_leave(p->cluster, on_left, p);
}

static void
on_worker_drained(void *arg)
{
	struct process *p = arg;

	if (atomic_fetch_sub(&p->draining, 1) == 1)
		event_active(p->drained, EV_TIMEOUT, 0);
}

/* The first time ends the process in good order, the second time at once. */
static void
end_process(struct process *p, const char *why)
{
	int64_t i;

	if (atomic_load(&p->draining) >= 0) {
		worker_stop(p->worker[0]);
		return;
	}
	log_info("main", "ending: %s", why);
	/* From now on the kernel refuses new connections, so that clients turn elsewhere at once. */
	shutdown(p->listen_fd, SHUT_RDWR);
	atomic_store(&p->draining, (int)p->config.workers);
	for (i = 0; i < p->config.workers; i++)
		worker_drain(p->worker[i], on_worker_drained, p);
}

static void
on_end(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	end_process(arg, strsignal((int)sig));
}

/*
 * Waits for each child that has ended. Besides the private redis-server these are children of whoever
 * became this process by exec, and, if it is the first of its container, all orphans.
 */
static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	struct process *p = arg;
	pid_t pid;

	(void)sig;
	(void)what;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		if (!private_server_ended(&p->redis_server, pid))
			continue;
		log_error("main", "the private redis-server has ended");
		p->status = 1;
		end_process(p, "there is no Redis");
	}
}

/* Whoever moved the log file away wants a new one. */
static void
on_hangup(evutil_socket_t sig, short what, void *arg)
{
	struct process *p = arg;
	char why[512];

	(void)sig;
	(void)what;
	if (*p->config.log_file == '\0')
		log_info("main", "Hangup: there is no log-file to open anew");
	else if (log_open(p->config.log_file, why, sizeof(why)) != ERR_OK)
		log_error("main", "%s", why);
	else
		log_info("main", "the log file was opened anew");
}

static void
catch_signals(struct process *p)
{
	static const struct {
		int number;
		event_callback_fn fn;
	} caught[] = {
		{ SIGTERM, on_end },
		{ SIGINT, on_end },
		{ SIGHUP, on_hangup },
		{ SIGCHLD, on_child },
	};
	struct event_base *base = worker_base(p->worker[0]);
	size_t i;

	for (i = 0; i < ARRAY_LEN(caught); i++) {
		p->signals[i] = evsignal_new(base, caught[i].number, caught[i].fn, p);
		evsignal_add(p->signals[i], NULL);
	}
	/* A child may have ended before. */
	event_active(p->signals[ARRAY_LEN(caught) - 1], EV_SIGNAL, 1);
	p->drained = event_new(base, -1, EV_PERSIST, on_drained, p);
}

/* Shortens -heartbeat-interval if only -heartbeat-ttl was shortened. */
static void
fit_interval(struct config *c)
{
	if (c->heartbeat_interval * 2 <= c->heartbeat_ttl)
		return;
	c->heartbeat_interval = c->heartbeat_ttl / 3;
	log_warn("main", "heartbeat-interval: lowered to %" PRId64 " ms, a third of heartbeat-ttl",
	    c->heartbeat_interval);
}

/*
 * Raises the limit of descriptors, and lowers -max-connections where it is too high for that: clients
 * that do nothing must not take the last descriptor, which Redis needs.
 */
static void
fit_connections(struct config *c)
{
	size_t limit = descriptors_raise();
	size_t most = descriptors_for_connections(limit, (size_t)c->workers);

	if ((size_t)c->max_connections <= most)
		return;
	c->max_connections = (int64_t)most;
	log_warn("main", "max-connections: lowered to %zu, because the limit of open files is %zu",
	    most, limit);
}

/* Works out the address of Redis, or with -dev starts a Redis of our own. */
static enum err
setup_redis(struct process *p, char *why, size_t why_size)
{
	struct config *c = &p->config;
	enum err e;

	p->redis.name = p->id.candidate;
	/* When Redis is back each member gets a fresh heartbeat; it must reconnect before that ends. */
	if (p->redis.backoff_max_ms > c->heartbeat_ttl / 3)
		p->redis.backoff_max_ms = (int)(c->heartbeat_ttl / 3);
	if (!c->dev) {
		e = redis_url_init(&p->redis.url, c->redis, why, why_size);
		if (e == ERR_OK && *c->redis_password_file != '\0')
			e = redis_url_read_password(
			    &p->redis.url, c->redis_password_file, why, why_size);
		if (e == ERR_OK && *c->sentinel_password_file != '\0')
			e = redis_url_read_sentinel_password(
			    &p->redis.url, c->sentinel_password_file, why, why_size);
		return e;
	}
	if (*c->data_dir == '\0') {
		free(c->data_dir);
		c->data_dir = xstrdup("muster-data");
	}
	if ((e = private_server_start(&p->redis_server, c->data_dir, why, why_size)) == ERR_OK)
		redis_url_init_path(&p->redis.url, p->redis_server.path);
	return e;
}

/* libevent's own lines are lines of our log. */
static void
on_libevent_line(int severity, const char *line)
{
	static const enum log_level levels[] = {
		[EVENT_LOG_DEBUG] = LOG_DEBUG,
		[EVENT_LOG_MSG] = LOG_INFO,
		[EVENT_LOG_WARN] = LOG_WARN,
		[EVENT_LOG_ERR] = LOG_ERROR,
	};

	log_line(levels[severity], "libevent", "%s", line);
}

static enum err
setup_log(const struct config *c, char *why, size_t why_size)
{
	log_setup(log_level_named(c->log_level), strcmp(c->log_format, "json") == 0);
	event_set_log_callback(on_libevent_line);
	return *c->log_file != '\0' ? log_open(c->log_file, why, why_size) : ERR_OK;
}

/* Starts all parts. On failure leaves a sentence in `why`. */
static enum err
process_start(struct process *p, char *why, size_t why_size)
{
	char where[256];
	enum err e;
	int64_t i;

	if ((e = setup_log(&p->config, why, why_size)) != ERR_OK)
		return e;
	if (*p->config.db != '\0')
		log_warn("main", "db: it has no effect: the state is in Redis");
	fit_interval(&p->config);
	fit_connections(&p->config);
	if ((e = proxies_init(&p->proxies, p->config.trusted_proxies, why, why_size)) != ERR_OK)
		return e;
	if (!uri_prefix_valid(p->config.path_prefix)) {
		snprintf(why, why_size, "path-prefix: '%s' is not a path such as /muster",
		    p->config.path_prefix);
		return ERR_INVALID_FIELD;
	}
	p->listen_fd = http_listen(p->config.host, (int)p->config.port, why, why_size);
	if (p->listen_fd < 0)
		return ERR_INVALID_FIELD;
	if ((e = identity_init(
	         &p->id, &p->config, http_listen_port(p->listen_fd), why, why_size)) != ERR_OK)
		return e;
	if ((e = setup_redis(p, why, why_size)) != ERR_OK)
		return e;
	for (i = 0; i < p->config.workers; i++) {
		struct worker_options o = {
			.config = &p->config,
			.redis = &p->redis,
			.redis_ready = &p->redis_ready,
			.prefix = p->id.prefix,
			.candidate = p->id.candidate,
			.proxies = p->proxies.n > 0 ? &p->proxies : NULL,
			.listen_fd = p->listen_fd,
			.ready = i == 0 ? on_redis_ready : NULL,
			.ready_arg = p,
		};

		p->worker[i] = worker_new(&o);
	}
	p->cluster =
	    cluster_new(worker_base(p->worker[0]), worker_redis(p->worker[0]), &p->config, &p->id);
	catch_signals(p);
	for (i = 1; i < p->config.workers; i++)
		worker_start(p->worker[i]);
	log_info("main", "%s listens on %s, redis is %s", p->id.candidate, p->id.url,
	    redis_url_text(&p->redis.url, where, sizeof(where)));
	return ERR_OK;
}

static void
process_end(struct process *p)
{
	size_t i;

	for (i = 1; i < WORKERS_MAX && p->worker[i] != NULL; i++) {
		worker_stop(p->worker[i]);
		worker_close(p->worker[i]);
		worker_free(p->worker[i]);
	}
	if (p->worker[0] != NULL)
		worker_close(p->worker[0]);
	/* With the connection freed it waits for no more calls. Its timers need the first loop. */
	cluster_free(p->cluster);
	for (i = 0; i < ARRAY_LEN(p->signals); i++)
		if (p->signals[i] != NULL)
			event_free(p->signals[i]);
	if (p->drained != NULL)
		event_free(p->drained);
	if (p->worker[0] != NULL)
		worker_free(p->worker[0]);
	if (p->listen_fd >= 0)
		close(p->listen_fd);
	private_server_stop(&p->redis_server);
	redis_url_fini(&p->redis.url);
	identity_fini(&p->id);
	config_fini(&p->config);
	libevent_global_shutdown();
}

int
main(int argc, char **argv)
{
	static struct process p = {
		.redis = { .connect_timeout_ms = CONNECT_MS,
		    .command_timeout_ms = COMMAND_MS,
		    .backoff_max_ms = BACKOFF_MAX_MS },
		.redis_server = { .lock = -1 },
		.listen_fd = -1,
		.draining = -1,
	};
	char why[512];
	enum err e = config_init(&p.config, argc, argv, why, sizeof(why));

	if (e == ERR_OK && p.config.help) {
		printf("usage: musterd [-name value]...\n");
		config_print_help(stdout);
	} else if (e == ERR_OK && p.config.version) {
		printf("musterd %s\n", MUSTER_VERSION);
	} else {
		signal(SIGPIPE, SIG_IGN);
		/* It must not end the process before there is a loop, nor after it. */
		signal(SIGHUP, SIG_IGN);
		/* A log file that has reached the limit of its size fails like one on a full disk. */
		signal(SIGXFSZ, SIG_IGN);
		evthread_use_pthreads();
		if (e == ERR_OK)
			e = process_start(&p, why, sizeof(why));
		else
			log_setup(LOG_INFO, config_logs_json(argc, argv));
		if (e == ERR_OK)
			worker_run(p.worker[0]);
		else
			log_error("main", "%s", why);
	}
	process_end(&p);
	return e == ERR_OK ? p.status : 2;
}
