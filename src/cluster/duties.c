/*
 * The duties, one table row each. Invariant: a duty is under way at most once, none is started
 * behind the end of the lease, and while heartbeats are renewed no other is.
 */
#include "cluster/duties.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "cluster/pace.h"
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

struct duty {
	struct duties *all;
	const struct duty_kind *kind;
	char cursor[ID_MAX + 1]; /* where the next call goes on */
	int64_t due;
	int64_t sent_at;
	char term[24]; /* that it was sent in */
	bool busy;
};

/* How a duty is called, and what is to be read from its reply behind the outcome and index. */
struct duty_kind {
	enum script_id script;
	int every_ms;
	void (*add)(struct duty *d, struct script_args *a);
	void (*read)(struct duty *d, const redisReply *r);
};

enum { DUTIES = 6, DUTY_RENEW = 0 };

struct duties {
	struct redis_connection *redis;
	const struct config *config;
	const struct identity *id;
	struct event *timer;
	struct continuity *continuity;
	int64_t valid_until;
	bool renewing;
	bool renew_again; /* once more from the start, after the call under way */
	char term[24];
	struct duty duty[DUTIES];
};

static void duty_start(struct duty *d);

static bool
allowed(const struct duties *all)
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
node_renew_add(struct duty *d, struct script_args *a)
{
	script_args_addf(a, "%d", RENEWED_PER_CALL);
	script_args_add_str(a, d->cursor);
}

static void
node_renew_read(struct duty *d, const redisReply *r)
{
	if (d->all->renew_again) {
		duties_renew(d->all);
		duty_start(d);
		return;
	}
	snprintf(d->cursor, sizeof(d->cursor), "%s", script_reply_text(r, 3));
	d->all->renewing = *d->cursor != '\0';
	if (d->all->renewing && allowed(d->all))
		duty_start(d);
}

static void
node_expire_add(struct duty *d, struct script_args *a)
{
	int64_t earliest, latest;

	continuity_window(d->all->continuity, d->sent_at, &earliest, &latest);
	script_args_addf(a, "%" PRId64, d->all->config->grace);
	script_args_addf(a, "%d", EXPIRED_PER_CALL);
	script_args_addf(a, "%" PRId64, d->all->config->heartbeat_ttl);
	script_args_addf(a, "%" PRId64, d->all->config->hold_max);
	script_args_addf(a, "%" PRId64, earliest);
	script_args_addf(a, "%" PRId64, latest);
	pace_add(a, d->all->config);
}

static void
node_expire_read(struct duty *d, const redisReply *r)
{
	const char *why = continuity_see(d->all->continuity, d->sent_at, clock_mono_ms(),
	    strtoll(script_reply_text(r, 5), NULL, 10), redis_connection_run_id(d->all->redis));

	if (why == NULL && strcmp(script_reply_text(r, 0), "discontinuity") == 0) {
		continuity_break(d->all->continuity, clock_mono_ms());
		why = "the sweep came late";
	}
	if (why != NULL) {
		log_warn("duties", "every node gets a fresh heartbeat: %s", why);
		duties_renew(d->all);
		return;
	}
	if (!nothing(r, 2) || !nothing(r, 3))
		log_warn("duties", "%s nodes are suspect, %s are offline", script_reply_text(r, 2),
		    script_reply_text(r, 3));
}

static void
node_evacuate_add(struct duty *d, struct script_args *a)
{
	(void)d;
	script_args_addf(a, "%d", AGENTS_PER_CALL);
}

static void
node_evacuate_read(struct duty *d, const redisReply *r)
{
	(void)d;
	if (!nothing(r, 2))
		log_info("duties", "%s: %s agents moved, %s wait for capacity",
		    script_reply_text(r, 2), script_reply_text(r, 3), script_reply_text(r, 4));
}

static void
pending_place_add(struct duty *d, struct script_args *a)
{
	script_args_addf(a, "%d", AGENTS_PER_CALL);
	script_args_add_str(a, *d->cursor != '\0' ? d->cursor : "0");
}

static void
pending_place_read(struct duty *d, const redisReply *r)
{
	snprintf(d->cursor, sizeof(d->cursor), "%s", script_reply_text(r, 3));
	if (!nothing(r, 2))
		log_info("duties", "%s waiting agents placed", script_reply_text(r, 2));
}

