/* The scripts for nodes, called one by one: replies, effects, errors. */
#include "support/invariants.h"

#include <stdio.h>

/* Registers "n" with every field; `max_agents` and the services are parameters. */
static const char *
register_n(struct scripts *s, const char *max_agents, const char *services)
{
	return call(s, NODE_REGISTER, "n", "host", "10.0.0.7", "8152", "standby", max_agents,
	    services, "disk=ssd", "z1", "7", "", BEATS);
}

static const char *
hget(struct scripts *s, const char *id, const char *name)
{
	return scripts_redis(s, "HGET " PREFIX "node:%s %s", id, name);
}

static void
register_returns_the_node_and_writes_every_field(void **state)
{
	struct scripts *s = *state;
	const char *text = register_n(s, "5", "b,a");
	long long ms = strtoll(scripts_redis(s, "PTTL " PREFIX "heartbeat:n"), NULL, 10);

	like(text,
	    "created|*-*|n|host|10.0.0.7|8152|standby|online|1|1|5|0|7|0|b,a|disk=ssd|z1|*||0|0|0|"
	    "0|"
	    "*|3600000|");
	assert_string_equal(part(text, 17), part(text, 23)); /* registered_at, last_heartbeat */
	assert_true(ms > 3590000 && ms <= 3600000);
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "nodes 0 -1"), "n");
	assert_string_equal(scripts_redis(s, "ZSCORE " PREFIX "deadlines n"),
	    fmt("%lld", strtoll(part(text, 23), NULL, 10) + 3600000));
	/* The class lists the services in ascending order, in whatever order they were given. */
	assert_string_equal(scripts_redis(s, "SMEMBERS " PREFIX "classes"), "standby/a,b");
	like(scripts_redis(s, "XRANGE " PREFIX "events - +"), "*type|node.registered|node_id|n*");
	check_invariants(s);
}

static void
registering_again_updates_the_record_and_keeps_agents(void **state)
{
	struct scripts *s = *state;
	const char *registered;

	register_n(s, "5", "a");
	registered = hget(s, "n", "registered_at");
	like(add_agent(s, "x", "a"), "created|*");
	like(register_n(s, "9", "a,b"), "exists|*|n|*|online|1|2|9|1|7|*|a,b|*");
	assert_string_equal(hget(s, "n", "registered_at"), registered);
	assert_string_equal(scripts_redis(s, "SMEMBERS " PREFIX "classes"), "standby/a,b");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "class:standby/a"), "0");
	check_invariants(s);
	/* If the limit is lower than the number of agents, they stay, and no more are added. */
	register_n(s, "0", "a,b");
	refused(s, "NO_CAPACITY full=1", AGENT_ASSIGN, "y", "", "", "", "");
	check_invariants(s);
}

static void
registering_keeps_draining_and_makes_the_node_healthy(void **state)
{
	struct scripts *s = *state;

	register_n(s, "5", "");
	call(s, NODE_HEARTBEAT, "n", "", "", "", "", "0", "draining", "", "", "", BEATS);
	assert_string_equal(hget(s, "n", "healthy"), "0");
	check_invariants(s);
	like(register_n(s, "5", ""), "exists|*|n|*|draining|1|2|*");
	check_invariants(s);
}

static void
pending_agents_get_the_places_of_a_new_node(void **state)
{
	struct scripts *s = *state;

	add_node(s, "full", "0", "");
	like(add_agent(s, "x", "gpu"), "pending|*");
	like(add_agent(s, "y", "disk"), "pending|*");
	check_invariants(s);
	like(add_node(s, "n", "5", "disk"), "created|*|n|*|5|1|5|*");
	like(call(s, AGENT_GET, "y"), "ok||<y|n|assigned|*|requested|*>");
	like(call(s, AGENT_GET, "x"), "ok||<x||pending|*>");
	check_invariants(s);
}

static void
get_returns_one_node_and_the_leader(void **state)
{
	struct scripts *s = *state;
	const char *digest;

	refused(s, "NODE_NOT_FOUND", NODE_GET, "n");
	register_n(s, "5", "a");
	digest = scripts_digest(s);
	like(call(s, NODE_GET, "n"), "ok||n|host|*|8152|standby|online|1|*");
	assert_string_equal(scripts_digest(s), digest);
	call(s, LEADER_CAMPAIGN, "n", "nonce", "http://n", HOUR, BEATS);
	like(call(s, NODE_GET, "n"), "ok||n|host|*|8152|leader|online|1|*");
	/* An expired heartbeat shows before any script has handled it. */
	scripts_redis(s, "DEL " PREFIX "heartbeat:n");
	like(call(s, NODE_GET, "n"), "ok||n|host|*|8152|leader|online|0|*");
}

