/*
 * Steps of a history. Invariant: the requests of a step are carried out in their order. Those that are
 * sent together are no more than the front-end takes into one call.
 */
#include "support/carry.h"

#include "redis/coalesce.h"
#include "support/oracle.h"
#include "support/rng.h"
#include "support/snapshot.h"

#define BATCH "/api/cluster/assignments/batch"

enum {
	BATCH_MOST = 36, /* items of a batch */
	ALL_MOST = 20,   /* of one that is all or nothing: as many who wait are placed after it */
};

/* How many changes Redis has made to any key since it started. */
static long long
changes(struct lane *l)
{
	static const char name[] = "rdb_changes_since_last_save:";
	const char *at = strstr(scripts_redis(l->scripts, "INFO persistence"), name);

	assert_non_null(at);
	return strtoll(at + strlen(name), NULL, 10);
}

/* Records the event that the reply to request `i` names. */
static void
tell(struct lane *l, int step, int i, const struct op *op, const char *index)
{
	struct told *t;

	if (index == NULL)
		return;
	assert_true(l->n_told < LANE_INDEXES_MAX);
	t = &l->told[l->n_told++];
	*t = (struct told){ .step = step, .op = i };
	snprintf(t->index, sizeof(t->index), "%s", index);
	snprintf(t->id, sizeof(t->id), "%s", op->id);
}

/* Keeps the answer to request `i`. */
static void
take(struct lane *l, int step, int i, const struct op *op, struct http_response *r)
{
	l->answer[i].status = r->status;
	l->answer[i].body = json_loads(r->body, JSON_REJECT_DUPLICATES, NULL);
	tell(l, step, i, op, http_response_header(r, "X-Cluster-Index"));
	http_response_fini(r);
}

/* The epoch that a release is to name: its agent's plus epoch_off; there is no agent: about 1. */
static long long
epoch_of(struct lane *l, const struct op *op)
{
	json_t *body = NULL;
	long long epoch = 1;

	if (api_try(l->musterd->port, "GET", op->path, NULL, &body) == 200)
		epoch = get_int(body, "epoch");
	return epoch + op->epoch_off;
}

/* True if the request, with this answer, must not have changed anything. */
static bool
is_idle(const struct op *op, const struct answer *a)
{
	return a->status >= 400 || strcmp(op->method, "GET") == 0 ||
	    (a->status == 200 && strstr(op->path, "/assignments") != NULL);
}

/*
 * The requests from `from` to before `to` were carried out: if none of them changes anything, nothing
 * may have been written. before: the number of changes before them.
 */
static void
check_idle(struct lane *l, const struct step *st, int from, int to, long long before)
{
	const struct op *op = &st->op[from];
	int i;

	for (i = from; i < to; i++)
		if (!st->op[i].left_out && !is_idle(&st->op[i], &l->answer[i]))
			return;
	if (changes(l) != before)
		buf_addf(&l->odd, "%s: a key was written by what changes nothing: %s %s %s%s\n",
		    lane_names[l->kind], op->method, op->path, op->body,
		    to - from > 1 ? " and what follows" : "");
}

/* headers: additional ones, each with its CRLF. */
static void
send_one(struct http_client *c, const struct op *op, const char *path, const char *headers)
{
	assert_true(http_client_send_str(c,
	    fmt("%s %s HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n%s"
	        "Content-Length: %zu\r\n\r\n%s",
	        op->method, path, headers, strlen(op->body), op->body)));
}

static void
single(struct lane *l, int step, const struct step *st, int i, const char *path)
{
	long long before = changes(l);
	struct http_response r;
	json_t *nodes = NULL;

	if (l->kind == LANE_SINGLE && st->kind == STEP_ASSIGN)
		nodes = api(l->musterd->port, 200, "GET", "/api/cluster/nodes", NULL);
	send_one(&l->http[0], &st->op[i], path, "");
	assert_true(http_client_read(&l->http[0], &r));
	take(l, step, i, &st->op[i], &r);
	check_idle(l, st, i, i + 1, before);
	if (nodes != NULL)
		oracle_assign(&l->odd, nodes, &st->op[i], &l->answer[i]);
}

/*
 * Sends a request twice with the same key: the second time, it gets the same answer and does
 * nothing.
 */
static void
keyed(struct lane *l, int step, const struct step *st, int i, const char *path)
{
	const char *key = fmt("Idempotency-Key: " KEY_PREFIX "%d-%d\r\n", step, i);
	const struct op *op = &st->op[i];
	struct http_response first, again;
	long long before;

	send_one(&l->http[0], op, path, key);
	assert_true(http_client_read(&l->http[0], &first));
	before = changes(l);
	send_one(&l->http[0], op, path, key);
	assert_true(http_client_read(&l->http[0], &again));
	if (again.status != first.status || strcmp(again.body, first.body) != 0)
		buf_addf(&l->odd, "%s: %s %s is answered %d %s, and then %d %s\n",
		    lane_names[l->kind], op->method, path, first.status, first.body, again.status,
		    again.body);
	if (changes(l) != before)
		buf_addf(&l->odd, "%s: %s %s is carried out twice\n", lane_names[l->kind],
		    op->method, path);
	http_response_fini(&again);
	take(l, step, i, op, &first);
}

