/* The clients. Invariant: while `waiting` is CLIENTS no operation is under way. */
#include "chaos/clients.h"

#include "support/api.h"
#include "support/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASSIGNMENTS "/api/cluster/assignments"

/* What an answer means: by operation and status. Other statuses leave the outcome open. */
static const struct {
	enum op_kind kind;
	int status;
	enum outcome outcome;
} meanings[] = {
	{ OP_ASSIGN, 201, OUT_CREATED },
	{ OP_ASSIGN, 202, OUT_QUEUED },
	{ OP_ASSIGN, 200, OUT_ASSIGNED },
	{ OP_ASSIGN, 409, OUT_ABSENT },
	{ OP_RELEASE, 204, OUT_RELEASED },
	{ OP_RELEASE, 404, OUT_ABSENT },
	{ OP_RELEASE, 412, OUT_STALE },
	{ OP_GET, 200, OUT_ASSIGNED },
	{ OP_GET, 404, OUT_ABSENT },
	{ OP_LEADER, 200, OUT_ASSIGNED },
	{ OP_LEADER, 404, OUT_NONE },
};

static enum outcome
meaning(enum op_kind kind, int status)
{
	size_t i;

	/* Refused before anything was done. A 504 alone says that it may have been. */
	if (status == 503 || status == 429)
		return OUT_NONE;
	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].kind == kind && meanings[i].status == status)
			return meanings[i].outcome;
	return OUT_UNKNOWN;
}

/* Notes the answer in the history. body may be NULL. */
static void
note(struct client *c, size_t number, enum op_kind kind, int agent, int status, json_t *body)
{
	const char *node = json_string_value(json_object_get(body, "node_id"));
	int64_t epoch = json_integer_value(json_object_get(body, "epoch"));
	const char *standing = json_string_value(json_object_get(body, "status"));
	enum outcome outcome = meaning(kind, status);

	if (kind == OP_LEADER) {
		node = json_string_value(json_object_get(body, "leader_id"));
		epoch = json_integer_value(json_object_get(body, "term"));
	}
	if (outcome == OUT_ASSIGNED && standing != NULL && strcmp(standing, "pending") == 0)
		outcome = OUT_PENDING;
	if (outcome >= OUT_CREATED && outcome <= OUT_PENDING && kind != OP_LEADER)
		c->epoch[agent] = epoch;
	else
		epoch = kind == OP_LEADER && outcome == OUT_ASSIGNED ? epoch : 0;
	history_return(
	    c->all->history, number, outcome, node != NULL && epoch != 0 ? node : "", epoch);
}

/* Any front-end; of those that are being disturbed only some, so that not all clients wait there. */
static struct daemon *
some_daemon(struct client *c)
{
	struct daemon *all = c->all->fleet->daemon, *d = &all[rng_between(&c->rng, 0, DAEMONS - 1)];

	if (atomic_load(&d->disturbed) % 2 != 0 && rng_between(&c->rng, 0, 3) > 0)
		d = &all[rng_between(&c->rng, 0, DAEMONS - 1)];
	return d;
}

/* Makes one call. Whether the daemon may be late is what it was at the beginning and the end. */
static void
call(struct client *c, enum op_kind kind, int agent, int64_t asked, const char *method,
    const char *path, const char *text)
{
	struct daemon *d = some_daemon(c);
	unsigned before = atomic_load(&d->disturbed);
	size_t number = history_call(c->all->history, c->number, kind,
	    kind == OP_LEADER ? "" : c->all->agents[agent], asked);
	int64_t since = history_now();
	struct http_response r = { 0 };
	struct http_client h;
	const char *durability;
	json_t *body = NULL;

	if (!http_client_open(&h, "127.0.0.1", d->port)) {
		history_return(c->all->history, number, OUT_NONE, "", 0);
		http_client_close(&h);
		return;
	}
	h.timeout_ms = LATE_MS;
	if (http_client_call(&h, method, path, text, &r) && r.body_len > 0)
		body = json_loadb(r.body, r.body_len, 0, NULL);
	http_client_close(&h);
	durability = http_response_header(&r, "X-Cluster-Durability");
	if (durability != NULL && strcmp(durability, "local") == 0)
		history_local(c->all->history, number);
	note(c, number, kind, agent, r.status, body);
	atomic_fetch_add(&c->all->status[r.status > 0 && r.status < 600 ? r.status : 0], 1);
	if (r.status == 0 && history_now() - since >= LATE_MS * 1000 && before % 2 == 0 &&
	    atomic_load(&d->disturbed) == before)
		atomic_fetch_add(&c->all->late, 1);
	json_decref(body);
	http_response_fini(&r);
}