static void
list_has_pages_and_filters(void **state)
{
	struct scripts *s = *state;
	const char *digest, *text;

	add_node(s, "a", "1", "x");
	add_node(s, "b", "1", "x,y");
	add_node(s, "c", "1", "y");
	register_n(s, "1", "y");
	call(s, NODE_HEARTBEAT, "c", "", "", "", "", "", "draining", "", "", "", BEATS);
	digest = scripts_digest(s);
	like(call(s, NODE_LIST, "2", "", "", "", "", ""), "ok||b|<a|*>|<b|*>");
	like(call(s, NODE_LIST, "2", "b", "", "", "", ""), "ok|||<c|*>|<n|*>");
	like(call(s, NODE_LIST, "2", "n", "", "", "", ""), "ok||");
	like(call(s, NODE_LIST, "9", "", "draining", "", "", ""), "ok|||<c|*3600000|>");
	like(call(s, NODE_LIST, "9", "", "", "standby", "", ""), "ok|||<n|*3600000|>");
	like(call(s, NODE_LIST, "9", "", "", "", "", "z1"), "ok|||<n|*3600000|>");
	text = call(s, NODE_LIST, "9", "", "", "", "y", "");
	like(text, "ok|||<b|*>|<c|*>|<n|*>");
	assert_null(strstr(text, "<a|"));
	/* The cursor of a filtered page is where the search ended. */
	like(call(s, NODE_LIST, "1", "", "", "", "x", ""), "ok||a|<a|*3600000|>");
	assert_string_equal(scripts_digest(s), digest);
}

static void
a_heartbeat_changes_only_the_given_fields(void **state)
{
	struct scripts *s = *state;

	refused(
	    s, "NODE_NOT_FOUND", NODE_HEARTBEAT, "n", "", "", "", "", "", "", "", "", "", BEATS);
	register_n(s, "5", "");
	like(call(s, NODE_HEARTBEAT, "n", "12.5", "40.1", "55", "0.4", "", "", "", "", "", "60000",
	         "20000", "0"),
	    "ok||<n|*|online|1|1|5|0|7|0.1703|*|12.5|40.1*|55|0.4|*|60000||||20000|60000|0>");
	like(call(s, NODE_HEARTBEAT, "n", "", "0", "", "", "", "", "", "", "", BEATS),
	    "ok||<n|*|7|0.05|*|12.5|0|55|0.4|*|3600000||||1200000|3600000|0>");
	check_invariants(s);
	call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", HOUR, BEATS);
	like(call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "", "", "", "", BEATS),
	    "ok||<n|*|l|1*|*|0>");
}

/* The usage of a node counts in the means and the index only while the node itself counts there. */
static void
usage_is_counted_where_the_node_is_counted(void **state)
{
	static const char *const stands[][2] = { { "1", "online" }, { "0", "online" },
		{ "1", "draining" }, { "0", "draining" } };
	struct scripts *s = *state;
	size_t i;

	add_node(s, "full", "1", "");
	add_agent(s, "x", "");
	add_node(s, "n", "5", "");
	call(s, NODE_HEARTBEAT, "full", "80", "90", "70", "3", "", "", "", "", "", BEATS);
	check_invariants(s);
	for (i = 0; i < sizeof(stands) / sizeof(stands[0]); i++) {
		call(s, NODE_HEARTBEAT, "n", "", "", "", "", stands[i][0], stands[i][1], "", "", "",
		    BEATS);
		like(call(s, NODE_HEARTBEAT, "n", "12.5", "40.1", "55", "0.4", stands[i][0],
		         stands[i][1], "1", "", "", BEATS),
		    fmt("ok||<n|*|%s|%s|1|*|12.5|40.1|55|0.4|*", stands[i][1], stands[i][0]));
		check_invariants(s);
		like(call(s, NODE_HEARTBEAT, "n", "", "60", "", "9.25", "", "", "", "", "", BEATS),
		    fmt("ok||<n|*|%s|%s|1|*|12.5|60|55|9.25|*", stands[i][1], stands[i][0]));
		check_invariants(s);
	}
}

