/* Requests of a history. */
#include "support/requirements_requests.h"

#include "support/api.h"

#include <jansson.h>
#include <stdio.h>

enum {
	CALLS_MAX = 1000,
	WAITING_MAX = 32,
	SMALL = 100 /* nodes; of more, a digest of all keys takes too long */
};

struct request {
	int agent, strategy; /* as in oracle_agent */
	struct wants wants;
	bool queue;
	int priority;
};

static const char *
requirements_of(const struct history *h, const struct wants *w)
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

/* Adds a request's line. options: further ones of its terms. */
static void
add_line(struct buf *b, const struct history *h, const struct request *r, const char *options)
{
	struct buf words = BUF_INIT;

	buf_addf(b, "a%d\t", r->agent);
	add_services(b, r->wants.services);
	buf_addf(b, "\t%s\t\t", r->strategy < 0 ? "" : oracle_strategies[r->strategy]);
	if (r->queue)
		buf_addf(&words, " queue");
	if (r->priority > 0)
		buf_addf(&words, " priority:%d", r->priority);
	buf_addf(&words, "%s", options);
	if (words.len > 0)
		buf_add_str(b, buf_str(&words) + 1);
	buf_reset(&words);
	add_requirements(&words, &h->o, &r->wants);
	if (words.len > 0)
		buf_addf(b, "|%s", buf_str(&words));
	buf_add_str(b, "\n");
	buf_fini(&words);
}

/* Fails the test: the request was answered otherwise. The nodes are those expected and got. */
static void
differ(struct history *h, const struct request *r, int node, int got, const char *expected,
    const char *answer)
{
	struct buf line = BUF_INIT;

	add_line(&line, h, r, "");
	history_differ(h,
	    fmt("%s  cluster's strategy: %s\n  expected node: %s\n  node got: %s", buf_str(&line),
	        oracle_strategies[h->o.strategy], history_node(h, node), history_node(h, got)),
	    expected, answer);
}

/* How many wait for exactly this. */
static int
count_rivals(const struct history *h, const struct wants *w)
{
	char wanted[1024];
	int i, n = 0;

	snprintf(wanted, sizeof(wanted), "%s", requirements_of(h, w));
	for (i = 0; i < h->o.n_waiting; i++)
		n += strcmp(requirements_of(h, &h->o.agent[h->o.waiting[i]].wants), wanted) == 0;
	return n;
}

/* True where it wants more than services. */
static bool
has_requirements(const struct history *h, const struct wants *w)
{
	struct buf b = BUF_INIT;
	bool has;

	add_requirements(&b, &h->o, w);
	has = b.len > 0;
	buf_fini(&b);
	return has;
}

/* The text of the verdict's refusal, with its reasons in the order of the contract. */
static const char *
refusal_of(const struct history *h, const struct wants *w)
{
	const char *text = "NO_CAPACITY";
	int k, n = count_rivals(h, w);

	if (n > 0)
		return fmt("NO_CAPACITY waiting=%d", n);
	for (k = 0; k < WHY_COUNT; k++)
		if (h->verdict.reasons[k] > 0)
			text = fmt(
			    "%s %s=%d", text, oracle_reasons[k], h->verdict.reasons[k]);
	return text;
}

/* True where both texts have the same words, in any order. */
static bool
same_words(const char *a, const char *b)
{
	char copy[512], *rest = copy, *word, within[512];

	snprintf(copy, sizeof(copy), "%s", a);
	snprintf(within, sizeof(within), " %s ", b);
	while ((word = strsep(&rest, " ")) != NULL)
		if (strstr(within, fmt(" %s ", word)) == NULL)
			return false;
	return strlen(a) == strlen(b);
}

/* True where the verdict allows the node: it is the one, or one of those that may be drawn. */
static bool
may_get(const struct history *h, int asked, int node)
{
	const struct verdict *v = &h->verdict;
	bool by_lot = (asked < 0 ? h->o.strategy : (enum oracle_strategy)asked) == BY_RANDOM;

	return v->node >= 0 && node >= 0 &&
	    (by_lot ? v->tier[node] == v->tier[v->node] : node == v->node);
}

