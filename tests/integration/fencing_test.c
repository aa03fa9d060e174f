/* Fencing tokens: incarnations, and terms and epochs that are always higher than any that somebody
 * has seen. */
#include "support/cluster.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define LEADER      "/api/cluster/leader"

enum { HOUR_MS = 3600 * 1000 };

static void
a_heartbeat_of_an_earlier_incarnation_is_refused(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *p;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	check_json(api(m->port, 200, "POST", NODES, "{\"id\":\"n\"}"), "incarnation", "2");
	p = api_problem(m->port, 409, "stale_incarnation", "POST", NODES "/n",
	    "{\"incarnation\":1,\"cpu_usage\":77}");
	assert_non_null(strstr(get_str(p, "detail"), "incarnation"));
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "cpu_usage", "0");
	api(m->port, 200, "POST", NODES "/n", "{\"incarnation\":2,\"cpu_usage\":77}");
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "cpu_usage", "77");
	/* A heartbeat without an incarnation is accepted. A registration that Redis lost is
	 * restored. */
	api(m->port, 200, "POST", NODES "/n", NULL);
	api(m->port, 200, "POST", NODES "/n", "{\"incarnation\":5}");
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "incarnation", "5");
	api_problem(m->port, 409, "stale_incarnation", "POST", NODES "/n", "{\"incarnation\":4}");
	api_problem(m->port, 400, "invalid_field", "POST", NODES "/n", "{\"incarnation\":0}");
}

static void
incarnations_still_increase_after_a_node_leaves(void **state)
{
	struct musterd *m = musterd_start_plain(*state);

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	check_json(api(m->port, 200, "POST", NODES, "{\"id\":\"n\"}"), "incarnation", "2");
	api(m->port, 200, "DELETE", NODES "/n", NULL);
	check_json(api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}"), "incarnation", "3");
	api_problem(m->port, 409, "stale_incarnation", "POST", NODES "/n", "{\"incarnation\":2}");
	api(m->port, 200, "POST", NODES "/n", "{\"incarnation\":3}");
	/* Large numbers keep all of their digits. */
	api(m->port, 200, "POST", NODES "/n", "{\"incarnation\":12345678999}");
	api(m->port, 200, "POST", NODES "/n", "{\"incarnation\":12345678999}");
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "incarnation", "12345678999");
}

struct saying {
	const char *log, *what;
};

static bool
says(void *arg)
{
	const struct saying *s = arg;
	char *text = file_read(s->log);
	bool yes = strstr(text, s->what) != NULL;

	free(text);
	return yes;
}

static void
a_replaced_member_does_not_affect_the_new_one(void **state)
{
	struct musterd *old =
	    musterd_start(*state, "-cluster", "n", "-heartbeat-interval", "100ms");
	struct musterd *new;
	struct saying refused = { old->log, "another process has registered as n" };

	wait_json(old->port, NODES "/n", "incarnation", "1", API_WAIT_MS);
	new = musterd_start(*state, "-cluster", "n", "-heartbeat-interval", "100ms");
	assert_true(poll_until(says, &refused, API_WAIT_MS));
	assert_int_equal(musterd_end(old), 0);
	check_json(api(new->port, 200, "GET", NODES "/n", NULL), "incarnation", "2");
	check_json(api(new->port, 200, "GET", NODES "/n", NULL), "status", "\"online\"");
}

static void
new_epochs_are_higher_than_those_that_a_node_has_seen(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	long long seen;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	seen = get_int(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}"), "epoch") +
	    HOUR_MS;
	api(m->port, 200, "POST", NODES "/n", fmt("{\"epoch_seen\":%lld}", seen));
	assert_int_equal(
	    get_int(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}"), "epoch"),
	    seen + 1);
	/* A number lower than the stored one changes nothing. */
	api(m->port, 200, "POST", NODES "/n", fmt("{\"epoch_seen\":%lld}", seen - 1));
	assert_int_equal(
	    get_int(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"c\"}"), "epoch"),
	    seen + 2);
}

static void
a_leader_with_a_term_below_a_seen_one_gets_a_higher_term(void **state)
{
	struct musterd *m = musterd_start(*state, "-cluster", "n", "-lease-ttl", "500ms");
	long long seen;
	json_t *leader;

	wait_status(m->port, LEADER, 200, API_WAIT_MS);
	wait_status(m->port, NODES "/n", 200, API_WAIT_MS);
	seen = get_int(api(m->port, 200, "GET", LEADER, NULL), "term") + HOUR_MS;
	api(m->port, 200, "POST", NODES "/n", fmt("{\"term_seen\":%lld}", seen));
	leader = wait_json(m->port, LEADER, "term", fmt("%lld", seen + 1), API_WAIT_MS);
	check_json(leader, "leader_id", "\"n\"");
	/* The term is higher now, so the same report does not depose the leader again. */
	api(m->port, 200, "POST", NODES "/n", fmt("{\"term_seen\":%lld}", seen));
	assert_int_equal(get_int(api(m->port, 200, "GET", LEADER, NULL), "term"), seen + 1);
}

static void
impossible_tokens_are_refused(void **state)
{
	static const char *const fields[] = { "term_seen", "epoch_seen" };
	struct musterd *m = musterd_start_plain(*state);
	size_t i;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	for (i = 0; i < 2; i++) {
		json_t *p = api_problem(m->port, 400, "invalid_field", "POST", NODES "/n",
		    fmt("{\"%s\":9007199254740991}", fields[i]));

		assert_non_null(strstr(get_str(p, "detail"), fields[i]));
		p = api_problem(m->port, 400, "invalid_field", "POST", NODES "/n",
		    fmt("{\"%s\":-1}", fields[i]));
		assert_non_null(strstr(get_str(p, "detail"), fields[i]));
	}
	assert_true(get_int(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}"),
	                "epoch") < 9007199254740991LL / 2);
}

int
main(void)
{
	const struct CMUnitTest fencing[] = {
		cluster_test(a_heartbeat_of_an_earlier_incarnation_is_refused),
		cluster_test(incarnations_still_increase_after_a_node_leaves),
		cluster_test(a_replaced_member_does_not_affect_the_new_one),
		cluster_test(new_epochs_are_higher_than_those_that_a_node_has_seen),
		cluster_test(a_leader_with_a_term_below_a_seen_one_gets_a_higher_term),
		cluster_test(impossible_tokens_are_refused),
	};

	return test_program(fencing);
}