static void
assign(struct client *c, int agent)
{
	static const char *const strategies[] = { "least_loaded", "round_robin", "least_agents",
		"random", "weighted" };

	call(c, OP_ASSIGN, agent, 0, "POST", ASSIGNMENTS,
	    fmt("{\"agent_id\":\"%s\",\"services\":[%s],\"strategy\":\"%s\",\"queue\":%s}",
	        c->all->agents[agent], agent % 8 == 0 ? "\"gpu\"" : "",
	        strategies[rng_between(&c->rng, 0, 4)],
	        rng_between(&c->rng, 0, 2) == 0 ? "true" : "false"));
}

static void
release(struct client *c, int agent)
{
	int64_t asked = rng_between(&c->rng, 0, 1) == 0 ? c->epoch[agent] : 0;
	const char *path = fmt("%s/%s", ASSIGNMENTS, c->all->agents[agent]);

	if (asked != 0)
		path = fmt("%s?epoch=%lld", path, (long long)asked);
	call(c, OP_RELEASE, agent, asked, "DELETE", path, NULL);
}

static void
operate(struct client *c)
{
	int agent = rng_between(&c->rng, 0, AGENTS - 1), chance = rng_between(&c->rng, 1, 100);

	if (chance <= 45)
		assign(c, agent);
	else if (chance <= 70)
		release(c, agent);
	else if (chance <= 95)
		call(c, OP_GET, agent, 0, "GET", fmt("%s/%s", ASSIGNMENTS, c->all->agents[agent]),
		    NULL);
	else
		call(c, OP_LEADER, agent, 0, "GET", "/api/cluster/leader", NULL);
}

/* Waits while there is a pause. False at the end. */
static bool
may_go_on(struct clients *all)
{
	bool stop;

	pthread_mutex_lock(&all->lock);
	all->waiting++;
	pthread_cond_broadcast(&all->changed);
	while (all->paused && !all->stop)
		pthread_cond_wait(&all->changed, &all->lock);
	all->waiting--;
	stop = all->stop;
	pthread_mutex_unlock(&all->lock);
	return !stop;
}

static void *
run(void *arg)
{
	struct client *c = arg;

	while (may_go_on(c->all)) {
		struct timespec think = { 0, rng_between(&c->rng, 2, 20) * 1000000L };

		operate(c);
		nanosleep(&think, NULL);
	}
	api_reset();
	return NULL;
}

void
clients_start(struct clients *all, struct fleet *fl, struct history *h, uint64_t seed)
{
	int i;

	memset(all, 0, sizeof(*all));
	all->fleet = fl;
	all->history = h;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->changed, NULL);
	for (i = 0; i < AGENTS; i++)
		snprintf(all->agents[i], sizeof(all->agents[i]), "a%02d", i);
	for (i = 0; i < CLIENTS; i++) {
		all->client[i].all = all;
		all->client[i].number = i;
		all->client[i].rng.state = seed * 7919 + (uint64_t)i;
		if (pthread_create(&all->client[i].thread, NULL, run, &all->client[i]) != 0)
			abort();
	}
}

void
clients_pause(struct clients *all)
{
	pthread_mutex_lock(&all->lock);
	all->paused = true;
	while (all->waiting < CLIENTS)
		pthread_cond_wait(&all->changed, &all->lock);
	pthread_mutex_unlock(&all->lock);
}

void
clients_resume(struct clients *all)
{
	pthread_mutex_lock(&all->lock);
	all->paused = false;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
}

void
clients_stop(struct clients *all)
{
	int i;

	pthread_mutex_lock(&all->lock);
	all->stop = true;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
	for (i = 0; i < CLIENTS; i++)
		pthread_join(all->client[i].thread, NULL);
	pthread_mutex_destroy(&all->lock);
	pthread_cond_destroy(&all->changed);
}