static void
orphan_detect_add(struct duty *d, struct script_args *a)
{
	script_args_addf(a, "%d", ORPHANS_PER_CALL);
	script_args_add_str(a, d->cursor);
}

static void
orphan_detect_read(struct duty *d, const redisReply *r)
{
	snprintf(d->cursor, sizeof(d->cursor), "%s", script_reply_text(r, 3));
	if (!nothing(r, 2))
		log_warn("duties", "%s orphans found and placed again", script_reply_text(r, 2));
}

static void
index_drop_add(struct duty *d, struct script_args *a)
{
	(void)d;
	script_args_addf(a, "%d", INDEX_IDLE_MS);
}

static void
index_drop_read(struct duty *d, const redisReply *r)
{
	(void)d;
	if (!nothing(r, 2))
		log_info("duties", "the idle index of %s was dropped", script_reply_text(r, 2));
}

static const struct duty_kind kinds[DUTIES] = {
	[DUTY_RENEW] = { SCRIPT_NODE_RENEW, 0, node_renew_add, node_renew_read },
	{ SCRIPT_NODE_EXPIRE, TICK_MS, node_expire_add, node_expire_read },
	{ SCRIPT_NODE_EVACUATE, TICK_MS, node_evacuate_add, node_evacuate_read },
	{ SCRIPT_PENDING_PLACE, TICK_MS, pending_place_add, pending_place_read },
	{ SCRIPT_ORPHAN_DETECT, TICK_MS, orphan_detect_add, orphan_detect_read },
	{ SCRIPT_INDEX_DROP, 60000, index_drop_add, index_drop_read },
};

static void
duty_start_done(void *arg, enum err e, const redisReply *r)
{
	struct duty *d = arg;

	d->busy = false;
	if (e == ERR_OK)
		d->kind->read(d, r);
	else if (e == ERR_NOT_LEADER && strcmp(d->term, d->all->term) == 0)
		duties_stop(d->all);
	else if (e == ERR_NOT_LEADER)
		log_debug("duties", "%s: refused in term %s", script_sources[d->kind->script].name,
		    d->term);
	else
		log_warn(
		    "duties", "%s: %s", script_sources[d->kind->script].name, err_info(e)->code);
}

static void
duty_start(struct duty *d)
{
	const struct duties *all = d->all;
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
	script_call(all->redis, all->id->prefix, &a, duty_start_done, d);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct duties *all = arg;
	struct timeval tv = { .tv_sec = 0, .tv_usec = TICK_MS * 1000 };
	size_t i;

	(void)fd;
	(void)what;
	if (!allowed(all))
		return;
	evtimer_add(all->timer, &tv);
	for (i = 0; i < DUTIES; i++)
		if ((i == DUTY_RENEW) == all->renewing && !all->duty[i].busy &&
		    clock_mono_ms() >= all->duty[i].due)
			duty_start(&all->duty[i]);
}

struct duties *
duties_new(struct event_base *base, struct redis_connection *redis, const struct config *config,
    const struct identity *id, struct continuity *continuity)
{
	struct duties *all = xcalloc(1, sizeof(*all));
	size_t i;

	all->redis = redis;
	all->config = config;
	all->id = id;
	all->continuity = continuity;
	all->timer = evtimer_new(base, on_timer, all);
	assert(all->timer != NULL);
	for (i = 0; i < DUTIES; i++) {
		all->duty[i].all = all;
		all->duty[i].kind = &kinds[i];
	}
	return all;
}

void
duties_allow(struct duties *all, const char *term, int64_t valid_until)
{
	static const struct timeval at_once = { 0, 0 };

	snprintf(all->term, sizeof(all->term), "%s", term);
	all->valid_until = valid_until;
	if (!evtimer_pending(all->timer, NULL))
		evtimer_add(all->timer, &at_once);
}

void
duties_renew(struct duties *all)
{
	all->renewing = true;
	all->renew_again = all->duty[DUTY_RENEW].busy;
	all->duty[DUTY_RENEW].cursor[0] = '\0';
}

void
duties_stop(struct duties *all)
{
	all->term[0] = '\0';
	evtimer_del(all->timer);
}

void
duties_free(struct duties *all)
{
	if (all == NULL)
		return;
	event_free(all->timer);
	free(all);
}
