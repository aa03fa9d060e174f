/*
 * Every answer to a request with requirements is the one that the contract names: which node is chosen, or
 * how many nodes were ruled out for which reason. Random histories on a private redis-server are compared
 * with a model that looks at every node (support/requirements_oracle.h). Every now and then each node's
 * record is compared as well, and the check of the whole state must find nothing.
 *
 *   make test T=requirements_oracle                                             small histories
 *   make test T=requirements_oracle NODES=1000 OPS=50000 SEEDS=1 TIMEOUT=3600   a large one
 *   make test T=requirements_oracle SEED=7                                      the one of this seed
 *
 * The first difference ends the test. In a history of few nodes, all steps up to it are printed.
 */
#include "support/requirements_maker.h"
#include "support/scripts.h"

#include <stdio.h>
#include <unistd.h>

enum {
	SEEDS_DEFAULT = 60,
	SMALL_NODES = 6,
	SMALL_OPS = 80,
	LARGE_NODES = 60,
	LARGE_OPS = 1200,
	LARGE_EVERY = 20, /* one seed of so many has a large history */
	LINES_MAX = 5,    /* requests in a call */
	CHECK_EVERY = 250,
	TOLD_NODES_MAX = 12 /* with more nodes, the steps are not printed */
};

struct request {
	int agent;
	struct wants wants;
	int strategy; /* -1: the cluster's */
};

struct history {
	struct scripts *s;
	struct oracle o;
	struct rng rng;
	uint64_t seed;
	int n_ops, op, n_agents;
	enum oracle_strategy strategy; /* the cluster's */
	char term[32];
	struct buf told; /* what was done so far */
};

static struct history history;
static struct verdict verdict;

static bool
chance(struct history *h, int percent)
{
	return rng_between(&h->rng, 1, 100) <= percent;
}

static int
between(struct history *h, int least, int most)
{
	return rng_between(&h->rng, least, most);
}

/* Fails the test: `got` is not what the model says. */
static void
differ(struct history *h, const char *what, const char *expected, const char *got)
{
	fprintf(stderr, "%s", h->o.n_nodes <= TOLD_NODES_MAX ? buf_str(&h->told) : "");
	fprintf(stderr,
	    "SEED=%llu NODES=%d OPS=%d, step %d: %s\n  expected: %s\n  got:      %s\n",
	    (unsigned long long)h->seed, h->o.n_nodes, h->n_ops, h->op, what, expected, got);
	fail();
}

/* Notes a step, for the case that the test fails. */
static void
tell(struct history *h, const char *text)
{
	if (h->o.n_nodes <= TOLD_NODES_MAX)
		buf_addf(&h->told, "%d: %s\n", h->op, text);
}

/* How a node is, for people. */
static const char *
describe(struct history *h, int node)
{
	const struct oracle_node *n = &h->o.node[node];
	struct buf b = BUF_INIT;
	const char *text;
	int g;

	buf_addf(&b, "%s %s%s%s%s%s %d/%d weight %d chosen %llu usage %d,%d services ", n->id,
	    role_names[n->role], n->offline ? " offline" : "", n->unhealthy ? " unhealthy" : "",
	    n->suspect ? " suspect" : "", n->draining ? " draining" : "", n->active_agents,
	    n->max_agents, n->weight, (unsigned long long)n->chosen, n->cpu_usage, n->memory_usage);
	add_services(&b, n->services);
	buf_add_str(&b, " labels ");
	add_labels(&b, n);
	buf_addf(&b, " zone %s resources ", zone_name(n->zone));
	add_amounts(&b, n->resource);
	buf_add_str(&b, " allocated ");
	add_amounts(&b, n->allocated);
	for (g = 1; g <= ORACLE_GROUPS; g++)
		if (n->in_group[g] > 0)
			buf_addf(&b, " g%d:%d", g, n->in_group[g]);
	text = fmt("%s", buf_str(&b));
	buf_fini(&b);
	return text;
}

static int
node_of(const struct oracle *o, const char *id)
{
	int i;

	for (i = 0; i < o->n_nodes; i++)
		if (strcmp(o->node[i].id, id) == 0)
			return i;
	return -1;
}

/* Nodes. */

static void
register_node(struct history *h, int i)
{
	struct oracle_node *n = &h->o.node[i];
	struct buf services = BUF_INIT, labels = BUF_INIT, resources = BUF_INIT;
	const char *reply;

	add_services(&services, n->services);
	add_labels(&labels, n);
	add_amounts(&resources, n->resource);
	reply = call(h->s, NODE_REGISTER, n->id, "h", "10.0.0.1", "80", role_names[n->role],
	    fmt("%d", n->max_agents), buf_str(&services), buf_str(&labels), zone_name(n->zone),
	    fmt("%d", n->weight), buf_str(&resources), BEATS);
	if (strncmp(reply, "created|", 8) != 0 && strncmp(reply, "exists|", 7) != 0)
		differ(h, fmt("%s registers", n->id), "a row", reply);
	n->unhealthy = n->suspect = n->offline = false;
	tell(h, fmt("register %s", describe(h, i)));
	buf_fini(&services);
	buf_fini(&labels);
	buf_fini(&resources);
}