/* Compares the answer to a request of an agent that stands already. */
static void
check_standing(struct history *h, const struct request *r, const char *item)
{
	const struct oracle_agent *a = &h->o.agent[r->agent];
	const char *expected = a->waits
	    ? fmt("exists||a%d||pending|", r->agent)
	    : fmt("exists||a%d|%s|assigned|", r->agent, h->o.node[a->node].id);

	if (strcmp(requirements_of(h, &a->wants), requirements_of(h, &r->wants)) != 0)
		expected = "failed||ASSIGNMENT_CONFLICT ";
	if (strncmp(item, expected, strlen(expected)) != 0)
		differ(h, r, a->node, -1,
		    fmt("%s, as it has %s", expected, requirements_of(h, &a->wants)), item);
}

/* Compares the answer to a request of a new agent. Returns its node, -1 where it was given none. */
static int
check_answer(struct history *h, const struct request *r, const char *item, const char *outcome)
{
	const char *refusal, *pending = fmt("|a%d||pending|", r->agent);
	int got = -1;

	oracle_judge(&h->o, &r->wants, r->strategy, &h->verdict);
	if (strncmp(item, outcome, strlen(outcome)) == 0)
		got = history_node_of(h, part(item, 3));
	if (h->verdict.node >= 0) {
		if (!may_get(h, r->strategy, got))
			differ(h, r, h->verdict.node, got, h->o.node[h->verdict.node].id, item);
	} else if (r->queue) {
		if (strncmp(item, "pending|", 8) != 0 || strstr(item, pending) == NULL)
			differ(h, r, -1, got, pending, item);
	} else {
		refusal = refusal_of(h, &r->wants);
		if (strncmp(item, "failed||", 8) != 0 || !same_words(refusal, item + 8))
			differ(h, r, -1, got, refusal, item);
	}
	return got;
}

static void
make_request(struct history *h, struct request *r)
{
	memset(r, 0, sizeof(*r));
	r->agent = history_between(h, 0, h->n_agents - 1);
	r->strategy = history_chance(h, 50) ? -1 : history_between(h, 0, BY_COUNT - 1);
	if (oracle_stands(&h->o, r->agent) && history_chance(h, 70))
		r->wants = h->o.agent[r->agent].wants;
	else
		make_wants(&h->o, &r->wants, &h->rng);
	r->queue = h->queues && h->o.n_waiting < WAITING_MAX && history_chance(h, 40);
	r->priority = r->queue && history_chance(h, 40) ? history_between(h, 1, 3) : 0;
	if (h->queues) /* whom a newcomer makes room for by raising the emptiest domain is not told */
		r->wants.most += r->wants.most == 0 && r->wants.skew > 0, r->wants.skew = 0;
}

/* Sends lines until the reply is no longer "more". Returns it, to be freed. */
static char *
send_lines(struct history *h, enum script_id id, const char *lines)
{
	const char *reply;
	char *copy;

	history_tell(h, lines);
	do
		reply = scripts_call(h->s, id, (const char *[]){ lines, "0", NULL });
	while (strcmp(reply, "more") == 0);
	if (strncmp(reply, "ok|", 3) != 0 || strchr(reply, '<') == NULL)
		history_differ(h, lines, "ok and an item", reply);
	copy = strdup(reply);
	assert_non_null(copy);
	return copy;
}

/* The next item of a reply, without its brackets; NULL for none. Moves *at past it. */
static const char *
next_item(char **at)
{
	char *begin = strchr(*at, '<'), *end = begin != NULL ? strchr(begin, '>') : NULL;

	if (end == NULL)
		return NULL;
	*at = end;
	return fmt("%.*s", (int)(end - begin - 1), begin + 1);
}

/* The node that an agent is on; -1 where it waits. */
static int
whereabouts(struct history *h, int agent)
{
	const char *reply = call(h->s, AGENT_GET, fmt("a%d", agent));

	like(reply, fmt("ok||<a%d|*", agent));
	return history_node_of(h, part(reply, 2 + ASSIGNMENT_ROW_NODE_ID));
}

void
requests_settle(struct history *h)
{
	const char *reply, *term = h->term;
	int agent, got, calls = 0;

	if (h->o.n_waiting == 0)
		return;
	do {
		reply = call(h->s, PENDING_PLACE, LEADER, "20");
		if (++calls > CALLS_MAX)
			history_differ(h, "pending_place", "an end", reply);
	} while (strcmp(reply, "more") == 0 || strcmp(part(reply, 3), "1") == 0);
	while ((agent = oracle_next(&h->o, &h->verdict)) >= 0) {
		struct oracle_agent *a = &h->o.agent[agent];

		got = whereabouts(h, agent);
		if (!may_get(h, a->asked, got))
			history_differ(h,
			    fmt("a%d, which has waited for %s with priority %d\n  expected node: "
			        "%s\n  node got: %s",
			        agent, requirements_of(h, &a->wants), a->priority,
			        history_node(h, h->verdict.node), history_node(h, got)),
			    h->o.node[h->verdict.node].id,
			    got < 0 ? "it waits" : h->o.node[got].id);
		oracle_place(&h->o, agent, got);
	}
}

