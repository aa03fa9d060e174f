/*
 * A history leaves the same behind in whatever calls it is carried out: as single requests, with and
 * without an Idempotency-Key, as batches, and as coalesced requests. Every answer, every key in Redis
 * and every event is compared. Histories are random:
 *
 *   make test T=differential                         40 of them
 *   make test T=differential SEEDS=400 TIMEOUT=900   400 of them
 *   make test T=differential SEED=7                  the one of this seed
 *
 * A history that fails is cut down to the steps that it takes, and printed.
 *
 * Two things may differ. How events share entries of the stream, and so their ids: they are compared in
 * their order, as a client reads them. And the node that is drawn by lot: in a history that draws, all
 * nodes are alike, and only what does not follow from the draw is compared.
 */
#include "support/carry.h"
#include "support/event_log.h"
#include "support/lane.h"
#include "support/oracle.h"
#include "support/snapshot.h"

#include <stdio.h>
#include <unistd.h>

enum {
	SEEDS_DEFAULT = 40,
	HISTORY_MAX_S = 100, /* after this time, the whole test counts as hanging */
	SHORTEN_MS = 20000,  /* for cutting a failing history down */
	ALIKE = 16,          /* failures that begin alike count as the same */
};

#define BY_LOT "random" /* NULL, once its draws are the same in every lane */

static struct lane lanes[LANES];
static struct event_log logs[LANES];
static struct scenario scenario;
static json_t *balance; /* which holds the names of the strategies */
static const char *strategies[STRATEGIES_MAX];
static size_t n_strategies;

/* Compares two answers; where nodes are drawn by lot, only the status and a problem's code. */
static bool
answers_equal(const struct scenario *sc, const struct answer *a, const struct answer *b)
{
	const json_t *x = a->body, *y = b->body;

	if (a->status != b->status)
		return false;
	if (sc->by_lot) {
		x = json_find(x, "code");
		y = json_find(y, "code");
	}
	return x == y || json_equal(x, y);
}

static const char *
json_text(const json_t *v)
{
	char *text = json_dumps(v, JSON_SORT_KEYS | JSON_ENCODE_ANY);
	const char *copy = fmt("%s", text != NULL ? text : "");

	free(text);
	return copy;
}

static void
add_answer(struct buf *out, const struct lane *l, int i)
{
	buf_addf(out, "  %s: %d %s\n", lane_names[l->kind], l->answer[i].status,
	    json_text(l->answer[i].body));
}

static void
compare_answers(struct buf *out, const struct scenario *sc, int step, const struct lane *l)
{
	const struct step *st = &sc->step[step];
	int i;

	for (i = 0; i < st->n; i++) {
		const struct op *op = &st->op[i];

		if (op->left_out || answers_equal(sc, &lanes[0].answer[i], &l->answer[i]))
			continue;
		buf_addf(
		    out, "%s %s %s is answered in two ways:\n", op->method, op->path, op->body);
		add_answer(out, &lanes[0], i);
		add_answer(out, l, i);
	}
}

static void
compare_keys(struct buf *out, const char *single, struct lane *l)
{
	const char *keys = snapshot(l->scripts);

	if (strcmp(single, keys) == 0)
		return;
	buf_add_str(out, "the keys differ:\n");
	snapshot_difference(out, lane_names[0], single, lane_names[l->kind], keys);
}

/* True if heartbeats have expired up to this step. */
static bool
has_lapsed(const struct scenario *sc, int step)
{
	while (step >= 0 && (sc->step[step].kind != STEP_SWEEP || sc->step[step].left_out))
		step--;
	return step >= 0;
}

