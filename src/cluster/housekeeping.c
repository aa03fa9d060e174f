/*
 * The duties, one table row each. Invariant: a duty is under way at most once, none is started
 * behind the end of the lease, and while heartbeats are renewed no other is.
 */
#include "cluster/housekeeping.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "cluster/heartbeat_settings.h"
#include "redis/script.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TICK_MS = 250,
	/* As much as holds Redis for a millisecond or two. */
	RENEWED_PER_CALL = 100,
	EXPIRED_PER_CALL = 20,
	AGENTS_PER_CALL = 20,
	ORPHANS_PER_CALL = 50,
	INDEX_IDLE_MS = 600000
};

struct task {
	struct housekeeping *all;
	const struct task_kind *kind;
	char cursor[ID_MAX + 1]; /* where the next call goes on */
	int64_t due;
	int64_t sent_at;
	char term[24]; /* that it was sent in */
	bool busy;
};

/* How a duty is called, and what is to be read from its reply behind the outcome and index. */
struct task_kind {
	enum script_id script;
	int every_ms;
	void (*add)(struct task *d, struct script_args *a);
	void (*read)(struct task *d, const redisReply *r);
};

enum { TASKS = 6, TASK_RENEW = 0 };

struct housekeeping {
	struct redis_connection *redis;
	const struct config *config;
	const struct identity *id;
	struct event *timer;
	struct continuity *continuity;
	int64_t valid_until;
	bool renewing;
	bool renew_again; /* once more from the start, after the call under way */
	char term[24];
	struct task task[TASKS];
};

static void task_start(struct task *d);

static bool
allowed(const struct housekeeping *all)
{
	return all->term[0] != '\0' && clock_mono_ms() < all->valid_until;
}

static bool
nothing(const redisReply *r, size_t i)
{
	const char *n = script_reply_text(r, i);

	return n == NULL || *n == '\0' || strcmp(n, "0") == 0;
}

static void
node_renew_add(struct task *d, struct script_args *a)
{
	script_args_addf(a, "%d", RENEWED_PER_CALL);
	script_args_add_str(a, d->cursor);
}

static void
node_renew_read(struct task *d, const redisReply *r)
{
	if (d->all->renew_again) {
		housekeeping_renew_nodes(d->all);
		task_start(d);
		return;
	}
	snprintf(d->cursor, sizeof(d->cursor), "%s", script_reply_text(r, 3));
	d->all->renewing = *d->cursor != '\0';
	if (d->all->renewing && allowed(d->all))
		task_start(d);
}

static void
node_expire_add(struct task *d, struct script_args *a)
{
	int64_t earliest, latest;

	continuity_window(d->all->continuity, d->sent_at, &earliest, &latest);
	script_args_addf(a, "%" PRId64, d->all->config->grace);
	script_args_addf(a, "%d", EXPIRED_PER_CALL);
	script_args_addf(a, "%" PRId64, d->all->config->heartbeat_ttl);
	script_args_addf(a, "%" PRId64, d->all->config->hold_max);
	script_args_addf(a, "%" PRId64, earliest);
	script_args_addf(a, "%" PRId64, latest);
	heartbeat_settings_add(a, d->all->config);
}

static void
node_expire_read(struct task *d, const redisReply *r)
{
	const char *why = continuity_observe(d->all->continuity, d->sent_at, clock_mono_ms(),
	    strtoll(script_reply_text(r, 5), NULL, 10), redis_connection_run_id(d->all->redis));

	if (why == NULL && strcmp(script_reply_text(r, 0), "discontinuity") == 0) {
		continuity_break(d->all->continuity, clock_mono_ms());
		why = "the sweep came late";
	}
	if (why != NULL) {
		log_warn("housekeeping", "every node gets a fresh heartbeat: %s", why);
		housekeeping_renew_nodes(d->all);
		return;
	}
	if (!nothing(r, 2) || !nothing(r, 3))
		log_warn("housekeeping", "%s nodes are suspect, %s are offline",
		    script_reply_text(r, 2), script_reply_text(r, 3));
}

static void
node_evacuate_add(struct task *d, struct script_args *a)
{
	(void)d;
	script_args_addf(a, "%d", AGENTS_PER_CALL);
}

static void
node_evacuate_read(struct task *d, const redisReply *r)
{
	(void)d;
	if (!nothing(r, 2))
		log_info("housekeeping", "%s: %s agents moved, %s wait for capacity",
		    script_reply_text(r, 2), script_reply_text(r, 3), script_reply_text(r, 4));
}

static void
pending_place_add(struct task *d, struct script_args *a)
{
	script_args_addf(a, "%d", AGENTS_PER_CALL);
	script_args_add_str(a, *d->cursor != '\0' ? d->cursor : "0");
}

