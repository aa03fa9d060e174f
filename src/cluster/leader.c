/*
 * The campaign for the lease. Invariant: `term` is set exactly while we count the lease as ours: until
 * lease_ttl after the last successful renewal was sent, on the monotonic clock.
 */
#include "cluster/leader.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "cluster/housekeeping.h"
#include "cluster/heartbeat_settings.h"
#include "redis/script.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SOON_MS = 20,   /* from the end of another's lease to our campaign */
	RETRY_MS = 200, /* from a failed campaign to the next one, on average */
	RENEWALS = 3,   /* campaigns per lease */
	OBSERVATIONS =
	    6 /* campaigns per heartbeat TTL, so that a longer gap shows that Redis was away */
};

struct leader {
	struct redis_connection *redis;
	const struct config *config;
	const struct identity *id;
	struct continuity continuity;
	struct housekeeping *housekeeping;
	struct event *timer;
	int64_t sent_at;     /* when the campaign under way was sent */
	int64_t valid_until; /* end of our lease */
	char term[24];       /* "" while not leading */
	bool busy;
	bool resigned;
	void (*resigned_fn)(void *arg);
	void *resigned_arg;
};

static void
arm(struct leader *l, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	evtimer_add(l->timer, &tv);
}

static void
step_down(struct leader *l, const char *why)
{
	if (l->term[0] == '\0')
		return;
	log_warn("leader", "%s steps down from term %s: %s", l->id->candidate, l->term, why);
	l->term[0] = '\0';
	metrics_add(METRIC_LEADER, 0, 0, -1);
	housekeeping_stop(l->housekeeping);
}

/* Notes the observation of Redis in a reply. Returns what broke the continuity, or NULL. */
static const char *
observe(struct leader *l, const struct script_row *row)
{
	return continuity_observe(&l->continuity, l->sent_at, clock_mono_ms(),
	    script_row_int(row, CAMPAIGN_ROW_NOW), redis_connection_run_id(l->redis));
}

/*
 * Handles the result of a campaign. With many nodes, its heartbeat_ttl_ms is longer than our own
 * setting.
 */
static void
take_result(struct leader *l, enum outcome outcome, const struct script_row *row)
{
	const char *broken = observe(l, row);
	const char *term = script_row_text(row, CAMPAIGN_ROW_TERM);
	int64_t expires_ms = script_row_int(row, CAMPAIGN_ROW_EXPIRES_IN_MS);
	int64_t heartbeat_ms = script_row_int(row, CAMPAIGN_ROW_HEARTBEAT_TTL_MS);
	int64_t renew_ms = l->config->lease_ttl / RENEWALS;
	int64_t observe_ms = l->config->heartbeat_ttl / OBSERVATIONS;

	if (renew_ms > observe_ms)
		renew_ms = observe_ms;
	if (outcome != OUTCOME_LEADER) {
		step_down(l, "another holds the lease");
		arm(l, expires_ms + SOON_MS < renew_ms ? expires_ms + SOON_MS : renew_ms);
		return;
	}
	l->valid_until = l->sent_at + l->config->lease_ttl;
	if (strcmp(l->term, term) != 0) {
		if (l->term[0] == '\0')
			metrics_count(METRIC_LEADER);
		metrics_count(METRIC_ELECTED);
		snprintf(l->term, sizeof(l->term), "%s", term);
		log_info("leader", "%s leads in term %s", l->id->candidate, term);
		if (!continuity_lasts(&l->continuity, clock_mono_ms(), heartbeat_ms))
			broken = "this leader has not seen Redis for as long as they last";
	}
	if (broken != NULL) {
		log_info("leader", "every node gets a fresh heartbeat: %s", broken);
		housekeeping_renew_nodes(l->housekeeping);
	}
	housekeeping_allow(l->housekeeping, l->term, l->valid_until);
	arm(l, renew_ms);
}

/* Random, so that candidates that failed together do not try again together. */
static int64_t
retry_ms(void)
{
	uint32_t random;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	return RETRY_MS / 2 + random % RETRY_MS;
}

static void
leader_campaign_done(void *arg, enum err e, const struct script_reply *r)
{
	struct leader *l = arg;

	l->busy = false;
	if (l->resigned)
		return;
	if (e == ERR_OK) {
		take_result(l, r->outcome, &r->head);
		return;
	}
	step_down(l, err_info(e)->title);
	arm(l, retry_ms());
}

static void
leader_campaign(struct leader *l)
{
	struct script_args a;

	if (l->busy || l->resigned)
		return;
	script_args_init(&a, SCRIPT_LEADER_CAMPAIGN);
	a.urgent = true;
	script_args_add_str(&a, LEADER_CAMPAIGN_ARG_ID, l->id->candidate);
	script_args_add_str(&a, LEADER_CAMPAIGN_ARG_NONCE, l->id->nonce);
	script_args_add_str(&a, LEADER_CAMPAIGN_ARG_URL, l->id->url);
	script_args_addf(&a, LEADER_CAMPAIGN_ARG_LEASE_MS, "%" PRId64, l->config->lease_ttl);
	script_args_addf(&a, LEADER_CAMPAIGN_ARG_TTL_MS, "%" PRId64, l->config->heartbeat_ttl);
	heartbeat_settings_add(
	    &a, LEADER_CAMPAIGN_ARG_INTERVAL_MS, LEADER_CAMPAIGN_ARG_RATE, l->config);
	l->busy = true;
	l->sent_at = clock_mono_ms();
	script_call(l->redis, l->id->prefix, &a, leader_campaign_done, l);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	leader_campaign(arg);
}

struct leader *
leader_new(struct event_base *base, struct redis_connection *redis, const struct config *config,
    const struct identity *id)
{
	struct leader *l = xcalloc(1, sizeof(*l));

	l->redis = redis;
	l->config = config;
	l->id = id;
	continuity_init(&l->continuity, config->heartbeat_ttl / 2);
	l->housekeeping = housekeeping_new(base, redis, config, id, &l->continuity);
	l->timer = evtimer_new(base, on_timer, l);
	assert(l->timer != NULL);
	return l;
}

void
leader_connected(struct leader *l)
{
	leader_campaign(l);
}

static void
leader_resign_done(void *arg, enum err e, const struct script_reply *r)
{
	struct leader *l = arg;

	(void)r;
	if (e != ERR_OK)
		log_warn("leader", "resigning failed: %s", err_info(e)->code);
	l->resigned_fn(l->resigned_arg);
}

void
leader_resign(struct leader *l, void (*done)(void *arg), void *arg)
{
	struct script_args a;

	l->resigned = true;
	l->resigned_fn = done;
	l->resigned_arg = arg;
	evtimer_del(l->timer);
	step_down(l, "this process ends");
	script_args_init(&a, SCRIPT_LEADER_RESIGN);
	a.urgent = true;
	script_args_add_str(&a, LEADER_RESIGN_ARG_ID, l->id->candidate);
	script_args_add_str(&a, LEADER_RESIGN_ARG_NONCE, l->id->nonce);
	script_call(l->redis, l->id->prefix, &a, leader_resign_done, l);
}

void
leader_free(struct leader *l)
{
	if (l == NULL)
		return;
	housekeeping_free(l->housekeeping);
	event_free(l->timer);
	free(l);
}