/* Takes an answer. */
static void
take_answer(struct history *h, const struct request *r, const char *item)
{
	int node;

	if (oracle_stands(&h->o, r->agent)) {
		check_standing(h, r, item);
		return;
	}
	node = check_answer(h, r, item, "created|");
	if (node < 0 && !r->queue)
		return;
	oracle_add(&h->o, r->agent, &r->wants, r->strategy, r->priority);
	if (node >= 0)
		oracle_place(&h->o, r->agent, node);
	else
		oracle_enqueue(&h->o, r->agent);
}

void
requests_assign(struct history *h, int n)
{
	struct request r[REQUESTS_MAX];
	int i, done = 0;

	for (i = 0; i < n; i++)
		make_request(h, &r[i]);
	while (done < n) {
		struct buf lines = BUF_INIT;
		const char *item;
		char *reply, *at;

		for (i = done; i < n; i++)
			add_line(&lines, h, &r[i], "");
		at = reply = send_lines(h, SCRIPT_AGENT_ASSIGN, buf_str(&lines));
		while ((item = next_item(&at)) != NULL)
			take_answer(h, &r[done++], item);
		free(reply);
		buf_fini(&lines);
		requests_settle(h);
	}
}

/* Compares an explanation with the verdict. */
static void
check_explanation(struct history *h, const struct request *r, const char *text)
{
	const struct verdict *v = &h->verdict;
	json_t *body = json_loads(text, 0, NULL);
	int i, asked = r->strategy < 0 ? (int)h->o.strategy : r->strategy;
	struct buf right = BUF_INIT, got = BUF_INIT;

	buf_addf(&right, "%s %d", oracle_strategies[asked], v->eligible);
	buf_addf(&got, "%s %lld", get_str(body, "strategy"), get_int(body, "eligible"));
	for (i = 0; i < WHY_COUNT; i++) {
		json_t *number = json_object_get(json_object_get(body, "filtered"), oracle_reasons[i]);

		buf_addf(&right, " %s=%d", oracle_reasons[i], v->reasons[i]);
		buf_addf(&got, " %s=%lld", oracle_reasons[i], json_integer_value(number));
	}
	for (i = 0; i < v->n_top; i++) {
		json_t *top = json_array_get(json_object_get(body, "top"), (size_t)i);
		const char *id = json_string_value(json_object_get(top, "node_id"));

		buf_addf(&got, " %s", asked == BY_RANDOM ? "" : id != NULL ? id : "-");
		buf_addf(&right, " %s", asked == BY_RANDOM ? "" : h->o.node[v->top[i]].id);
	}
	if (strcmp(buf_str(&right), buf_str(&got)) != 0)
		differ(h, r, v->node, -1, buf_str(&right), text);
	json_decref(body);
	buf_fini(&right);
	buf_fini(&got);
}

void
requests_explain(struct history *h)
{
	bool is_small = h->o.n_nodes <= SMALL;
	struct buf line = BUF_INIT;
	struct request r;
	const char *item;
	char *reply, *at;
	char before[64];

	make_request(h, &r);
	r.queue = false;
	r.priority = 0;
	if (oracle_stands(&h->o, r.agent))
		return;
	add_line(&line, h, &r, " dry explain");
	free(send_lines(h, SCRIPT_AGENT_ASSIGN, buf_str(&line))); /* it may build an index */
	snprintf(before, sizeof(before), "%s", is_small ? scripts_digest(h->s) : "");
	at = reply = send_lines(h, SCRIPT_AGENT_ASSIGN, buf_str(&line));
	item = next_item(&at);
	if (check_answer(h, &r, item, "ok||") >= 0)
		check_explanation(h, &r, part(item, 2 + ASSIGNMENT_ROW_EXPLANATION));
	if (is_small && strcmp(before, scripts_digest(h->s)) != 0)
		history_differ(h, buf_str(&line), "no key is changed", "other keys");
	free(reply);
	buf_fini(&line);
}