/* Sends a heartbeat; "" for what stays. It ends that the node is suspect. */
static void
beat(struct history *h, int i, const char *cpu, const char *memory, const char *healthy,
    const char *status)
{
	struct oracle_node *n = &h->o.node[i];
	const char *reply = call(h->s, NODE_HEARTBEAT, n->id, cpu, memory, "", "", healthy, status,
	    "", "", "", BEATS);

	if (strncmp(reply, "ok|", 3) != 0)
		differ(h, fmt("%s sends a heartbeat", n->id), "ok", reply);
	n->suspect = n->offline = false;
	tell(h, fmt("beat %s", describe(h, i)));
}

/* Lets the node's heartbeat expire, and the leader see it. */
static void
lose(struct history *h, int i, const char *grace_ms)
{
	lapse(h->s, h->o.node[i].id);
	like(expire(h->s, h->term, grace_ms, "100"), "ok||*");
	tell(h, fmt("lose %s", describe(h, i)));
}

static void
change_node(struct history *h)
{
	int i = between(h, 0, h->o.n_nodes - 1);
	struct oracle_node *n = &h->o.node[i];

	switch (between(h, 0, 5)) {
	case 0:
		make_profile(&h->o, i, &h->rng);
		register_node(h, i);
		break;
	case 1:
		n->cpu_usage = between(h, 0, 100);
		n->memory_usage = between(h, 0, 100);
		beat(h, i, fmt("%d", n->cpu_usage), fmt("%d", n->memory_usage), "", "");
		break;
	case 2:
		n->unhealthy = !n->unhealthy && chance(h, 40);
		beat(h, i, "", "", n->unhealthy ? "0" : "1", "");
		break;
	case 3:
		n->draining = !n->draining && chance(h, 40);
		beat(h, i, "", "", "", n->draining ? "draining" : "online");
		break;
	case 4:
		if (!n->suspect && !n->offline && chance(h, 40)) {
			n->suspect = true;
			lose(h, i, HOUR);
		}
		break;
	default:
		if (!n->offline)
			beat(h, i, "", "", "", "");
	}
}

/* Requests. */

static const char *
requirements_of(struct history *h, const struct wants *w)
{
	struct buf b = BUF_INIT;
	const char *text;

	add_services(&b, w->services);
	buf_add_str(&b, " ");
	add_requirements(&b, &h->o, w);
	text = fmt("%s", buf_str(&b));
	buf_fini(&b);
	return text;
}

/* Adds a request's line. options: the first part of its terms. */
static void
add_line(struct buf *b, struct history *h, const struct request *r, const char *options)
{
	struct buf words = BUF_INIT;

	buf_addf(b, "a%d\t", r->agent);
	add_services(b, r->wants.services);
	buf_addf(b, "\t%s\t\t%s", r->strategy < 0 ? "" : oracle_strategies[r->strategy], options);
	add_requirements(&words, &h->o, &r->wants);
	if (words.len > 0)
		buf_addf(b, "|%s", buf_str(&words));
	buf_add_str(b, "\n");
	buf_fini(&words);
}

/* The verdict's reasons as in a refusal, in the order of the contract. */
static const char *
reasons_text(const int *reasons)
{
	const char *text = "NO_CAPACITY";
	int k;

	for (k = 0; k < WHY_COUNT; k++)
		if (reasons[k] > 0)
			text = fmt("%s %s=%d", text, oracle_reasons[k], reasons[k]);
	return text;
}

/* True where the refusal has exactly these reasons, in any order. */
static bool
reasons_are(const char *refusal, const int *reasons)
{
	size_t length = 0;
	int k;

	for (k = 0; k < WHY_COUNT; k++)
		if (reasons[k] > 0) {
			const char *word = fmt(" %s=%d ", oracle_reasons[k], reasons[k]);

			if (strstr(fmt("%s ", refusal), word) == NULL)
				return false;
			length += strlen(word) - 1;
		}
	return strlen("NO_CAPACITY") + length == strlen(refusal);
}

/* The request and the nodes in question, for people. */
static const char *
describe_request(struct history *h, const struct request *r, int expected, int got)
{
	struct buf line = BUF_INIT;
	const char *text;

	add_line(&line, h, r, "");
	text = fmt("%s  cluster's strategy: %s\n  expected node: %s\n  node got: %s",
	    buf_str(&line), oracle_strategies[h->strategy],
	    expected < 0 ? "none" : describe(h, expected), got < 0 ? "none" : describe(h, got));
	buf_fini(&line);
	return text;
}

