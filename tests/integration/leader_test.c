/* The leader: elections, handover, promotion, and leaders that continue too late. */
#include "support/cluster.h"

#include <stdio.h>

#define NODES  "/api/cluster/nodes"
#define LEADER "/api/cluster/leader"
#define STATS  "/api/cluster/stats"

/* Options for members that are not declared dead during a test. */
#define CALM "-heartbeat-ttl", "60s", "-lease-ttl", "500ms"

enum { LEASE_MS = 500 };

static json_t *
wait_leader(struct musterd *m, const char *id)
{
	return wait_json(m->port, LEADER, "leader_id", fmt("\"%s\"", id), API_WAIT_MS);
}

static long long
term_of(struct musterd *m)
{
	return get_int(api(m->port, 200, "GET", LEADER, NULL), "term");
}

/* The number of times that the log contains a text. */
static int
said(struct musterd *m, const char *what)
{
	char *text = file_read(m->log), *at = text;
	int n = 0;

	while ((at = strstr(at, what)) != NULL) {
		n++;
		at++;
	}
	free(text);
	return n;
}

struct change {
	struct musterd *m;
	const char *not_id; /* the leader before the change */
	long long term;
	char id[64];
};

static bool
has_changed(void *arg)
{
	struct change *c = arg;
	json_t *body;
	const char *id;

	if (api_try(c->m->port, "GET", LEADER, NULL, &body) != 200)
		return false;
	id = json_string_value(json_object_get(body, "leader_id"));
	c->term = json_integer_value(json_object_get(body, "term"));
	snprintf(c->id, sizeof(c->id), "%s", id != NULL ? id : "");
	return strcmp(c->id, c->not_id) != 0;
}

struct saying {
	struct musterd *m;
	const char *what;
};

static bool
says(void *arg)
{
	struct saying *s = arg;

	return said(s->m, s->what) > 0;
}

static void
all_members_have_the_same_leader(void **state)
{
	struct musterd *m[3];
	json_t *l;
	int i, leaders = 0;

	m[0] = musterd_start(*state, "-cluster", "n0", CALM);
	wait_leader(m[0], "n0");
	m[1] = musterd_start(*state, "-cluster", "n1", CALM);
	m[2] = musterd_start(*state, "-cluster", "n2", CALM, "-role", "standby");
	for (i = 0; i < 3; i++)
		wait_json(m[0]->port, fmt("%s/n%d", NODES, i), "status", "\"online\"", API_WAIT_MS);
	l = api(m[2]->port, 200, "GET", LEADER, NULL);
	assert_int_equal(json_object_size(l), 8);
	check_json(l, "leader_id", "\"n0\"");
	check_json(l, "lease_ms", "500");
	check_json(l, "transitions", "1");
	assert_string_equal(get_str(l, "url"), fmt("http://127.0.0.1:%d", m[0]->port));
	assert_true(get_int(l, "term") > 1500000000000);
	assert_true(get_int(l, "expires_in_ms") > 0 && get_int(l, "expires_in_ms") <= LEASE_MS);
	assert_int_equal(strlen(get_str(l, "acquired_at")), 24);
	assert_int_equal(strlen(get_str(l, "renewed_at")), 24);
	for (i = 0; i < 3; i++) {
		leaders += said(m[i], " leads in term ");
		check_json(api(m[i]->port, 200, "GET", STATS, NULL), "leader_id", "\"n0\"");
	}
	assert_int_equal(leaders, 1);
	check_json(api(m[1]->port, 200, "GET", NODES "/n0", NULL), "role", "\"leader\"");
	check_json(api(m[1]->port, 200, "GET", NODES "/n1", NULL), "role", "\"worker\"");
	check_json(api(m[1]->port, 200, "GET", NODES "/n2", NULL), "role", "\"standby\"");
	check_json(api(m[1]->port, 200, "GET", NODES "?role=leader", NULL), "nodes.0.id", "\"n0\"");
}

