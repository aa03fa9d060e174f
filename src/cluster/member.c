/*
 * Membership. Invariant: at most one registration or heartbeat is under way, and none is sent after
 * member_leave, or once another process has registered with the same id.
 */
#include "cluster/member.h"

#include "base/log.h"
#include "base/memory.h"
#include "cluster/heartbeat_settings.h"
#include "cluster/machine_usage.h"
#include "redis/script.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOVED_PER_CALL = 20 }; /* agents, when this node leaves */

struct member {
	struct redis_connection *redis;
	const struct config *config;
	const struct identity *id;
	struct event *timer;
	struct machine_probe probe;
	int64_t interval_ms; /* from the reply to the last heartbeat */
	int64_t incarnation; /* from the registration; 0 before it */
	int64_t term, epoch; /* the highest ones seen */
	bool registered;
	bool superseded; /* a later process has registered with our id */
	bool busy;
	bool leaving;
	void (*left)(void *arg);
	void *left_arg;
};

static void
arm(struct member *m)
{
	struct timeval tv = { .tv_sec = m->interval_ms / 1000,
		.tv_usec = (suseconds_t)(m->interval_ms % 1000) * 1000 };

	evtimer_add(m->timer, &tv);
}

/*
 * Sends the next heartbeat after this time, which may be earlier than the one that is due: a new
 * interval comes with a new lifetime of heartbeats.
 */
static void
set_interval(struct member *m, int64_t ms)
{
	if (ms == m->interval_ms || m->leaving)
		return;
	m->interval_ms = ms;
	arm(m);
}

static void member_register(struct member *m);
static void member_leave_now(struct member *m);

static void
member_heartbeat_done(void *arg, enum err e, const struct script_reply *r)
{
	struct member *m = arg;

	m->busy = false;
	if ((e == ERR_NODE_NOT_FOUND || e == ERR_INVALID_FIELD) && !m->leaving) {
		/* A Redis that has lost our registration, or what we have seen, refuses the numbers. */
		log_warn("member", "%s is not known any more: registering again%s%s",
		    m->id->candidate, r->error != NULL ? ": " : "",
		    r->error != NULL ? r->error : "");
		m->registered = false;
		if (e == ERR_INVALID_FIELD)
			m->term = m->epoch = 0;
		member_register(m);
	} else if (e == ERR_STALE_INCARNATION) {
		log_error("member",
		    "another process has registered as %s: this one is no member any more",
		    m->id->candidate);
		m->superseded = true;
	} else if (e == ERR_OK) {
		const struct script_row *row = &r->head;

		if (script_row_int(row, HEARTBEAT_ROW_TERM) > m->term)
			m->term = script_row_int(row, HEARTBEAT_ROW_TERM);
		if (script_row_int(row, HEARTBEAT_ROW_EPOCH) > m->epoch)
			m->epoch = script_row_int(row, HEARTBEAT_ROW_EPOCH);
		set_interval(m, script_row_int(row, HEARTBEAT_ROW_INTERVAL_MS));
	} else {
		/* Redis may have taken it, with a shorter lifetime in the reply that was lost. */
		set_interval(m, m->config->heartbeat_interval);
		log_warn("member", "heartbeat failed: %s%s%s", err_info(e)->code,
		    r->error != NULL ? ": " : "", r->error != NULL ? r->error : "");
	}
}

/* Adds a figure, "" if it is not known. */
static void
add_figure(struct script_args *a, size_t item, int decimals, double figure)
{
	if (figure < 0)
		script_args_add_str(a, item, "");
	else
		script_args_addf(a, item, "%.*f", decimals, figure);
}

static void
member_heartbeat(struct member *m)
{
	const char *wrong;
	struct machine_usage usage;
	struct script_args a;

	machine_probe_read(&m->probe, &usage);
	script_args_init(&a, SCRIPT_NODE_HEARTBEAT);
	a.urgent = true;
	script_args_add_str(&a, NODE_HEARTBEAT_ITEM_ID, m->config->cluster);
	add_figure(&a, NODE_HEARTBEAT_ITEM_CPU_USAGE, 1, usage.cpu);
	add_figure(&a, NODE_HEARTBEAT_ITEM_MEMORY_USAGE, 1, usage.memory);
	add_figure(&a, NODE_HEARTBEAT_ITEM_DISK_USAGE, 1, usage.disk);
	add_figure(&a, NODE_HEARTBEAT_ITEM_LOAD_AVERAGE, 2, usage.load_average);
	/* Only others change these two. */
	script_args_add_str(&a, NODE_HEARTBEAT_ITEM_HEALTHY, "");
	script_args_add_str(&a, NODE_HEARTBEAT_ITEM_STATUS, "");
	script_args_addf(&a, NODE_HEARTBEAT_ITEM_INCARNATION, "%" PRId64, m->incarnation);
	script_args_addf(&a, NODE_HEARTBEAT_ITEM_TERM_SEEN, "%" PRId64, m->term);
	script_args_addf(&a, NODE_HEARTBEAT_ITEM_EPOCH_SEEN, "%" PRId64, m->epoch);
	wrong = script_args_pack(&a);
	assert(wrong == NULL); /* an id and numbers */
	(void)wrong;
	script_args_addf(&a, NODE_HEARTBEAT_ARG_TTL_MS, "%" PRId64, m->config->heartbeat_ttl);
	heartbeat_settings_add(
	    &a, NODE_HEARTBEAT_ARG_INTERVAL_MS, NODE_HEARTBEAT_ARG_RATE, m->config);
	m->busy = true;
	script_call(m->redis, m->id->prefix, &a, member_heartbeat_done, m);
}

