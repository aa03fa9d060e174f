/* Fencing tokens: incarnations, and terms and epochs that are always higher than any that somebody
 * has seen. */
#include "support/cluster.h"

#include <stdio.h>
#include <time.h>

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
	/* A heartbeat without an incarnation is accepted. */
	api(m->port, 200, "POST", NODES "/n", NULL);
	api_problem(m->port, 400, "invalid_field", "POST", NODES "/n", "{\"incarnation\":0}");
}

/* A client cannot use up the incarnations: it only repeats those that it was given. */
static void
an_incarnation_that_was_never_given_out_is_refused(void **state)
{
	static const char *const invented[] = { "3", "12345678999", "9007199254740991" };
	struct musterd *m = musterd_start_plain(*state);
	size_t i;

	api(m->port, 201, "POST", NODES, "{\"id\":\"other\"}");
	api(m->port, 200, "POST", NODES, "{\"id\":\"other\"}");
	api(m->port, 200, "POST", NODES, "{\"id\":\"other\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	api(m->port, 200, "POST", NODES, "{\"id\":\"n\"}");
	for (i = 0; i < 3; i++) {
		json_t *p = api_problem(m->port, 400, "invalid_field", "POST", NODES "/n",
		    fmt("{\"incarnation\":%s,\"cpu_usage\":77}", invented[i]));

		assert_string_equal(get_str(p, "detail"),
		    fmt("incarnation: %s was never given out for 'n', whose latest is 2",
		        invented[i]));
	}
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "cpu_usage", "0");
	check_json(api(m->port, 200, "POST", NODES, "{\"id\":\"n\"}"), "incarnation", "3");
	api(m->port, 200, "POST", NODES "/n", "{\"incarnation\":3}");
}

/* As after a failover that lost a registration: the process gets an incarnation again. */
static void
a_member_whose_registration_was_lost_registers_again(void **state)
{
	struct musterd *m = musterd_start(*state, "-cluster", "n", "-heartbeat-interval", "100ms");

	wait_json(m->port, NODES "/n", "incarnation", "1", API_WAIT_MS);
	redis_do(*state, "HSET muster:{default}:node:n incarnation 0");
	wait_json(m->port, NODES "/n", "incarnation", "1", API_WAIT_MS);
	wait_json(m->port, NODES "/n", "healthy", "true", API_WAIT_MS);
	assert_true(musterd_says(m, "registering again: INVALID_FIELD incarnation", API_WAIT_MS));
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
	redis_do(*state, "HSET muster:{default}:node:n incarnation 900719925474099");
	api(m->port, 200, "POST", NODES "/n", "{\"incarnation\":900719925474099}");
	check_json(
	    api(m->port, 200, "POST", NODES, "{\"id\":\"n\"}"), "incarnation", "900719925474100");
	assert_non_null(strstr(get_str(api_problem(m->port, 409, "stale_incarnation", "POST",
	                                   NODES "/n", "{\"incarnation\":900719925474099}"),
	                           "detail"),
	    " 900719925474100 "));
}

static void
a_late_departure_does_not_remove_the_successor(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *p;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	api(m->port, 200, "POST", NODES, "{\"id\":\"n\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	p = api_problem(
	    m->port, 409, "stale_incarnation", "DELETE", NODES "/n?incarnation=1", NULL);
	assert_string_equal(get_str(p, "detail"), "incarnation: that of 'n' is 2 now");
	api_problem(m->port, 400, "invalid_field", "DELETE", NODES "/n?incarnation=3", NULL);
	api_problem(m->port, 400, "invalid_field", "DELETE", NODES "/n?incarnation=0", NULL);
	api_problem(m->port, 400, "invalid_field", "DELETE", NODES "/n?incarnation=x", NULL);
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "active_agents", "1");
	check_json(api(m->port, 200, "DELETE", NODES "/n?incarnation=2", NULL), "pending", "1");
	api_problem(m->port, 404, "node_not_found", "DELETE", NODES "/n?incarnation=2", NULL);
	/* Without one, it is whichever node there is. */
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	api(m->port, 200, "DELETE", NODES "/n", NULL);
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

/* Makes it look as if a replica had taken over that missed the last writes. */
static void
fail_over(struct cluster *c)
{
	redis_do(c, "HSET muster:{default}:leader history another");
}

static bool
is_registering(void *arg)
{
	bool yes = strstr(redis_do(arg, "CLIENT LIST"), "cmd=eval") != NULL;

	api_reset();
	return yes;
}

/* It leaves as the incarnation in the reply to its registration, so it waits for that. */
static void
a_member_that_ends_while_it_registers_leaves(void **state)
{
	struct cluster *c = *state;
	struct musterd *m;

	redis_do(c, "CLIENT PAUSE 600000 WRITE");
	m = musterd_start_blind(c, "-cluster", "m", "-heartbeat-interval", "1h");
	assert_true(poll_until(is_registering, c, API_WAIT_MS));
	kill(m->pid, SIGTERM);
	assert_true(musterd_says(m, "ending: ", API_WAIT_MS));
	redis_do(c, "CLIENT UNPAUSE");
	assert_int_equal(process_wait(m->pid, PROCESS_WAIT_MS), 0);
	m->pid = 0;
	assert_true(musterd_says(m, "registered in default as incarnation 1", 0));
	assert_true(musterd_says(m, "m left: 0 agents moved", 0));
	assert_string_equal(redis_do(c, "EXISTS muster:{default}:node:m"), "0");
}

