/* Requests of a history. */
#include "support/requirements_requests.h"

#include "support/api.h"
#include "support/requirements_moves.h"

#include <jansson.h>
#include <stdio.h>

enum {
	SMALL = 100 /* nodes; of more, a digest of all keys takes too long */
};

struct request {
	int agent, strategy; /* as in oracle_agent */
	struct wants wants;
	bool queue;
	int priority;
};

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

/* The text of the verdict's refusal, with its reasons in the order of the contract. */
static const char *
refusal_of(const struct history *h, const struct wants *w)
{
	const char *text = "NO_CAPACITY";
	int k, n = history_rivals(h, w);

	if (n > 0)
		return fmt("NO_CAPACITY waiting=%d", n);
	for (k = 0; k < WHY_COUNT; k++)
		if (h->verdict.reasons[k] > 0)
			text = fmt("%s %s=%d", text, oracle_reasons[k], h->verdict.reasons[k]);
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

/* Compares the answer to a request of an agent that stands already. */
static void
check_standing(struct history *h, const struct request *r, const char *item)
{
	const struct oracle_agent *a = &h->o.agent[r->agent];
	const char *expected = a->waits
	    ? fmt("exists||a%d||pending|", r->agent)
	    : fmt("exists||a%d|%s|assigned|", r->agent, h->o.node[a->node].id);

	if (strcmp(history_requirements(h, &a->wants), history_requirements(h, &r->wants)) != 0)
		expected = "failed||ASSIGNMENT_CONFLICT ";
	if (strncmp(item, expected, strlen(expected)) != 0)
		differ(h, r, a->node, -1,
		    fmt("%s, as it has %s", expected, history_requirements(h, &a->wants)), item);
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
		if (!history_may_get(h, r->strategy, got))
			differ(h, r, h->verdict.node, got, h->o.node[h->verdict.node].id, item);
	} else if (r->queue) {
		if (strncmp(item, "pending|", 8) != 0 || strstr(item, pending) == NULL)
			differ(h, r, -1, got, pending, item);
	} else {
		refusal = refusal_of(h, &r->wants);
		if (strncmp(item, "failed||NO_CAPACITY ", 20) != 0 ||
		    (history_is_noted(h) && !same_words(refusal, item + 8)))
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
	r->queue = h->queues && h->o.n_waiting < MOVES_WAITING_MAX && history_chance(h, 40);
	r->priority = r->queue && history_chance(h, 40) ? history_between(h, 1, 3) : 0;
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
		moves_settle(h);
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
		json_t *number =
		    json_object_get(json_object_get(body, "filtered"), oracle_reasons[i]);

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
	if (check_answer(h, &r, item, "ok||") >= 0 && history_is_noted(h))
		check_explanation(h, &r, part(item, 2 + ASSIGNMENT_ROW_EXPLANATION));
	if (is_small && strcmp(before, scripts_digest(h->s)) != 0)
		history_differ(h, buf_str(&line), "no key is changed", "other keys");
	free(reply);
	buf_fini(&line);
}

void
requests_update(struct history *h)
{
	int agent = history_between(h, 0, h->n_agents - 1), priority = history_between(h, 0, 3);
	bool stands = oracle_stands(&h->o, agent);
	const char *reply =
	    call(h->s, AGENT_UPDATE, fmt("a%d", agent), "", fmt("%d", priority), "");
	const char *expected = stands ? "ok|" : "!ASSIGNMENT_NOT_FOUND ";

	history_tell(h, fmt("a%d gets the priority %d", agent, priority));
	if (strncmp(reply, expected, strlen(expected)) != 0)
		history_differ(
		    h, fmt("a%d gets the priority %d", agent, priority), expected, reply);
	if (stands)
		oracle_prioritize(&h->o, agent, priority);
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
		moves_settle(h);
	}
}