static void
member_register_done(void *arg, enum err e, const struct script_reply *r)
{
	struct member *m = arg;

	m->busy = false;
	m->registered = e == ERR_OK;
	if (e == ERR_OK) {
		m->incarnation = script_row_int(&r->head, NODE_ROW_INCARNATION);
		log_info("member", "%s registered in %s as incarnation %" PRId64, m->id->candidate,
		    m->config->namespace, m->incarnation);
		/* Its usage should be known before it gets agents. */
		if (!m->leaving)
			member_heartbeat(m);
	} else
		log_warn("member", "registration failed: %s%s%s", err_info(e)->code,
		    r->error != NULL ? ": " : "", r->error != NULL ? r->error : "");
	if (m->leaving)
		member_leave_now(m);
}

static void
member_register(struct member *m)
{
	const struct config *c = m->config;
	bool named = strcmp(m->id->address, m->id->ip) != 0;
	struct script_args a;

	script_args_init(&a, SCRIPT_NODE_REGISTER);
	a.urgent = true;
	script_args_add_str(&a, NODE_REGISTER_ARG_ID, c->cluster);
	script_args_add_str(
	    &a, NODE_REGISTER_ARG_HOSTNAME, named ? m->id->address : m->id->hostname);
	script_args_add_str(&a, NODE_REGISTER_ARG_IP_ADDRESS, m->id->ip);
	script_args_addf(&a, NODE_REGISTER_ARG_PORT, "%d", m->id->port);
	script_args_add_str(&a, NODE_REGISTER_ARG_ROLE, c->role);
	script_args_addf(&a, NODE_REGISTER_ARG_MAX_AGENTS, "%" PRId64, c->max_agents);
	script_args_add_str(&a, NODE_REGISTER_ARG_SERVICES, m->id->services);
	script_args_add_str(&a, NODE_REGISTER_ARG_LABELS, m->id->labels);
	script_args_add_str(&a, NODE_REGISTER_ARG_ZONE, c->zone);
	script_args_addf(
	    &a, NODE_REGISTER_ARG_WEIGHT, "%" PRId64, c->weight >= 0 ? c->weight : c->max_agents);
	script_args_add_str(&a, NODE_REGISTER_ARG_RESOURCES, m->id->resources);
	script_args_addf(&a, NODE_REGISTER_ARG_TTL_MS, "%" PRId64, c->heartbeat_ttl);
	heartbeat_settings_add(&a, NODE_REGISTER_ARG_INTERVAL_MS, NODE_REGISTER_ARG_RATE, c);
	m->busy = true;
	script_call(m->redis, m->id->prefix, &a, member_register_done, m);
}

static void
send_due(struct member *m)
{
	if (m->busy || m->leaving || m->superseded || !redis_connection_ready(m->redis))
		return;
	if (m->registered)
		member_heartbeat(m);
	else
		member_register(m);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct member *m = arg;

	(void)fd;
	(void)what;
	send_due(m);
	arm(m);
}

struct member *
member_new(struct event_base *base, struct redis_connection *redis, const struct config *config,
    const struct identity *id)
{
	struct member *m = xcalloc(1, sizeof(*m));

	m->redis = redis;
	m->config = config;
	m->id = id;
	m->interval_ms = config->heartbeat_interval;
	m->timer = evtimer_new(base, on_timer, m);
	assert(m->timer != NULL);
	machine_probe_init(&m->probe, "/proc", "/sys/fs/cgroup",
	    *config->data_dir != '\0' ? config->data_dir : ".");
	arm(m);
	return m;
}

void
member_connected(struct member *m)
{
	send_due(m);
}

static void
member_leave_done(void *arg, enum err e, const struct script_reply *r)
{
	struct member *m = arg;

	if (e == ERR_OK)
		log_info("member", "%s left: %s agents moved, %s wait for capacity",
		    m->id->candidate, script_row_text(&r->head, DEPARTURE_ROW_MOVED),
		    script_row_text(&r->head, DEPARTURE_ROW_PENDING));
	else
		log_warn("member", "leaving failed: %s", err_info(e)->code);
	m->left(m->left_arg);
}

/* Leaves as the incarnation that this process has, and so never removes its successor. */
static void
member_leave_now(struct member *m)
{
	struct script_args a;

	if (m->incarnation == 0) {
		m->left(m->left_arg);
		return;
	}
	script_args_init(&a, SCRIPT_NODE_LEAVE);
	a.urgent = true;
	script_args_add_str(&a, NODE_LEAVE_ARG_ID, m->config->cluster);
	script_args_addf(&a, NODE_LEAVE_ARG_MOST, "%d", MOVED_PER_CALL);
	script_args_addf(&a, NODE_LEAVE_ARG_INCARNATION, "%" PRId64, m->incarnation);
	script_args_add_str(&a, NODE_LEAVE_ARG_NONCE, m->id->nonce);
	script_call(m->redis, m->id->prefix, &a, member_leave_done, m);
}

void
member_leave(struct member *m, void (*done)(void *arg), void *arg)
{
	m->leaving = true;
	m->left = done;
	m->left_arg = arg;
	evtimer_del(m->timer);
	/* The reply to a registration has the incarnation, so leaving waits for it. */
	if (!m->busy || m->registered)
		member_leave_now(m);
}

void
member_free(struct member *m)
{
	if (m == NULL)
		return;
	event_free(m->timer);
	free(m);
}
