/*
 * The tasks of housekeeping, one table row each. Invariant: at most one call of each task is
 * under way; no task is started after the end of the lease; while heartbeats are renewed, no
 * other task is started.
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
	/* Limits with which a call keeps Redis busy for one or two milliseconds. */
	RENEWED_PER_CALL = 100,
	EXPIRED_PER_CALL = 20,
	AGENTS_PER_CALL = 20,
	ORPHANS_PER_CALL = 50,
	INDEX_IDLE_MS = 600000
};

struct task {
	struct housekeeping *owner;
	const struct task_kind *kind;
	char cursor[ID_MAX + 1]; /* where the next call continues; "" for the start */
	int64_t due;
	int64_t sent_at;
	int64_t done;  /* by calls that followed each other at once, where the task counts it */
	char term[24]; /* in which the last call was sent */
	bool busy;
};

/* How to call a task, with which arguments after those of the lease, and how to read its reply. */
struct task_kind {
	enum script_id script;
	int every_ms;
	void (*add)(struct task *t, struct script_args *a);
	void (*read)(struct task *t, const struct script_reply *r);
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
	bool renew_again; /* start again after the call under way */
	char term[24];
	struct task task[TASKS];
};

static void task_start(struct task *t);

static bool
may_run(const struct housekeeping *h)
{
	return h->term[0] != '\0' && clock_mono_ms() < h->valid_until;
}

/* True if a column of the reply's row is "0" or empty. */
static bool
is_none(const struct script_reply *r, size_t column)
{
	const char *n = script_row_text(&r->head, column);

	return *n == '\0' || strcmp(n, "0") == 0;
}

static void
node_renew_add(struct task *t, struct script_args *a)
{
	script_args_addf(a, NODE_RENEW_ARG_MOST, "%d", RENEWED_PER_CALL);
	script_args_add_str(a, NODE_RENEW_ARG_CURSOR, t->cursor);
}

static void
node_renew_read(struct task *t, const struct script_reply *r)
{
	if (t->owner->renew_again) {
		housekeeping_renew_nodes(t->owner);
		task_start(t);
		return;
	}
	snprintf(
	    t->cursor, sizeof(t->cursor), "%s", script_row_text(&r->head, RENEWAL_ROW_NEXT_CURSOR));
	t->owner->renewing = *t->cursor != '\0';
	if (t->owner->renewing && may_run(t->owner))
		task_start(t);
}

static void
node_expire_add(struct task *t, struct script_args *a)
{
	int64_t earliest, latest;

	continuity_window(t->owner->continuity, t->sent_at, &earliest, &latest);
	script_args_addf(a, NODE_EXPIRE_ARG_GRACE_MS, "%" PRId64, t->owner->config->grace);
	script_args_addf(a, NODE_EXPIRE_ARG_MOST, "%d", EXPIRED_PER_CALL);
	script_args_addf(a, NODE_EXPIRE_ARG_WINDOW_MS, "%" PRId64, t->owner->config->heartbeat_ttl);
	script_args_addf(a, NODE_EXPIRE_ARG_HOLD_MAX_MS, "%" PRId64, t->owner->config->hold_max);
	script_args_addf(a, NODE_EXPIRE_ARG_EARLIEST, "%" PRId64, earliest);
	script_args_addf(a, NODE_EXPIRE_ARG_LATEST, "%" PRId64, latest);
	heartbeat_settings_add(
	    a, NODE_EXPIRE_ARG_INTERVAL_MS, NODE_EXPIRE_ARG_RATE, t->owner->config);
}

static void
node_expire_read(struct task *t, const struct script_reply *r)
{
	const char *why = continuity_observe(t->owner->continuity, t->sent_at, clock_mono_ms(),
	    script_row_int(&r->head, EXPIRY_ROW_NOW), redis_connection_run_id(t->owner->redis));

	if (why == NULL && r->outcome == OUTCOME_DISCONTINUITY) {
		continuity_break(t->owner->continuity, clock_mono_ms());
		why = "the check for silent nodes came late";
	}
	if (why != NULL) {
		log_warn("housekeeping", "every node gets a fresh heartbeat: %s", why);
		housekeeping_renew_nodes(t->owner);
		return;
	}
	if (!is_none(r, EXPIRY_ROW_SUSPECTS) || !is_none(r, EXPIRY_ROW_OFFLINE))
		log_warn("housekeeping", "%s nodes are suspect, %s are offline",
		    script_row_text(&r->head, EXPIRY_ROW_SUSPECTS),
		    script_row_text(&r->head, EXPIRY_ROW_OFFLINE));
}

static void
node_evacuate_add(struct task *t, struct script_args *a)
{
	(void)t;
	script_args_addf(a, NODE_EVACUATE_ARG_MOST, "%d", AGENTS_PER_CALL);
}

static void
node_evacuate_read(struct task *t, const struct script_reply *r)
{
	(void)t;
	if (!is_none(r, EVACUATION_ROW_NODE_ID))
		log_info("housekeeping", "%s: %s agents moved, %s wait for capacity",
		    script_row_text(&r->head, EVACUATION_ROW_NODE_ID),
		    script_row_text(&r->head, EVACUATION_ROW_MOVED),
		    script_row_text(&r->head, EVACUATION_ROW_PENDING));
}