/* Carries out a step in all lanes. Adds to `out` what differs. */
static void
take_step(struct buf *out, const struct scenario *sc, int step)
{
	const char *single = NULL;
	int k;

	lanes_advance(sc->step[step].advance_ms);
	for (k = 0; k < LANES; k++) {
		if (sc->step[step].kind == STEP_SWEEP)
			lane_sweep(&lanes[k], &sc->step[step]);
		else
			carry_step(&lanes[k], sc, step, k > 0 ? &lanes[0] : NULL);
	}
	if (!sc->by_lot)
		single = snapshot(lanes[0].scripts);
	for (k = 1; k < LANES; k++) {
		compare_answers(out, sc, step, &lanes[k]);
		if (!sc->by_lot)
			compare_keys(out, single, &lanes[k]);
	}
	for (k = 0; k < LANES; k++) {
		lane_settle(&lanes[k], &sc->step[step], has_lapsed(sc, step));
		buf_add_str(out, buf_str(&lanes[k].odd));
		if (!sc->by_lot &&
		    strcmp(buf_str(&lanes[0].duties), buf_str(&lanes[k].duties)) != 0)
			buf_addf(out, "the duties answer otherwise:\n  %s: %s  %s: %s",
			    lane_names[0], buf_str(&lanes[0].duties), lane_names[k],
			    buf_str(&lanes[k].duties));
	}
}

/* Compares what a GET answers, page by page. */
static void
compare_reads(struct buf *out, const char *path)
{
	const char *next[LANES];
	json_t *page[LANES];
	int k;

	for (k = 0; k < LANES; k++)
		next[k] = "";
	do {
		for (k = 0; k < LANES; k++) {
			page[k] = api(
			    lanes[k].musterd->port, 200, "GET", fmt("%s%s", path, next[k]), NULL);
			next[k] = json_string_value(json_object_get(page[k], "next_cursor"));
			next[k] = next[k] != NULL ? fmt("&cursor=%s", next[k]) : NULL;
			if (!json_equal(page[0], page[k]))
				buf_addf(out,
				    "GET %s is answered in two ways:\n  %s: %s\n  %s: %s\n", path,
				    lane_names[0], json_text(page[0]), lane_names[k],
				    json_text(page[k]));
		}
	} while (next[0] != NULL && out->len == 0);
}

/* The front-end's own check of the whole state finds nothing. */
static void
check_state(struct buf *out, struct lane *l)
{
	const char *next = "";
	json_t *page;

	do {
		page = api(
		    l->musterd->port, 200, "GET", fmt("/api/cluster/check?limit=50%s", next), NULL);
		if (json_array_size(json_object_get(page, "violations")) > 0)
			buf_addf(
			    out, "%s: the check finds: %s\n", lane_names[l->kind], json_text(page));
		next = json_string_value(json_object_get(page, "next_cursor"));
		next = next != NULL ? fmt("&cursor=%s", next) : NULL;
	} while (next != NULL);
}

/* Carries out the steps that are not left out. Returns the step at which the lanes differ, or -1. */
static int
run(struct buf *out, const struct scenario *sc)
{
	int i, k;

	alarm(HISTORY_MAX_S);
	lanes_advance(1000);
	for (k = 0; k < LANES; k++)
		lane_reset(&lanes[k]);
	for (i = 0; i < sc->n; i++)
		if (!sc->step[i].left_out) {
			take_step(out, sc, i);
			if (out->len > 0)
				return i;
		}
	for (k = 0; k < LANES; k++) {
		check_state(out, &lanes[k]);
		if (!has_lapsed(sc, sc->n - 1))
			oracle_stats(out,
			    api(lanes[k].musterd->port, 200, "GET", "/api/cluster/nodes", NULL),
			    api(lanes[k].musterd->port, 200, "GET", "/api/cluster/stats", NULL));
		event_log_read(&logs[k], &lanes[k]);
	}
	for (k = 0; k < LANES; k++)
		event_log_compare(out, sc, &logs[0], &lanes[0], &logs[k], &lanes[k]);
	if (!sc->by_lot) {
		compare_reads(out, "/api/cluster/assignments?limit=7");
		compare_reads(out, "/api/cluster/nodes?limit=7");
		compare_reads(out, "/api/cluster/stats?");
	}
	return out->len > 0 ? sc->n - 1 : -1;
}

/* True where what is left of the history fails in about the same way. */
static bool
fails(const struct scenario *sc, const char *how)
{
	struct buf out = BUF_INIT;
	bool same = run(&out, sc) >= 0 && strncmp(buf_str(&out), how, ALIKE) == 0;

	buf_fini(&out);
	return same;
}