void
requests_release(struct history *h, int n)
{
	int agent[REQUESTS_MAX], i, done = 0;

	for (i = 0; i < n; i++)
		agent[i] = history_between(h, 0, h->n_agents - 1);
	while (done < n) {
		struct buf lines = BUF_INIT;
		const char *item;
		char *reply, *at;

		for (i = done; i < n; i++)
			buf_addf(&lines, "a%d\t\n", agent[i]);
		at = reply = send_lines(h, SCRIPT_AGENT_RELEASE, buf_str(&lines));
		while ((item = next_item(&at)) != NULL) {
			bool stands = oracle_stands(&h->o, agent[done]);

			if (strncmp(item, stands ? "deleted|" : "failed||", 8) != 0)
				history_differ(h, fmt("a%d is released", agent[done]),
				    stands ? "deleted" : "failed", item);
			if (stands)
				oracle_release(&h->o, agent[done]);
			done++;
		}
		free(reply);
		buf_fini(&lines);
		requests_settle(h);
	}
}

/* The agent was moved: compares where it is. */
static void
take_move(struct history *h, int agent)
{
	struct oracle_agent *a = &h->o.agent[agent];
	int got = whereabouts(h, agent);

	oracle_detach(&h->o, agent);
	oracle_judge(&h->o, &a->wants, a->asked, &h->verdict);
	/* What others wait for that require the same is theirs. */
	if (has_requirements(h, &a->wants) && count_rivals(h, &a->wants) > 0)
		h->verdict.node = -1;
	if (h->verdict.node < 0 ? got >= 0 : !may_get(h, a->asked, got))
		history_differ(h,
		    fmt("a%d is moved, which wants %s by %d\n  expected node: %s\n  node got: %s",
		        agent, requirements_of(h, &a->wants), a->asked,
		        history_node(h, h->verdict.node), history_node(h, got)),
		    h->verdict.node < 0 ? "it waits" : h->o.node[h->verdict.node].id,
		    got < 0 ? "it waits" : h->o.node[got].id);
	if (got >= 0)
		oracle_place(&h->o, agent, got);
	else
		oracle_enqueue(&h->o, agent);
}

void
requests_leave(struct history *h)
{
	int node = history_between(h, 0, h->o.n_nodes - 1), agent;
	struct oracle_node *n = &h->o.node[node];
	const char *reply, *term = h->term;
	char departure[16];
	int calls = 0;
	bool lost = history_chance(h, 50);

	if (n->gone || n->offline || h->o.n_waiting >= WAITING_MAX)
		return;
	snprintf(departure, sizeof(departure), "d%d", h->op);
	if (lost)
		history_lose_node(h, node);
	history_tell(h, fmt("its agents are moved: %s", history_node(h, node)));
	n->offline = true;
	do {
		agent = oracle_first_on(&h->o, node);
		do { /* an index may have to be built first */
			reply = lost ? call(h->s, NODE_EVACUATE, LEADER, "1")
			             : call(h->s, NODE_LEAVE, n->id, "1", "", departure);
			if (++calls > CALLS_MAX)
				history_differ(h, "the agents of a node are moved", "an end", reply);
		} while (agent >= 0 && whereabouts(h, agent) == node);
		if (agent >= 0)
			take_move(h, agent);
	} while (strncmp(reply, "more", 4) == 0);
	if (strncmp(reply, "ok|", 3) != 0 || agent >= 0)
		history_differ(h, "the agents of a node are moved", "an end", reply);
	if (!lost) {
		n->gone = true;
		n->draining = n->offline = false;
		n->chosen = 0;
		n->cpu_usage = n->memory_usage = 0;
	}
	requests_settle(h);
}

void
requests_check_waiting(struct history *h)
{
	int i;

	for (i = 0; i < h->o.n_waiting; i++) {
		const char *reply = call(h->s, AGENT_GET, fmt("a%d", h->o.waiting[i]));
		const char *expected = fmt("pending %d", i + 1);

		reply = fmt("%s %s", part(reply, 2 + ASSIGNMENT_ROW_STATUS),
		    part(reply, 2 + ASSIGNMENT_ROW_POSITION));
		if (strcmp(reply, expected) != 0)
			history_differ(
			    h, fmt("a%d in the queue", h->o.waiting[i]), expected, reply);
	}
}