static void
a_killed_leader_is_replaced_in_time(void **state)
{
	struct musterd *m[3];
	struct change change;
	long long term;
	long since;
	int i;

	m[0] = musterd_start(*state, "-cluster", "n0", CALM);
	wait_leader(m[0], "n0");
	m[1] = musterd_start(*state, "-cluster", "n1", CALM);
	m[2] = musterd_start(*state, "-cluster", "n2", CALM);
	wait_json(m[2]->port, NODES, "count", "3", API_WAIT_MS);
	term = term_of(m[2]);
	change = (struct change){ .m = m[2], .not_id = "n0" };
	musterd_kill(m[0]);
	since = now_ms();
	assert_true(poll_until(has_changed, &change, API_WAIT_MS));
	assert_true(now_ms() - since <= LEASE_MS + 1000);
	assert_true(strcmp(change.id, "n1") == 0 || strcmp(change.id, "n2") == 0);
	assert_true(change.term > term);
	check_json(api(m[1]->port, 200, "GET", LEADER, NULL), "transitions", "2");

	/* And the next leader, until one member is left. */
	i = strcmp(change.id, "n1") == 0 ? 1 : 2;
	change = (struct change){ .m = m[3 - i], .not_id = i == 1 ? "n1" : "n2" };
	term = term_of(m[3 - i]);
	musterd_kill(m[i]);
	since = now_ms();
	assert_true(poll_until(has_changed, &change, API_WAIT_MS));
	assert_true(now_ms() - since <= LEASE_MS + 1000);
	assert_string_equal(change.id, i == 1 ? "n2" : "n1");
	assert_true(change.term > term);
}

static void
sigterm_hands_over_the_lead_and_leaves(void **state)
{
	/* With such a long lease, the leader can only change because the lease is given up. */
	struct musterd *a =
	    musterd_start(*state, "-cluster", "a", "-heartbeat-ttl", "60s", "-lease-ttl", "3s");
	struct musterd *b;
	long long term;
	long since;

	wait_leader(a, "a");
	b = musterd_start(*state, "-cluster", "b", "-heartbeat-ttl", "60s", "-lease-ttl", "3s");
	wait_json(b->port, NODES, "count", "2", API_WAIT_MS);
	term = term_of(b);
	assert_int_equal(musterd_end(a), 0);
	api_problem(b->port, 404, "node_not_found", "GET", NODES "/a", NULL);
	since = now_ms();
	wait_leader(b, "b");
	assert_true(now_ms() - since < 1500);
	assert_true(term_of(b) > term);
	assert_int_equal(musterd_end(b), 0);
}

static void
sigterm_without_leave_on_exit_keeps_the_record(void **state)
{
	struct musterd *a = musterd_start(*state, "-cluster", "a", CALM, "-leave-on-exit=false");
	struct musterd *b = musterd_start(*state, "-cluster", "b", CALM);

	wait_json(b->port, NODES, "count", "2", API_WAIT_MS);
	assert_int_equal(musterd_end(a), 0);
	check_json(api(b->port, 200, "GET", NODES "/a", NULL), "status", "\"online\"");
	wait_leader(b, "b");
}

static void
a_node_is_promoted_by_the_api(void **state)
{
	struct musterd *a, *b;
	struct saying down;
	json_t *l;
	long long term;

	a = musterd_start(*state, "-cluster", "a", "-heartbeat-ttl", "60s", "-lease-ttl", "2s");
	wait_leader(a, "a");
	b = musterd_start(*state, "-cluster", "b", "-heartbeat-ttl", "60s", "-lease-ttl", "2s");
	api(a->port, 201, "POST", NODES, "{\"id\":\"rest\"}");
	term = term_of(a);
	/* b becomes a candidate when it is ready to serve, or shortly after. */
	wait_json(a->port, NODES, "count", "3", API_WAIT_MS);
	l = api(a->port, 200, "POST", LEADER, "{\"node_id\":\"b\"}");
	assert_non_null(api_header("X-Cluster-Index"));
	assert_int_equal(json_object_size(l), 8);
	check_json(l, "leader_id", "\"b\"");
	check_json(l, "transitions", "2");
	assert_string_equal(get_str(l, "url"), fmt("http://127.0.0.1:%d", b->port));
	assert_true(get_int(l, "term") > term);
	term = get_int(l, "term");
	down = (struct saying){ a, "a steps down from term " };
	assert_true(poll_until(says, &down, API_WAIT_MS));
	down = (struct saying){ b, "b leads in term " };
	assert_true(poll_until(says, &down, API_WAIT_MS));
	assert_int_equal(term_of(a), term);
	check_json(api(a->port, 200, "GET", NODES "/a", NULL), "role", "\"worker\"");

	/* If the leader is promoted, its term does not change. */
	l = api(a->port, 200, "POST", LEADER, "{\"node_id\":\"b\"}");
	assert_int_equal(get_int(l, "term"), term);
	/* Without an id: the node of the front-end that answers. */
	l = api(a->port, 200, "POST", LEADER, NULL);
	check_json(l, "leader_id", "\"a\"");
	assert_true(get_int(l, "term") > term);
	api_problem(a->port, 404, "node_not_found", "POST", LEADER, "{\"node_id\":\"none\"}");
	api_problem(a->port, 409, "not_a_candidate", "POST", LEADER, "{\"node_id\":\"rest\"}");
	check_json(api(b->port, 200, "GET", LEADER, NULL), "leader_id", "\"a\"");
}