/* Compares the answer to a request of an agent that stands already. */
static void
check_standing(struct history *h, const struct request *r, const char *item)
{
	const struct oracle_agent *a = &h->o.agent[r->agent];
	const char *node = h->o.node[a->node].id;
	const char *expected = fmt("exists||a%d|%s|assigned|", r->agent, node);

	if (strcmp(requirements_of(h, &a->wants), requirements_of(h, &r->wants)) != 0)
		expected = "failed||ASSIGNMENT_CONFLICT ";
	if (strncmp(item, expected, strlen(expected)) != 0)
		differ(h,
		    fmt("%s  it has: %s", describe_request(h, r, a->node, -1),
		        requirements_of(h, &a->wants)),
		    expected, item);
}

/* Compares the answer to a request of a new agent. Returns its node, -1 where it was refused. */
static int
check_answer(struct history *h, const struct request *r, const char *item, const char *outcome)
{
	enum oracle_strategy strategy = r->strategy < 0 ? h->strategy : (enum oracle_strategy)r->strategy;
	bool by_lot = strategy == BY_RANDOM;
	int got = -1;

	oracle_judge(&h->o, &r->wants, strategy, &verdict);
	if (strncmp(item, outcome, strlen(outcome)) == 0)
		got = node_of(&h->o, part(item, 3));
	if (verdict.node < 0) {
		if (strncmp(item, "failed||", 8) != 0 || !reasons_are(item + 8, verdict.reasons))
			differ(h, describe_request(h, r, -1, got), reasons_text(verdict.reasons),
			    item);
	} else if (got < 0 ||
	    (by_lot ? verdict.tier[got] != verdict.tier[verdict.node] : got != verdict.node)) {
		differ(h, describe_request(h, r, verdict.node, got), h->o.node[verdict.node].id,
		    item);
	}
	return got;
}

static void
make_request(struct history *h, struct request *r)
{
	r->agent = between(h, 0, h->n_agents - 1);
	r->strategy = chance(h, 50) ? -1 : between(h, 0, BY_COUNT - 1);
	if (h->o.agent[r->agent].node >= 0 && chance(h, 70))
		r->wants = h->o.agent[r->agent].wants;
	else
		make_wants(&h->o, &r->wants, &h->rng);
}

/* Sends the lines. Returns the reply, once it is no longer "more". */
static const char *
send_lines(struct history *h, enum script_id id, const char *lines)
{
	const char *reply;

	tell(h, lines);
	do
		reply = scripts_call(h->s, id, (const char *[]){ lines, "0", NULL });
	while (strcmp(reply, "more") == 0);
	if (strncmp(reply, "ok|", 3) != 0)
		differ(h, lines, "ok", reply);
	return reply;
}

/* The next item of a reply, without its brackets; NULL for none. Moves *at past it. */
static const char *
next_item(const char **at)
{
	const char *begin = strchr(*at, '<'), *end = begin != NULL ? strchr(begin, '>') : NULL;

	if (end == NULL)
		return NULL;
	*at = end;
	return fmt("%.*s", (int)(end - begin - 1), begin + 1);
}

/* Sends requests as one call, and those that it leaves out by further ones. */
static void
assign(struct history *h, struct request *r, int n)
{
	int done = 0, node, i;

	while (done < n) {
		struct buf lines = BUF_INIT;
		const char *reply, *item;
		int before = done;

		for (i = done; i < n; i++)
			add_line(&lines, h, &r[i], "");
		reply = send_lines(h, SCRIPT_AGENT_ASSIGN, buf_str(&lines));
		buf_fini(&lines);
		while ((item = next_item(&reply)) != NULL) {
			if (h->o.agent[r[done].agent].node >= 0) {
				check_standing(h, &r[done], item);
			} else {
				node = check_answer(h, &r[done], item, "created|");
				if (node >= 0)
					oracle_place(
					    &h->o, r[done].agent, &r[done].wants, node);
			}
			done++;
		}
		if (done == before)
			differ(h, "a reply to requests", "an item", reply);
	}
}

static void
release(struct history *h, int n)
{
	int agent[LINES_MAX], i;
	struct buf lines = BUF_INIT;
	const char *reply, *item;

	for (i = 0; i < n; i++) {
		agent[i] = between(h, 0, h->n_agents - 1);
		buf_addf(&lines, "a%d\t\n", agent[i]);
	}
	reply = send_lines(h, SCRIPT_AGENT_RELEASE, buf_str(&lines));
	for (i = 0; i < n; i++) {
		bool stands = h->o.agent[agent[i]].node >= 0;

		item = next_item(&reply);
		if (item == NULL || strncmp(item, stands ? "deleted" : "failed|", 7) != 0)
			differ(h, buf_str(&lines), stands ? "deleted" : "failed", item);
		if (stands)
			oracle_release(&h->o, agent[i]);
	}
	buf_fini(&lines);
}