static void
pending_place_add(struct task *t, struct script_args *a)
{
	(void)t;
	script_args_addf(a, PENDING_PLACE_ARG_MOST, "%d", AGENTS_PER_CALL);
}

static void
pending_place_read(struct task *t, const struct script_reply *r)
{
	t->done += script_row_int(&r->head, PLACING_ROW_PLACED);
	if (!is_none(r, PLACING_ROW_FURTHER) && may_run(t->owner) && !t->owner->renewing) {
		task_start(t);
		return;
	}
	if (t->done > 0)
		log_info("housekeeping", "%" PRId64 " waiting agents placed", t->done);
	t->done = 0;
}

static void
orphan_detect_add(struct task *t, struct script_args *a)
{
	script_args_addf(a, ORPHAN_DETECT_ARG_MOST, "%d", ORPHANS_PER_CALL);
	script_args_add_str(a, ORPHAN_DETECT_ARG_CURSOR, t->cursor);
}

static void
orphan_detect_read(struct task *t, const struct script_reply *r)
{
	snprintf(
	    t->cursor, sizeof(t->cursor), "%s", script_row_text(&r->head, ORPHANS_ROW_NEXT_CURSOR));
	if (!is_none(r, ORPHANS_ROW_FOUND))
		log_warn("housekeeping", "%s orphans found and placed again",
		    script_row_text(&r->head, ORPHANS_ROW_FOUND));
}

static void
index_drop_add(struct task *t, struct script_args *a)
{
	(void)t;
	script_args_addf(a, INDEX_DROP_ARG_IDLE_MS, "%d", INDEX_IDLE_MS);
}

static void
index_drop_read(struct task *t, const struct script_reply *r)
{
	(void)t;
	if (!is_none(r, DROPPED_ROW_STRATEGY))
		log_info("housekeeping", "the idle index of %s was dropped",
		    script_row_text(&r->head, DROPPED_ROW_STRATEGY));
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
task_start_done(void *arg, enum err e, const struct script_reply *r)
{
	struct task *t = arg;

	t->busy = false;
	if (e == ERR_OK)
		t->kind->read(t, r);
	else if (e == ERR_NOT_LEADER && strcmp(t->term, t->owner->term) == 0)
		housekeeping_stop(t->owner);
	else if (e == ERR_NOT_LEADER)
		log_debug("housekeeping", "%s: refused in term %s",
		    script_sources[t->kind->script].name, t->term);
	else
		log_warn("housekeeping", "%s: %s", script_sources[t->kind->script].name,
		    err_info(e)->code);
}

static void
task_start(struct task *t)
{
	const struct housekeeping *h = t->owner;
	struct script_args a;

	t->sent_at = clock_mono_ms();
	memcpy(t->term, h->term, sizeof(t->term));
	script_args_init(&a, t->kind->script);
	a.urgent = true;
	script_args_add_str(&a, LEASE_ARG_ID, h->id->candidate);
	script_args_add_str(&a, LEASE_ARG_NONCE, h->id->nonce);
	script_args_add_str(&a, LEASE_ARG_TERM, h->term);
	t->kind->add(t, &a);
	t->busy = true;
	t->due = t->sent_at + t->kind->every_ms;
	script_call(h->redis, h->id->prefix, &a, task_start_done, t);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct housekeeping *h = arg;
	struct timeval tv = { .tv_sec = 0, .tv_usec = TICK_MS * 1000 };
	size_t i;

	(void)fd;
	(void)what;
	if (!may_run(h))
		return;
	evtimer_add(h->timer, &tv);
	for (i = 0; i < TASKS; i++)
		if ((i == TASK_RENEW) == h->renewing && !h->task[i].busy &&
		    clock_mono_ms() >= h->task[i].due)
			task_start(&h->task[i]);
}

struct housekeeping *
housekeeping_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id, struct continuity *continuity)
{
	struct housekeeping *h = xcalloc(1, sizeof(*h));
	size_t i;

	h->redis = redis;
	h->config = config;
	h->id = id;
	h->continuity = continuity;
	h->timer = evtimer_new(base, on_timer, h);
	assert(h->timer != NULL);
	for (i = 0; i < TASKS; i++) {
		h->task[i].owner = h;
		h->task[i].kind = &kinds[i];
	}
	return h;
}

void
housekeeping_allow(struct housekeeping *h, const char *term, int64_t valid_until)
{
	static const struct timeval at_once = { 0, 0 };

	snprintf(h->term, sizeof(h->term), "%s", term);
	h->valid_until = valid_until;
	if (!evtimer_pending(h->timer, NULL))
		evtimer_add(h->timer, &at_once);
}

void
housekeeping_renew_nodes(struct housekeeping *h)
{
	h->renewing = true;
	h->renew_again = h->task[TASK_RENEW].busy;
	h->task[TASK_RENEW].cursor[0] = '\0';
}

void
housekeeping_stop(struct housekeeping *h)
{
	h->term[0] = '\0';
	evtimer_del(h->timer);
}

void
housekeeping_free(struct housekeeping *h)
{
	if (h == NULL)
		return;
	event_free(h->timer);
	free(h);
}