static void
new_epochs_are_higher_than_those_that_a_node_has_seen(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	long long seen;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	seen = get_int(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}"), "epoch") +
	    HOUR_MS;
	wait_status(m->port, LEADER, 200, API_WAIT_MS);
	fail_over(*state);
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
	fail_over(*state);
	api(m->port, 200, "POST", NODES "/n", fmt("{\"term_seen\":%lld}", seen));
	leader = wait_json(m->port, LEADER, "term", fmt("%lld", seen + 1), API_WAIT_MS);
	check_json(leader, "leader_id", "\"n\"");
	/* The term is higher now, so the same report does not depose the leader again. */
	api(m->port, 200, "POST", NODES "/n", fmt("{\"term_seen\":%lld}", seen));
	assert_int_equal(get_int(api(m->port, 200, "GET", LEADER, NULL), "term"), seen + 1);
}

static void
tokens_that_were_never_given_out_are_refused(void **state)
{
	static const char *const fields[] = { "term_seen", "epoch_seen" };
	struct musterd *m = musterd_start_plain(*state);
	long long term, epoch;
	size_t i, k;

	wait_status(m->port, LEADER, 200, API_WAIT_MS);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	epoch = get_int(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}"), "epoch");
	term = get_int(api(m->port, 200, "GET", LEADER, NULL), "term");
	api(m->port, 200, "POST", NODES "/n",
	    fmt("{\"term_seen\":%lld,\"epoch_seen\":%lld}", term, epoch));
	for (i = 0; i < 2; i++) {
		/* One more than there ever was, the clock, above the clock, and beyond all. */
		const long long given = i == 0 ? term : epoch, now = (long long)time(NULL) * 1000;
		const long long invented[] = { given + 1, now, now + HOUR_MS, 9007199254740991,
			-1 };

		for (k = 0; k < 5; k++) {
			json_t *p = api_problem(m->port, 400, "invalid_field", "POST", NODES "/n",
			    fmt("{\"%s\":%lld,\"cpu_usage\":77}", fields[i],
			        k == 1 && now <= given ? given + 2 : invented[k]));

			assert_non_null(strstr(get_str(p, "detail"), fields[i]));
			assert_null(strstr(get_str(p, "detail"), "e+"));
		}
	}
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "cpu_usage", "0");
	assert_int_equal(get_int(api(m->port, 200, "GET", LEADER, NULL), "term"), term);
	assert_true(get_int(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}"),
	                "epoch") < epoch + HOUR_MS);
}

/* A Redis that has lost everything knows of no token that it gave out. */
static void
a_node_of_an_emptied_redis_may_report_what_it_has_seen(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	long long now = (long long)time(NULL) * 1000;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	api_problem(
	    m->port, 400, "invalid_field", "POST", NODES "/n", "{\"epoch_seen\":9007199254740991}");
	api(m->port, 200, "POST", NODES "/n", fmt("{\"epoch_seen\":%lld}", now + HOUR_MS));
	assert_int_equal(
	    get_int(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}"), "epoch"),
	    now + HOUR_MS + 1);
}

/* After a failover, too, a term that was made up deposes a leader once at most. */
static void
a_leader_is_deposed_once_after_a_failover(void **state)
{
	struct musterd *m = musterd_start(*state, "-cluster", "n", "-lease-ttl", "500ms");
	long long term;

	wait_status(m->port, NODES "/n", 200, API_WAIT_MS);
	wait_status(m->port, LEADER, 200, API_WAIT_MS);
	fail_over(*state);
	term = get_int(api(m->port, 200, "GET", LEADER, NULL), "term");
	api(m->port, 200, "POST", NODES "/n", fmt("{\"term_seen\":%lld}", term + 1));
	wait_status(m->port, LEADER, 200, API_WAIT_MS);
	/* As when the time has passed in which nodes report what was lost. */
	redis_do(*state, "HDEL muster:{default}:leader lost_until");
	term = get_int(api(m->port, 200, "GET", LEADER, NULL), "term");
	api_problem(m->port, 400, "invalid_field", "POST", NODES "/n",
	    fmt("{\"term_seen\":%lld}", term + 1));
	assert_int_equal(get_int(api(m->port, 200, "GET", LEADER, NULL), "term"), term);
}

int
main(void)
{
	const struct CMUnitTest fencing[] = {
		cluster_test(a_heartbeat_of_an_earlier_incarnation_is_refused),
		cluster_test(an_incarnation_that_was_never_given_out_is_refused),
		cluster_test(a_member_whose_registration_was_lost_registers_again),
		cluster_test(incarnations_still_increase_after_a_node_leaves),
		cluster_test(a_late_departure_does_not_remove_the_successor),
		cluster_test(a_replaced_member_does_not_affect_the_new_one),
		cluster_test(a_member_that_ends_while_it_registers_leaves),
		cluster_test(new_epochs_are_higher_than_those_that_a_node_has_seen),
		cluster_test(a_leader_with_a_term_below_a_seen_one_gets_a_higher_term),
		cluster_test(tokens_that_were_never_given_out_are_refused),
		cluster_test(a_node_of_an_emptied_redis_may_report_what_it_has_seen),
		cluster_test(a_leader_is_deposed_once_after_a_failover),
	};

	return test_program(fencing);
}