static void
a_pure_front_end_campaigns(void **state)
{
	struct musterd *m = musterd_start(*state, CALM);
	json_t *l;

	wait_status(m->port, LEADER, 200, API_WAIT_MS);
	l = api(m->port, 200, "GET", LEADER, NULL);
	assert_non_null(strstr(get_str(l, "leader_id"), fmt(":%d", m->port)));
	check_json(api(m->port, 200, "GET", NODES, NULL), "count", "0");
	/* Without an id, it promotes itself. */
	check_json(api(m->port, 200, "POST", LEADER, "{}"), "leader_id",
	    fmt("\"%s\"", get_str(l, "leader_id")));
	assert_int_equal(musterd_end(m), 0);
}

static void
a_replica_never_leads(void **state)
{
	struct musterd *r = musterd_start(*state, "-cluster", "r", "-role", "replica", CALM), *w;
	json_t *p;

	wait_json(r->port, NODES "/r", "role", "\"replica\"", API_WAIT_MS);
	p = api_problem(r->port, 404, "no_leader", "GET", LEADER, NULL);
	check_json(p, "retryable", "true");
	get_null(api(r->port, 200, "GET", STATS, NULL), "leader_id");
	get_null(api(r->port, 200, "GET", STATS, NULL), "term");
	get_null(api(r->port, 200, "POST", NODES "/r", NULL), "leader_id");
	api_problem(r->port, 409, "not_a_candidate", "POST", LEADER, NULL);
	api_problem(r->port, 409, "not_a_candidate", "POST", LEADER, "{\"node_id\":\"r\"}");
	/* A worker next to it becomes the leader. When the worker has left, there is no leader. */
	w = musterd_start(*state, "-cluster", "w", CALM);
	wait_leader(r, "w");
	assert_int_equal(musterd_end(w), 0);
	api_problem(r->port, 404, "no_leader", "GET", LEADER, NULL);
	assert_int_equal(said(r, " leads in term "), 0);
}

static void
a_stopped_leader_is_no_leader_when_it_continues(void **state)
{
	struct musterd *a = musterd_start(*state, "-cluster", "a", CALM), *b;
	struct saying down = { a, "a steps down from term " };
	long long old, term;

	wait_leader(a, "a");
	old = term_of(a);
	b = musterd_start(*state, "-cluster", "b", CALM);
	wait_json(b->port, NODES, "count", "2", API_WAIT_MS);
	assert_true(process_freeze(a->pid));
	wait_leader(b, "b");
	term = term_of(b);
	assert_true(term > old);
	process_thaw(a->pid);
	assert_true(poll_until(says, &down, API_WAIT_MS));
	check_json(api(a->port, 200, "GET", LEADER, NULL), "leader_id", "\"b\"");
	assert_int_equal(term_of(a), term);
	/* Alone again, it is the leader with a new term. */
	assert_int_equal(musterd_end(b), 0);
	wait_leader(a, "a");
	assert_true(term_of(a) > term);
	assert_int_equal(said(a, fmt("a leads in term %lld", old)), 1);
}

static void
a_single_leader_that_was_stopped_gets_a_new_term(void **state)
{
	struct musterd *r = musterd_start(*state, "-role", "replica");
	struct musterd *a = musterd_start(*state, "-cluster", "a", CALM);
	long long old;

	wait_leader(a, "a");
	old = term_of(a);
	assert_true(process_freeze(a->pid));
	wait_status(r->port, LEADER, 404, API_WAIT_MS);
	process_thaw(a->pid);
	wait_leader(r, "a");
	assert_true(term_of(r) > old);
}

int
main(void)
{
	const struct CMUnitTest leader[] = {
		cluster_test(all_members_have_the_same_leader),
		cluster_test(a_killed_leader_is_replaced_in_time),
		cluster_test(sigterm_hands_over_the_lead_and_leaves),
		cluster_test(sigterm_without_leave_on_exit_keeps_the_record),
		cluster_test(a_node_is_promoted_by_the_api),
		cluster_test(a_pure_front_end_campaigns),
		cluster_test(a_replica_never_leads),
		cluster_test(a_stopped_leader_is_no_leader_when_it_continues),
		cluster_test(a_single_leader_that_was_stopped_gets_a_new_term),
	};

	return test_program(leader);
}