/* Whole checks. */

static void
check_node(struct history *h, int i)
{
	const struct oracle_node *n = &h->o.node[i];
	const char *row = call(h->s, NODE_GET, n->id);
	struct buf b = BUF_INIT;

	row = strchr(strchr(row, '|') + 1, '|') + 1; /* after the outcome and the event */
	add_amounts(&b, n->allocated);
	buf_addf(&b, " %d", n->active_agents);
	if (strcmp(fmt("%s %s", part(row, NODE_ROW_ALLOCATED), part(row, NODE_ROW_ACTIVE_AGENTS)),
	        buf_str(&b)) != 0)
		differ(h, fmt("the record of %s", n->id), buf_str(&b), row);
	buf_fini(&b);
}

static void
check_all(struct history *h)
{
	char cursor[256] = "";
	const char *reply;
	int i;

	for (i = 0; i < h->o.n_nodes; i++)
		check_node(h, i);
	do {
		reply = call(h->s, STATE_CHECK, "50", cursor);
		if (strncmp(reply, "ok||", 4) != 0 || strchr(reply, '<') != NULL)
			differ(h, "the check of the whole state", "no violation", reply);
		snprintf(cursor, sizeof(cursor), "%s", part(reply, 2));
	} while (*cursor != '\0');
}

static void
change_strategy(struct history *h)
{
	h->strategy = (enum oracle_strategy)between(h, 0, BY_COUNT - 1);
	while (strcmp(call(h->s, BALANCE_SET, oracle_strategies[h->strategy]), "more") == 0)
		continue;
	tell(h, oracle_strategies[h->strategy]);
}

static void
take_step(struct history *h)
{
	struct request r[LINES_MAX];
	/* The cluster fills and empties by turns. */
	int assigns = h->op * 6 / h->n_ops % 2 == 0 ? 75 : 35;
	int n = chance(h, 70) ? 1 : between(h, 2, LINES_MAX), i;

	if (chance(h, 1)) {
		change_strategy(h);
	} else if (chance(h, 8)) {
		change_node(h);
	} else if (chance(h, assigns)) {
		for (i = 0; i < n; i++)
			make_request(h, &r[i]);
		assign(h, r, n);
	} else {
		release(h, n);
	}
}

/* Registers all nodes. One of them is offline from the beginning on. */
static void
begin(struct history *h, int n_nodes)
{
	int i;

	scripts_redis(h->s, "FLUSHDB");
	oracle_reset(&h->o);
	buf_reset(&h->told);
	elect(h->s, h->term);
	h->o.n_nodes = n_nodes;
	h->n_agents = n_nodes * 12;
	h->strategy = BY_LEAST_LOADED;
	for (i = 0; i < n_nodes; i++) {
		make_profile(&h->o, i, &h->rng);
		register_node(h, i);
	}
	i = between(h, 0, n_nodes - 1);
	lose(h, i, HOUR);
	like(expire(h->s, h->term, "0", "100"), "ok||*");
	h->o.node[i].offline = true;
}

static uint64_t
setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static void
check_seed(struct history *h, uint64_t seed)
{
	bool large = seed % LARGE_EVERY == 0;
	int n_nodes = (int)setting("NODES", large ? LARGE_NODES : SMALL_NODES);

	h->seed = h->rng.state = seed;
	h->n_ops = (int)setting("OPS", large ? LARGE_OPS : SMALL_OPS);
	assert_in_range(n_nodes, 1, ORACLE_NODES_MAX);
	alarm(60 + (unsigned)h->n_ops / 20);
	begin(h, n_nodes);
	for (h->op = 0; h->op < h->n_ops; h->op++) {
		take_step(h);
		if (h->op % CHECK_EVERY == CHECK_EVERY - 1)
			check_all(h);
	}
	check_all(h);
}

static void
every_answer_is_the_one_that_the_contract_names(void **state)
{
	uint64_t first = setting("SEED", 1), seed;
	uint64_t n = setting("SEEDS", getenv("SEED") != NULL ? 1 : SEEDS_DEFAULT);

	history.s = *state;
	for (seed = first; seed < first + n; seed++)
		check_seed(&history, seed);
	buf_fini(&history.told);
}

int
main(void)
{
	const struct CMUnitTest requirements_oracle[] = {
		scripts_test(every_answer_is_the_one_that_the_contract_names),
	};

	return test_program(requirements_oracle);
}