static void
pending_place_read(struct task *d, const redisReply *r)
{
	snprintf(d->cursor, sizeof(d->cursor), "%s", script_reply_text(r, 3));
	if (!nothing(r, 2))
		log_info("housekeeping", "%s waiting agents placed", script_reply_text(r, 2));
}

static void
orphan_detect_add(struct task *d, struct script_args *a)
{
	script_args_addf(a, "%d", ORPHANS_PER_CALL);
	script_args_add_str(a, d->cursor);
}

static void
orphan_detect_read(struct task *d, const redisReply *r)
{
	snprintf(d->cursor, sizeof(d->cursor), "%s", script_reply_text(r, 3));
	if (!nothing(r, 2))
		log_warn(
		    "housekeeping", "%s orphans found and placed again", script_reply_text(r, 2));
}

static void
index_drop_add(struct task *d, struct script_args *a)
{
	(void)d;
	script_args_addf(a, "%d", INDEX_IDLE_MS);
}

static void
index_drop_read(struct task *d, const redisReply *r)
{
	(void)d;
	if (!nothing(r, 2))
		log_info(
		    "housekeeping", "the idle index of %s was dropped", script_reply_text(r, 2));
}

static const struct task_kind kinds[TASKS] = {
	[TASK_RENEW] = { SCRIPT_NODE_RENEW, 0, node_renew_add, node_renew_read },
	{ SCRIPT_NODE_EXPIRE, TICK_MS, node_expire_add, node_expire_read },
	{ SCRIPT_NODE_EVACUATE, TICK_MS, node_evacuate_add, node_evacuate_read },
	{ SCRIPT_PENDING_PLACE, TICK_MS, pending_place_add, pending_place_read },
	{ SCRIPT_ORPHAN_DETECT, TICK_MS, orphan_detect_add, orphan_detect_read },
	{ SCRIPT_INDEX_DROP, 60000, index_drop_add, index_drop_read },
};

static void
task_start_done(void *arg, enum err e, const redisReply *r)
{
	struct task *d = arg;

	d->busy = false;
	if (e == ERR_OK)
		d->kind->read(d, r);
	else if (e == ERR_NOT_LEADER && strcmp(d->term, d->all->term) == 0)
		housekeeping_stop(d->all);
	else if (e == ERR_NOT_LEADER)
		log_debug("housekeeping", "%s: refused in term %s",
		    script_sources[d->kind->script].name, d->term);
	else
		log_warn("housekeeping", "%s: %s", script_sources[d->kind->script].name,
		    err_info(e)->code);
}

static void
task_start(struct task *d)
{
	const struct housekeeping *all = d->all;
	struct script_args a;

	d->sent_at = clock_mono_ms();
	memcpy(d->term, all->term, sizeof(d->term));
	script_args_init(&a, d->kind->script);
	a.urgent = true;
	script_args_add_str(&a, all->id->candidate);
	script_args_add_str(&a, all->id->nonce);
	script_args_add_str(&a, all->term);
	d->kind->add(d, &a);
	d->busy = true;
	d->due = d->sent_at + d->kind->every_ms;
	script_call(all->redis, all->id->prefix, &a, task_start_done, d);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct housekeeping *all = arg;
	struct timeval tv = { .tv_sec = 0, .tv_usec = TICK_MS * 1000 };
	size_t i;

	(void)fd;
	(void)what;
	if (!allowed(all))
		return;
	evtimer_add(all->timer, &tv);
	for (i = 0; i < TASKS; i++)
		if ((i == TASK_RENEW) == all->renewing && !all->task[i].busy &&
		    clock_mono_ms() >= all->task[i].due)
			task_start(&all->task[i]);
}

struct housekeeping *
housekeeping_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id, struct continuity *continuity)
{
	struct housekeeping *all = xcalloc(1, sizeof(*all));
	size_t i;

	all->redis = redis;
	all->config = config;
	all->id = id;
	all->continuity = continuity;
	all->timer = evtimer_new(base, on_timer, all);
	assert(all->timer != NULL);
	for (i = 0; i < TASKS; i++) {
		all->task[i].all = all;
		all->task[i].kind = &kinds[i];
	}
	return all;
}

void
housekeeping_allow(struct housekeeping *all, const char *term, int64_t valid_until)
{
	static const struct timeval at_once = { 0, 0 };

	snprintf(all->term, sizeof(all->term), "%s", term);
	all->valid_until = valid_until;
	if (!evtimer_pending(all->timer, NULL))
		evtimer_add(all->timer, &at_once);
}

void
housekeeping_renew_nodes(struct housekeeping *all)
{
	all->renewing = true;
	all->renew_again = all->task[TASK_RENEW].busy;
	all->task[TASK_RENEW].cursor[0] = '\0';
}

void
housekeeping_stop(struct housekeeping *all)
{
	all->term[0] = '\0';
	evtimer_del(all->timer);
}

void
housekeeping_free(struct housekeeping *all)
{
	if (all == NULL)
		return;
	event_free(all->timer);
	free(all);
}
