/* The clients. Invariant: while `waiting` equals CLIENTS, no operation is in progress. */
#include "chaos/clients.h"

#include "chaos/wants.h"
#include "base/choices.h"
#include "base/error.h"
#include "support/api.h"
#include "support/http_client.h"

#include "scripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASSIGNMENTS "/api/cluster/assignments"

enum { NOT_SENT = -1, TRIES = 4 };

/* What a status means for each operation. With any other status, the outcome is unknown. */
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

	/* The request was refused before anything was done. Only with a 504 may it have been
	 * carried out. */
	if (status == NOT_SENT || status == 503 || status == 429)
		return OUT_NONE;
	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].kind == kind && meanings[i].status == status)
			return meanings[i].outcome;
	return OUT_UNKNOWN;
}

/* Records the answer in the history. `body` may be NULL. */
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

/* Picks any front-end. Picks those that are being disturbed less often, so that not all clients
 * wait for them. */
static struct daemon *
some_daemon(struct client *c)
{
	struct daemon *all = c->all->fleet->daemon, *d = &all[rng_between(&c->rng, 0, DAEMONS - 1)];

	if (atomic_load(&d->disturbed) % 2 != 0 && rng_between(&c->rng, 0, 3) > 0)
		d = &all[rng_between(&c->rng, 0, DAEMONS - 1)];
	return d;
}

/* A request and its answer. */
struct call {
	const char *method, *path;
	const char *text; /* the body; NULL for none */
	const char *key;  /* an Idempotency-Key; NULL for none */
	int status;       /* 0: no answer; NOT_SENT: it was not sent */
	bool local;
	json_t *body; /* the body of the answer; NULL for none */
};

static bool
exchange(struct http_client *h, const struct call *call, struct http_response *r)
{
	const char *key = call->key != NULL ? fmt("Idempotency-Key: %s\r\n", call->key) : "";
	const char *text = call->text != NULL ? call->text : "";

	return http_client_send_str(h,
	           fmt("%s %s HTTP/1.1\r\nHost: chaos\r\n%sContent-Type: application/json\r\n"
	               "Content-Length: %zu\r\n\r\n%s",
	               call->method, call->path, key, strlen(text), text)) &&
	    http_client_read(h, r);
}

/* Sends the request once. The daemon may answer late if it was disturbed at the start or the
 * end. */
static void
send_once(struct client *c, struct call *call)
{
	struct daemon *d = some_daemon(c);
	unsigned before = atomic_load(&d->disturbed);
	int64_t since = history_now();
	struct http_response r = { 0 };
	struct http_client h;
	const char *durability;

	call->status = NOT_SENT;
	if (http_client_open(&h, "127.0.0.1", d->port)) {
		h.timeout_ms = LATE_MS;
		call->status = exchange(&h, call, &r) ? r.status : 0;
	}
	http_client_close(&h);
	json_decref(call->body);
	call->body = r.body_len > 0 ? json_loadb(r.body, r.body_len, 0, NULL) : NULL;
	durability = http_response_header(&r, "X-Cluster-Durability");
	call->local = durability != NULL && strcmp(durability, "local") == 0;
	http_response_fini(&r);
	if (call->status >= 0)
		atomic_fetch_add(&c->all->status[call->status < 600 ? call->status : 0], 1);
	if (call->status == 0 && history_now() - since >= LATE_MS * 1000 && before % 2 == 0 &&
	    atomic_load(&d->disturbed) == before)
		atomic_fetch_add(&c->all->late, 1);
}

/*
 * Makes a call and records it. A call with a key is repeated, to any front-end, until its outcome
 * is known. All copies are one operation, whichever arrives first.
 */
static void
make_call(struct client *c, enum op_kind kind, int agent, int64_t asked, struct call *call)
{
	size_t number = history_call(c->all->history, c->number, kind,
	    kind == OP_LEADER ? "" : c->all->agents[agent], asked);
	bool open = false; /* an earlier copy may still take effect */
	int tries = call->key != NULL ? TRIES : 1;

	do {
		send_once(c, call);
		open = open || call->status == 0 || call->status == 504 || call->status == 500;
	} while (--tries > 0 && (open || call->status == 503 || call->status == 429) &&
	    meaning(kind, call->status) < OUT_CREATED);
	if (call->local)
		history_local(c->all->history, number);
	/* A refusal is not stored under the key, so an earlier copy may still succeed. */
	if (open && (meaning(kind, call->status) == OUT_NONE || call->status == 409))
		call->status = 0;
	note(c, number, kind, agent, call->status, call->body);
	json_decref(call->body);
}

static void
assign(struct client *c, int agent)
{
	static const char *const strategies[] = { STRATEGY_LIST };
	struct call call = { .method = "POST", .path = ASSIGNMENTS };

	call.text = fmt("{\"agent_id\":\"%s\",\"services\":[%s],\"strategy\":\"%s\",\"queue\":%s,"
	                "\"priority\":%d%s}",
	    c->all->agents[agent], agent % 8 == 0 ? "\"gpu\"" : "",
	    strategies[rng_between(&c->rng, 0, STRATEGY_COUNT - 1)],
	    rng_between(&c->rng, 0, 2) == 0 ? "true" : "false", rng_between(&c->rng, 0, 2),
	    wants_json(agent));
	if (rng_between(&c->rng, 0, 1) == 0)
		call.key = fmt("c%d-%lu", c->number, ++c->keys);
	make_call(c, OP_ASSIGN, agent, 0, &call);
}

static void
release(struct client *c, int agent)
{
	int64_t asked = rng_between(&c->rng, 0, 1) == 0 ? c->epoch[agent] : 0;
	struct call call = { .method = "DELETE" };

	call.path = fmt("%s/%s", ASSIGNMENTS, c->all->agents[agent]);
	if (asked != 0)
		call.path = fmt("%s?epoch=%lld", call.path, (long long)asked);
	make_call(c, OP_RELEASE, agent, asked, &call);
}

static void
look(struct client *c, enum op_kind kind, int agent, const char *path)
{
	struct call call = { .method = "GET", .path = path };

	make_call(c, kind, agent, 0, &call);
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
		look(c, OP_GET, agent, fmt("%s/%s", ASSIGNMENTS, c->all->agents[agent]));
	else
		look(c, OP_LEADER, agent, "/api/cluster/leader");
}

/* Waits while the clients are paused. Returns false at the end of the run. */
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