static void
a_change_of_health_or_status_writes_an_event(void **state)
{
	struct scripts *s = *state;

	add_node(s, "n", "5", "");
	add_agent(s, "x", "");
	like(call(s, NODE_HEARTBEAT, "n", "", "", "", "", "0", "", "", "", "", BEATS),
	    "ok|*-*|<n|*|online|0|*");
	check_invariants(s);
	refused(s, "NO_CAPACITY unhealthy=1", AGENT_ASSIGN, "y", "", "", "", "");
	like(call(s, NODE_HEARTBEAT, "n", "", "", "", "", "1", "draining", "", "", "", BEATS),
	    "ok|*-*|<n|*|draining|1|*");
	check_invariants(s);
	refused(s, "NO_CAPACITY draining=1", AGENT_ASSIGN, "y", "", "", "", "");
	add_agent(s, "y", "");
	/* When it is back, it gets the pending agent. */
	like(call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "online", "", "", "", BEATS),
	    "ok|*-*|<n|*|online|1|1|5|2|*");
	check_invariants(s);
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 3"),
	    "*agent.assigned*node.online*agent.pending*");
}

/* New tokens are higher than those that a node has seen. */
static void
a_heartbeat_raises_epochs_and_terms_above_seen_ones(void **state)
{
	struct scripts *s = *state;
	const char *text;
	char term[32], ahead[32];

	add_node(s, "n", "5", "");
	snprintf(term, sizeof(term), "%s",
	    part(call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", HOUR, BEATS), 3));
	snprintf(ahead, sizeof(ahead), "%lld", strtoll(term, NULL, 10) + 1000000);
	/* Numbers that are not higher than the stored ones change nothing, with or without a
	 * leader. */
	scripts_redis(s, "RENAME " PREFIX "lease " PREFIX "away");
	like(call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "", "1", term, "0", BEATS),
	    "ok||<n|*|||*|0>");
	assert_string_equal(scripts_redis(s, "HEXISTS " PREFIX "leader term_seen"), "0");
	scripts_redis(s, "RENAME " PREFIX "away " PREFIX "lease");
	like(call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "", "1", term, "0", BEATS),
	    fmt("ok||<n|*|l|%s|*|0>", term));
	refused(s, "INVALID_FIELD term_seen:", NODE_HEARTBEAT, "n", "", "", "", "", "", "", "",
	    ahead, "", BEATS);
	/* A replica that missed the last writes has taken over since. */
	scripts_redis(s, "HSET " PREFIX "leader history another");
	like(call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "", "1", ahead, ahead, BEATS),
	    fmt("ok||<n|*|||*|%s>", ahead));
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "lease"), "0");
	like(call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", HOUR, BEATS),
	    fmt("leader|*|l|%lld|*", strtoll(ahead, NULL, 10) + 1));
	text = add_agent(s, "x", "");
	assert_string_equal(part(text, 5), fmt("%lld", strtoll(ahead, NULL, 10) + 1));
	/* Repeated, it changes nothing. */
	like(call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "", "1", ahead, ahead, BEATS),
	    fmt("ok||<n|*|l|%lld|*|%lld>", strtoll(ahead, NULL, 10) + 1,
	        strtoll(ahead, NULL, 10) + 1));
	refused(s, "INVALID_FIELD term_seen:", NODE_HEARTBEAT, "n", "", "", "", "", "", "", "",
	    "9007199254740991", "", BEATS);
	refused(s, "INVALID_FIELD epoch_seen:", NODE_HEARTBEAT, "n", "", "", "", "", "", "", "", "",
	    "9007199254740991", BEATS);
}

/* A line of a batch of heartbeats: the node, its CPU and memory, then healthy, status and the rest. */
#define LINE(id, cpu, memory, rest) id "\t" cpu "\t" memory "\t\t\t" rest "\n"
#define PLAIN                       "\t\t\t\t"