/* The path of request `i`, with the epoch that it names. */
struct paths {
	char of[STEP_OPS_MAX][96];
};

static void
paths_make(struct paths *p, struct lane *l, const struct step *st, long long epochs[])
{
	int i;

	for (i = 0; i < st->n; i++) {
		const struct op *op = &st->op[i];

		if (op->by_epoch && !op->left_out) {
			epochs[i] = epoch_of(l, op);
			snprintf(p->of[i], sizeof(p->of[i]), "%s?epoch=%lld", op->path, epochs[i]);
		} else {
			snprintf(p->of[i], sizeof(p->of[i]), "%s", op->path);
		}
	}
}

/* Adds request `i` as an item of a batch. */
static void
add_item(struct buf *b, const struct step *st, int i, const long long epochs[])
{
	const struct op *op = &st->op[i];

	buf_add_str(b, buf_str(b)[b->len - 1] == '[' ? "" : ",");
	if (st->kind == STEP_RELEASE && op->by_epoch)
		buf_addf(b, "{\"agent_id\":\"%s\",\"epoch\":%lld}", op->id, epochs[i]);
	else if (st->kind == STEP_RELEASE || strchr(op->body, ',') == NULL)
		buf_addf(b, "\"%s\"", op->id);
	else
		buf_add_str(b, op->body);
}

/* True where the batch may be all or nothing: as single requests all of them were carried out. */
static bool
all_done(const struct step *st, int from, int to, const struct lane *reference)
{
	int i;

	for (i = from; i < to; i++) {
		const struct op *op = &st->op[i];

		if (!op->left_out &&
		    (reference->answer[i].status >= 300 || reference->answer[i].status == 202 ||
		        strstr(op->body, "\"queue\":true") != NULL))
			return false;
	}
	return to - from <= ALL_MOST;
}

/* Takes the results of a batch of the requests from `from` to before `to`. */
static void
take_results(
    struct lane *l, int step, const struct step *st, int from, int to, struct http_response *r)
{
	json_t *body = json_loads(r->body, JSON_REJECT_DUPLICATES, NULL);
	const char *index = http_response_header(r, "X-Cluster-Index");
	int i, n = 0, failed = 0, last = -1;

	for (i = from; i < to; i++) {
		json_t *result = json_find(body, fmt("results.%d", n)), *what;

		if (st->op[i].left_out)
			continue;
		n++;
		if (r->status != 200 || strcmp(get_str(result, "agent_id"), st->op[i].id) != 0) {
			buf_addf(&l->odd, "%s: request %d has no result in %d %s\n",
			    lane_names[l->kind], i, r->status, r->body);
			break;
		}
		l->answer[i].status = (int)get_int(result, "status");
		what = json_object_get(result, "assignment");
		if (what == NULL)
			what = json_object_get(result, "error");
		l->answer[i].body = json_incref(what);
		failed += l->answer[i].status >= 400;
		if (!is_idle(&st->op[i], &l->answer[i]))
			last = i;
	}
	if (json_integer_value(json_object_get(body, "failed")) != failed ||
	    json_integer_value(json_object_get(body, "count")) != n)
		buf_addf(&l->odd, "%s: %d of %d failed, not as in %s\n", lane_names[l->kind],
		    failed, n, r->body);
	if ((index != NULL) != (last >= 0))
		buf_addf(&l->odd, "%s: a batch names %s event\n", lane_names[l->kind],
		    index != NULL ? "an unknown" : "no");
	else if (index != NULL)
		tell(l, step, last, &st->op[last], index);
	json_decref(body);
	http_response_fini(r);
}

/* Sends the requests from `from` to before `to` in one batch. */
static void
batch(struct lane *l, int step, const struct step *st, int from, int to, const long long epochs[],
    bool all)
{
	const char *method = st->kind == STEP_RELEASE ? "DELETE" : "POST";
	long long before = changes(l);
	struct buf b = BUF_INIT;
	struct http_response r;
	int i;

	buf_add_str(&b, "{\"agents\":[");
	for (i = from; i < to; i++)
		if (!st->op[i].left_out)
			add_item(&b, st, i, epochs);
	buf_addf(&b, "]%s}", all ? ",\"all_or_nothing\":true" : "");
	assert_true(http_client_call(&l->http[0], method, BATCH, buf_str(&b), &r));
	buf_fini(&b);
	take_results(l, step, st, from, to, &r);
	check_idle(l, st, from, to, before);
}

