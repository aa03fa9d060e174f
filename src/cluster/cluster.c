/* Membership and candidacy together. Invariant: on leaving, the candidacy ends first. */
#include "cluster/cluster.h"

#include "base/log.h"
#include "base/memory.h"
#include "cluster/leader.h"
#include "cluster/member.h"
#include "redis/script.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cluster {
	struct redis_connection *redis;
	const struct config *config;
	const struct identity *id;
	struct member *member; /* NULL for a pure front-end */
	struct leader *leader; /* NULL for a replica */
	struct event *retry; /* sends the settings again after Redis refused them for the moment */
	void (*left)(void *arg);
	void *left_arg;
};

static void cluster_init(struct cluster *c);

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cluster_init(arg);
}

struct cluster *
cluster_new(struct event_base *base, struct redis_connection *redis, const struct config *config,
    const struct identity *id)
{
	struct cluster *c = xcalloc(1, sizeof(*c));

	c->redis = redis;
	c->config = config;
	c->id = id;
	c->retry = evtimer_new(base, on_retry, c);
	assert(c->retry != NULL);
	if (*config->cluster != '\0')
		c->member = member_new(base, redis, config, id);
	if (strcmp(config->role, "replica") != 0)
		c->leader = leader_new(base, redis, config, id);
	return c;
}

static void
cluster_init_done(void *arg, enum err e, const struct script_reply *r)
{
	struct cluster *c = arg;

	if (e != ERR_OK) {
		static const struct timeval soon = { 1, 0 };

		/* If the connection was lost, cluster_connected sends them again. */
		if (redis_connection_ready(c->redis))
			evtimer_add(c->retry, &soon);
		log_warn("cluster", "the settings could not be read: %s%s%s", err_info(e)->code,
		    r->error != NULL ? ": " : "", r->error != NULL ? r->error : "");
		return;
	}
	log_info("cluster", "namespace %s: strategy %s, weights %s,%s,%s, at most %s classes", c->config->namespace,
	    script_row_text(&r->head, SETTINGS_ROW_STRATEGY),
	    script_row_text(&r->head, SETTINGS_ROW_WEIGHT_CPU),
	    script_row_text(&r->head, SETTINGS_ROW_WEIGHT_MEMORY),
	    script_row_text(&r->head, SETTINGS_ROW_WEIGHT_AGENTS),
	    script_row_text(&r->head, SETTINGS_ROW_MAX_CLASSES));
}

static void
cluster_init(struct cluster *c)
{
	static const size_t weights[] = { CLUSTER_INIT_ARG_CPU, CLUSTER_INIT_ARG_MEMORY,
		CLUSTER_INIT_ARG_AGENTS };
	char *copy = xstrdup(c->config->load_weights), *rest = copy;
	struct script_args a;
	size_t i;

	script_args_init(&a, SCRIPT_CLUSTER_INIT);
	script_args_add_str(&a, CLUSTER_INIT_ARG_STRATEGY, c->config->strategy);
	for (i = 0; i < ARRAY_LEN(weights); i++) {
		const char *weight = strsep(&rest, ",");

		script_args_add_str(&a, weights[i], weight != NULL ? weight : "");
	}
	free(copy);
	script_args_addf(&a, CLUSTER_INIT_ARG_MAX_CLASSES, "%" PRId64, c->config->max_classes);
	script_call(c->redis, c->id->prefix, &a, cluster_init_done, c);
}

void
cluster_connected(struct cluster *c)
{
	cluster_init(c);
	if (c->member != NULL)
		member_connected(c->member);
	if (c->leader != NULL)
		leader_connected(c->leader);
}

static void
cluster_leave_member(void *arg)
{
	struct cluster *c = arg;

	if (c->member != NULL && c->config->leave_on_exit)
		member_leave(c->member, c->left, c->left_arg);
	else
		c->left(c->left_arg);
}

void
cluster_leave(struct cluster *c, void (*done)(void *arg), void *arg)
{
	c->left = done;
	c->left_arg = arg;
	if (c->leader != NULL)
		leader_resign(c->leader, cluster_leave_member, c);
	else
		cluster_leave_member(c);
}

void
cluster_free(struct cluster *c)
{
	if (c == NULL)
		return;
	event_free(c->retry);
	leader_free(c->leader);
	member_free(c->member);
	free(c);
}