static void
a_batch_of_heartbeats_has_the_same_effect_as_single_ones(void **state)
{
	struct scripts *s = *state;
	const char *digest;

	add_node(s, "full", "1", "");
	add_agent(s, "x", "");
	add_node(s, "n", "5", "a");
	add_node(s, "m", "5", "");
	add_node(s, "drained", "5", "");
	call(s, NODE_HEARTBEAT, "drained", "", "", "", "", "", "draining", "", "", "", BEATS);
	add_node(s, "sick", "5", "");
	call(s, NODE_HEARTBEAT, "sick", "", "", "", "", "0", "", "", "", "", BEATS);
	like(call(s, NODE_HEARTBEAT,
	         LINE("full", "80", "90", PLAIN) LINE("n", "12.5", "40.1", PLAIN)
	             LINE("n", "", "60", "1\tonline\t1\t0\t0") LINE("m", "", "", PLAIN)
	                 LINE("drained", "7", "8", "\tdraining\t\t\t")
	                     LINE("sick", "9", "9", "0\t\t\t\t"),
	         "0", BEATS),
	    "ok||<ok||full|*|1|1|*|80|90|*|||1200000|3600000|*>|<ok||n|*|12.5|40.1|*>|"
	    "<ok||n|*|12.5|60|*>|<ok||m|*|0|0|*>|<ok||drained|*|7|8|*>|<ok||sick|*|9|9|*>");
	check_invariants(s);
	like(call(s, NODE_GET, "n"), "ok||n|*|12.5|60|*");
	like(scripts_redis(s, "PTTL " PREFIX "heartbeat:m"), "3??????");
	/* A refused heartbeat has its own error; one that changes more than usage has its event. */
	add_node(s, "suspect", "5", "");
	lapse(s, "suspect");
	call(s, NODE_REGISTER, "n", "h", "10.0.0.1", "1", "worker", "5", "a", "", "", "5", "",
	    BEATS);
	like(call(s, NODE_HEARTBEAT,
	         LINE("nobody", "1", "1", PLAIN) LINE("n", "1", "1", "\t\t1\t\t")
	             LINE("n", "1", "1", "\t\t\t\t9007199254740991")
	                 LINE("n", "1", "1", "0\t\t\t\t") LINE("sick", "1", "1", "1\t\t\t\t"),
	         "0", BEATS),
	    "ok|*-*|<failed||NODE_NOT_FOUND *>|<failed||STALE_INCARNATION *>|"
	    "<failed||INVALID_FIELD epoch_seen:*>|<ok|*-*|n|*>|<ok|*-*|sick|*>");
	check_invariants(s);
	refused(s, "STALE_INCARNATION", NODE_HEARTBEAT,
	    LINE("m", "7", "7", PLAIN) LINE("n", "1", "1", "\t\t1\t\t"), "1", BEATS);
	/* An error in a batch occurs before anything is written. */
	scripts_redis(s, "SET " PREFIX "node:odd x");
	digest = scripts_digest(s);
	like(call(s, NODE_HEARTBEAT, LINE("m", "3", "", PLAIN) LINE("odd", "3", "", PLAIN), "0",
	         BEATS),
	    "!WRONGTYPE *");
	assert_string_equal(scripts_digest(s), digest);
	scripts_redis(s, "DEL " PREFIX "node:odd");
	check_invariants(s);
}

static void
an_earlier_incarnation_is_refused(void **state)
{
	struct scripts *s = *state;

	add_node(s, "n", "5", "");
	add_node(s, "n", "5", "");
	refused(s, "STALE_INCARNATION", NODE_HEARTBEAT, "n", "9", "", "", "", "", "", "1", "", "",
	    BEATS);
	refused(s, "STALE_INCARNATION", NODE_LEAVE, "n", "9", "1", "d");
	like(call(s, NODE_HEARTBEAT, "n", "9", "", "", "", "", "", "2", "", "", BEATS), "ok|*");
	/* One that was never given out. */
	refused(s, "INVALID_FIELD incarnation: 7 was never given out", NODE_HEARTBEAT, "n", "9", "",
	    "", "", "", "", "7", "", "", BEATS);
	refused(s, "INVALID_FIELD incarnation: 7 was", NODE_LEAVE, "n", "9", "7", "d");
	assert_string_equal(
	    call(s, NODE_LEAVE, "n", "9", "2", "d"), "more"); /* an index is built first */
	like(call(s, NODE_LEAVE, "n", "9", "2", "d"), "ok|*-*|0|0");
}