/* Leaves out the steps that the failure does not need; while there is time. */
static void
drop_steps(struct scenario *sc, int last, const char *how, long deadline)
{
	int i;

	for (i = last; i > 0 && now_ms() < deadline; i--)
		if (!sc->step[i].left_out) {
			sc->step[i].left_out = true;
			sc->step[i].left_out = fails(sc, how);
		}
}

/* Like drop_steps, for single requests. */
static void
drop_requests(struct scenario *sc, int last, const char *how, long deadline)
{
	int i, k;

	for (i = last; i > 0; i--)
		for (k = 0; !sc->step[i].left_out && k < sc->step[i].n && now_ms() < deadline;
		     k++) {
			sc->step[i].op[k].left_out = true;
			sc->step[i].op[k].left_out = fails(sc, how);
		}
}

/* Cuts the history down. Its first step stays, which gives the cluster its strategies. */
static void
shorten(struct scenario *sc, int last, const char *how)
{
	long deadline = now_ms() + SHORTEN_MS;
	int i;

	for (i = last + 1; i < sc->n; i++)
		sc->step[i].left_out = true;
	drop_steps(sc, last, how, deadline);
	drop_requests(sc, last, how, deadline);
	drop_steps(sc, last, how, deadline);
}

static void
print_history(const struct scenario *sc)
{
	char text[16384];
	int i;

	for (i = 0; i < sc->n; i++) {
		const struct step *st = &sc->step[i];

		if (st->left_out)
			continue;
		step_print(st, text, sizeof(text));
		fprintf(stderr, "  step %d, %lld ms later:\n%s", i, (long long)st->advance_ms,
		    st->kind != STEP_SWEEP ? text
		        : st->grace_ms < 0 ? "    heartbeats lapse\n"
		                           : "    heartbeats lapse, and the leader sees it\n");
	}
}

static void
check_seed(uint64_t seed)
{
	struct buf out = BUF_INIT;
	int step;

	scenario_make(&scenario, seed, strategies, n_strategies, BY_LOT);
	step = run(&out, &scenario);
	if (step < 0) {
		buf_fini(&out);
		return;
	}
	fprintf(stderr, "SEED=%llu fails at step %d of %d:\n%.6000s\n", (unsigned long long)seed,
	    step, scenario.n, buf_str(&out));
	shorten(&scenario, step, buf_str(&out));
	buf_reset(&out);
	fprintf(stderr, "%s\n", "It takes no more than this:");
	print_history(&scenario);
	run(&out, &scenario);
	fprintf(stderr, "\nwhich ends so:\n%.6000s\n", buf_str(&out));
	buf_fini(&out);
	fail();
}

/* The strategies are those that the API lists. */
static void
find_strategies(void)
{
	balance =
	    json_incref(api(lanes[0].musterd->port, 200, "GET", "/api/cluster/balance", NULL));

	n_strategies = json_array_size(json_object_get(balance, "strategies"));
	assert_in_range(n_strategies, 2, STRATEGIES_MAX);
	for (size_t i = 0; i < n_strategies; i++)
		strategies[i] = get_str(balance, fmt("strategies.%zu", i));
}

static uint64_t
setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

/* Requests sent together went to Redis together, and no others did. */
static void
check_coalesced(void)
{
	long n;
	int k;

	for (k = 0; k < LANES; k++) {
		n = lane_metric(&lanes[k], "muster_redis_operations_coalesced_total");
		if (k == LANE_COALESCED)
			assert_true(n >= lanes[k].together * 9 / 10);
		else
			assert_int_equal(n, 0);
	}
}

static void
a_history_leaves_the_same_in_whatever_calls_it_is_carried_out(void **state)
{
	uint64_t first = setting("SEED", 1), seed;
	uint64_t n = setting("SEEDS", getenv("SEED") != NULL ? 1 : SEEDS_DEFAULT);
	int k;

	(void)state;
	for (k = 0; k < LANES; k++)
		lane_start(&lanes[k], (enum lane_kind)k);
	find_strategies();
	for (seed = first; seed < first + n; seed++)
		check_seed(seed);
	check_coalesced();
	for (k = 0; k < LANES; k++)
		lane_end(&lanes[k]);
	json_decref(balance);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_history_leaves_the_same_in_whatever_calls_it_is_carried_out),
	};

	return test_program(tests);
}