/*
 * True where request `i` may be in one call with those from `from` on. A call places those who wait after
 * its releases, with more nodes to choose from than after each: while some wait, a release that succeeds
 * is the last one of its call. reference: how single requests were answered.
 */
static bool
may_join(const struct lane *l, const struct step *st, int from, int i, const struct lane *reference)
{
	int k;

	for (k = from; k < i; k++)
		if (!st->op[k].left_out && st->kind == STEP_RELEASE && l->waiting > 0 &&
		    reference->answer[k].status == 204)
			return false;
	return true;
}

/* The first request, at most `to`, that may not be in one call with those from `from` on. */
static int
end_of_call(
    const struct lane *l, const struct step *st, int from, int to, const struct lane *reference)
{
	int i = from + 1;

	while (i < to && (st->op[i].left_out || may_join(l, st, from, i, reference)))
		i++;
	return i;
}

/* Cuts the step into batches and single requests. */
static void
batches(struct lane *l, int step, const struct step *st, const struct paths *p,
    const long long epochs[], const struct lane *reference)
{
	struct rng rng = { st->cut };
	int from = 0, to, i, n;

	while (from < st->n) {
		to = from + rng_between(&rng, 1, rng_between(&rng, 1, BATCH_MOST));
		to = end_of_call(l, st, from, to < st->n ? to : st->n, reference);
		for (n = 0, i = from; i < to; i++)
			n += !st->op[i].left_out;
		for (i = from; i < to - 1 && st->op[i].left_out;)
			i++;
		if (n == 1 && rng_between(&rng, 0, 1) == 0) {
			single(l, step, st, i, p->of[i]);
		} else if (n > 0) {
			batch(l, step, st, from, to, epochs,
			    rng_between(&rng, 0, 2) == 0 && all_done(st, from, to, reference));
		}
		from = to;
	}
}

/* Sends these requests while the front-end is stopped, so that it finds them all at once. */
static void
together(struct lane *l, int step, const struct step *st, const int which[], int n,
    const struct paths *p)
{
	long long before = changes(l);
	int i;

	assert_true(process_freeze(l->musterd->pid));
	for (i = 0; i < n; i++)
		send_one(&l->http[i], &st->op[which[i]], p->of[which[i]], "");
	process_thaw(l->musterd->pid);
	for (i = 0; i < n; i++) {
		struct http_response r;

		assert_true(http_client_read(&l->http[i], &r));
		take(l, step, which[i], &st->op[which[i]], &r);
	}
	check_idle(l, st, which[0], which[n - 1] + 1, before);
	l->together += n > 1 ? n : 0;
}

/*
 * Sends the step, as many requests at once as one call takes: of two calls the second may overtake what
 * the first has left over. One that names a strategy goes alone, for the front-end does not put it into
 * a call with others.
 */
static void
coalesced(struct lane *l, int step, const struct step *st, const struct paths *p,
    const struct lane *reference)
{
	int which[LANE_CONNECTIONS], n = 0, i;

	_Static_assert((int)LANE_CONNECTIONS == (int)COALESCE_ITEMS_MAX, "a call's worth");
	for (i = 0; i < st->n; i++) {
		const struct op *op = &st->op[i];

		if (op->left_out)
			continue;
		if (n == LANE_CONNECTIONS ||
		    (n > 0 && (op->named || !may_join(l, st, which[0], i, reference)))) {
			together(l, step, st, which, n, p);
			n = 0;
		}
		if (op->named)
			single(l, step, st, i, p->of[i]);
		else
			which[n++] = i;
	}
	if (n > 0)
		together(l, step, st, which, n, p);
}

void
carry_step(struct lane *l, const struct scenario *sc, int i, const struct lane *reference)
{
	const struct step *st = &sc->step[i];
	long long epochs[STEP_OPS_MAX] = { 0 };
	struct paths p;
	int k;

	lane_forget(l);
	paths_make(&p, l, st, epochs);
	l->waiting = get_int(
	    api(l->musterd->port, 200, "GET", "/api/cluster/stats", NULL), "agents.pending");
	if (l->kind == LANE_BATCH && (st->kind == STEP_ASSIGN || st->kind == STEP_RELEASE)) {
		batches(l, i, st, &p, epochs, reference);
	} else if (l->kind == LANE_COALESCED && st->kind != STEP_OTHER && !st->apart) {
		coalesced(l, i, st, &p, reference);
	} else {
		for (k = 0; k < st->n; k++) {
			if (st->op[k].left_out)
				continue;
			if (l->kind == LANE_KEYED && strcmp(st->op[k].method, "POST") == 0)
				keyed(l, i, st, k, p.of[k]);
			else
				single(l, i, st, k, p.of[k]);
		}
	}
}