static void
leave_moves_agents_in_steps_and_counts_all_of_them(void **state)
{
	struct scripts *s = *state;
	int i;

	refused(s, "NODE_NOT_FOUND", NODE_LEAVE, "n", "2", "", "d");
	add_node(s, "n", "10", "");
	for (i = 0; i < 5; i++)
		like(add_agent(s, fmt("a%d", i), ""), "created|*");
	add_node(s, "m", "3", "");
	assert_string_equal(call(s, NODE_LEAVE, "n", "2", "", "d"), "more");
	check_invariants(s);
	assert_string_equal(hget(s, "n", "leaving"), "1");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "heartbeat:n"), "0");
	/* Halfway, its heartbeats are refused, and it gets no agents. */
	refused(
	    s, "NODE_NOT_FOUND", NODE_HEARTBEAT, "n", "", "", "", "", "", "", "", "", "", BEATS);
	assert_string_equal(call(s, NODE_LEAVE, "n", "2", "", "d"), "more");
	check_invariants(s);
	like(call(s, NODE_LEAVE, "n", "2", "", "d"), "ok|*-*|3|2");
	check_invariants(s);
	assert_string_equal(scripts_redis(s, "KEYS *n*:n"), "");
	like(call(s, AGENT_GET, "a0"), "ok||<a0|m|assigned|*|n|node_left||||host-m|*>");
	like(call(s, AGENT_GET, "a4"), "ok||<a4||pending|*|n|node_left|*>");
	refused(s, "NODE_NOT_FOUND", NODE_LEAVE, "n", "2", "", "d");
	like(call(s, NODE_LEAVE, "m", "9", "", "d"), "ok|*-*|0|3");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "classes"), "0");
	check_invariants(s);
}

/* Departures are told apart by their nonces. The leader does not touch a departure in progress for
 * a while. */
static void
leave_calls_with_the_same_nonce_are_one_departure(void **state)
{
	struct scripts *s = *state;
	long long since;
	int i;

	add_node(s, "n", "10", "");
	for (i = 0; i < 5; i++)
		add_agent(s, fmt("a%d", i), "");
	add_node(s, "m", "10", "");
	assert_string_equal(call(s, NODE_LEAVE, "n", "2", "", "first"), "more");
	since = strtoll(scripts_redis(s, "ZSCORE " PREFIX "evacuating n"), NULL, 10);
	assert_true(since > redis_ms(s) + 1000 && since <= redis_ms(s) + 2000);
	refused(s, "NODE_NOT_FOUND", NODE_LEAVE, "n", "2", "", "second");
	/* It registers again before its last agent is moved: this departure ends and moves no more
	 * agents. */
	like(add_node(s, "n", "10", ""), "exists|*|online|1|2|10|3|*");
	assert_string_equal(call(s, NODE_LEAVE, "n", "2", "", "first"), "ok||2|0");
	assert_string_equal(hget(s, "n", "active_agents"), "3");
	check_invariants(s);
	/* The next departure counts from zero. */
	assert_string_equal(call(s, NODE_LEAVE, "n", "2", "", "second"), "more");
	like(call(s, NODE_LEAVE, "n", "2", "", "second"), "ok|*-*|3|0");
	check_invariants(s);
}

static void
every_script_for_nodes_was_called(void **state)
{
	(void)state;
	scripts_check_called("nodes");
}

int
main(void)
{
	const struct CMUnitTest scripts_nodes[] = {
		scripts_test(register_returns_the_node_and_writes_every_field),
		scripts_test(registering_again_updates_the_record_and_keeps_agents),
		scripts_test(registering_keeps_draining_and_makes_the_node_healthy),
		scripts_test(pending_agents_get_the_places_of_a_new_node),
		scripts_test(get_returns_one_node_and_the_leader),
		scripts_test(list_has_pages_and_filters),
		scripts_test(a_heartbeat_changes_only_the_given_fields),
		scripts_test(usage_is_counted_where_the_node_is_counted),
		scripts_test(a_change_of_health_or_status_writes_an_event),
		scripts_test(a_heartbeat_raises_epochs_and_terms_above_seen_ones),
		scripts_test(a_batch_of_heartbeats_has_the_same_effect_as_single_ones),
		scripts_test(an_earlier_incarnation_is_refused),
		scripts_test(leave_moves_agents_in_steps_and_counts_all_of_them),
		scripts_test(leave_calls_with_the_same_nonce_are_one_departure),
		cmocka_unit_test(every_script_for_nodes_was_called),
	};

	return test_program(scripts_nodes);
}
