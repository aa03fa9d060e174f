/*
 * What requirements change: resources come back on every way out, those who wait are woken by each change
 * that lets them in, priorities and limits of waiting, and choices that take several calls. Which node is
 * chosen is compared with a model in requirements_oracle_test.c.
 */
#include "support/invariants.h"
#include "support/program.h"
#include "support/scripts.h"

#include <stdlib.h>

/* Registers a node with labels ("k=v,…"), a zone and resources ("name=amount,…"). */
static void
add(struct scripts *s, const char *id, const char *max_agents, const char *labels, const char *zone,
    const char *resources)
{
	call(s, NODE_REGISTER, id, "h", "10.0.0.1", "80", "worker", max_agents, "", labels, zone,
	    max_agents, resources, BEATS);
}

/* Asks for an agent with these terms. */
static const char *
ask(struct scripts *s, const char *id, const char *terms)
{
	const char *text;

	do
		text = call(s, AGENT_ASSIGN, id, "", "", "", terms);
	while (strcmp(text, "more") == 0);
	return text;
}

/* Where the agent is: the node, or "" while it waits. */
static const char *
node_of(struct scripts *s, const char *id)
{
	return scripts_redis(s, "HGET %sassignment:%s node_id", PREFIX, id);
}

static const char *
allocated(struct scripts *s, const char *node)
{
	return scripts_redis(s, "HGET %snode:%s allocated", PREFIX, node);
}

/* Lets the leader serve the queue until nobody more can be placed. */
static void
serve(struct scripts *s, const char *term)
{
	const char *text;

	do
		text = call(s, PENDING_PLACE, LEADER, "100");
	while (strcmp(text, "more") == 0 || strcmp(part(text, 3), "1") == 0);
}

/* Fails unless the check of the whole state finds nothing. */
static void
check_state(struct scripts *s)
{
	char cursor[256] = "";

	do {
		const char *text = call(s, STATE_CHECK, "50", cursor);

		like(text, "ok||*");
		snprintf(cursor, sizeof(cursor), "%s", part(text, 2));
		assert_null(strchr(text, '<'));
	} while (*cursor != '\0');
}

static void
resources_come_back_on_every_way_out(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	add(s, "n", "10", "", "", "gpu=4,mb=100");
	add(s, "m", "10", "", "", "gpu=4");
	like(ask(s, "a", "|resource:gpu=3 resource:mb=60"), "created|*<a|n|*");
	assert_string_equal(allocated(s, "n"), "gpu=3,mb=60");
	like(ask(s, "b", "|resource:mb=41"), "*NO_CAPACITY resource=2*");
	like(ask(s, "b", "|resource:gpu=2"), "created|*<b|m|*");
	call(s, AGENT_RELEASE, "a", "");
	assert_string_equal(allocated(s, "n"), "");
	/* Moved, as its node leaves. */
	call(s, NODE_LEAVE, "m", "10", "", "nonce");
	assert_string_equal(node_of(s, "b"), "n");
	assert_string_equal(allocated(s, "n"), "gpu=2");
	assert_string_equal(
	    scripts_redis(
	        s, "HMGET %sresources allocated:gpu allocated:mb total:gpu total:mb", PREFIX),
	    "2||4|100");
	/* It registers with less than is taken: nothing more fits until that is given back. */
	add(s, "n", "10", "", "", "gpu=1");
	like(ask(s, "c", "|resource:gpu=1"), "*NO_CAPACITY resource=1*");
	call(s, AGENT_RELEASE, "b", "");
	like(ask(s, "c", "|resource:gpu=1"), "created|*<c|n|*");
	check_state(s);
}

static void
who_waits_is_woken_by_what_lets_it_in(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	add(s, "n", "2", "arch=x86", "a", "gpu=1");
	like(ask(s, "holder", "|resource:gpu=1"), "created|*");
	like(ask(s, "by_label", "queue|label:arch=arm"), "pending|*|1|label=1|*");
	like(ask(s, "by_zone", "queue|zone:b"), "pending|*|2|zone=1|*");
	like(ask(s, "by_resource", "queue|resource:gpu=1"), "pending|*|3|resource=1|*");
	like(ask(s, "by_group", "|group:g spread:node/1//"), "created|*|n|*");
	like(ask(s, "of_group", "queue|group:g spread:node/1//"), "pending|*|4|full=1|*");
	/* A node comes, and one changes its zone. */
	add(s, "m", "1", "arch=arm", "a", "");
	assert_string_equal(node_of(s, "by_label"), "m");
	call(s, AGENT_RELEASE, "by_label", "");
	assert_string_equal(node_of(s, "of_group"), "m");
	add(s, "m", "2", "arch=arm", "b", "");
	assert_string_equal(node_of(s, "by_zone"), "m");
	/* An agent gives back what it has taken. */
	call(s, AGENT_RELEASE, "holder", "");
	assert_string_equal(node_of(s, "by_resource"), "n");
	serve(s, term);
	assert_string_equal(scripts_redis(s, "ZCARD %spending", PREFIX), "0");
	assert_string_equal(
	    scripts_redis(s, "EXISTS %sselective_groups %spending_reasons", PREFIX, PREFIX), "0");
	check_state(s);
}

static void
the_queue_is_by_priority_and_then_by_age(void **state)
{
	static const char *const order[] = { "urgent", "first", "second", "plain", "raised" };
	struct scripts *s = *state;
	size_t i;

	add_node(s, "n", "1", "");
	add_agent(s, "a", "");
	ask(s, "first", "queue priority:5");
	ask(s, "plain", "queue");
	ask(s, "second", "queue priority:5");
	ask(s, "urgent", "queue priority:100|label:arch=arm");
	ask(s, "raised", "queue priority:1");
	like(call(s, AGENT_UPDATE, "urgent", "", "100", ""), "ok||urgent|*|1|label=1|*");
	like(call(s, AGENT_UPDATE, "plain", "{\"k\":\"v\"}", "3", ""),
	    "ok|*-*|plain||pending|*|3|{\"k\":\"v\"}|*|4|full=1|*");
	like(call(s, AGENT_UPDATE, "raised", "", "0", ""), "ok|*-*|raised|*|5|full=1|*");
	like(call(s, AGENT_LIST, "10", "", "", "pending", ""),
	    "ok||*<urgent|*<first|*<second|*<plain|*<raised|*");
	for (i = 1; i < sizeof(order) / sizeof(order[0]); i++) {
		call(s, AGENT_RELEASE, i == 1 ? "a" : order[i - 1], "");
		assert_string_equal(node_of(s, order[i]), "n");
	}
	add(s, "m", "1", "arch=arm", "", "");
	assert_string_equal(node_of(s, "urgent"), "m");
	refused(s, "ASSIGNMENT_NOT_FOUND", AGENT_UPDATE, "nobody", "", "1", "");
	refused(s, "STALE_EPOCH", AGENT_UPDATE, "urgent", "", "1", "1");
	like(call(s, AGENT_UPDATE, "urgent", "{}", "0", ""), "ok|*-*|urgent|m|assigned|*");
	check_state(s);
}

static void
who_has_waited_for_too_long_is_released(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	ask(s, "patient", "queue ttl:3600000");
	ask(s, "a", "queue ttl:1");
	ask(s, "b", "queue ttl:1|zone:z");
	while (redis_ms(s) <= atoll(scripts_redis(s, "ZSCORE %sexpiring b", PREFIX)))
		;
	serve(s, term);
	assert_string_equal(scripts_redis(s, "ZRANGE %spending 0 -1", PREFIX), "patient");
	assert_string_equal(
	    scripts_redis(s, "EXISTS %sassignment:a %sassignment:b", PREFIX, PREFIX), "0");
	like(scripts_redis(s, "XREVRANGE %sevents + - COUNT 1", PREFIX),
	    "*agent.expired|agent_id|b|*|reason|expired>>");
	/* One that is placed in time stays. */
	add_node(s, "n", "1", "");
	assert_string_equal(node_of(s, "patient"), "n");
	assert_string_equal(scripts_redis(s, "EXISTS %sexpiring", PREFIX), "0");
	check_state(s);
}

static void
a_dry_run_changes_nothing(void **state)
{
	struct scripts *s = *state;
	char before[128];

	add(s, "n", "2", "arch=arm", "", "gpu=1");
	add(s, "m", "2", "", "", "");
	add_agent(s, "b", ""); /* which builds the index */
	call(s, AGENT_RELEASE, "b", "");
	snprintf(before, sizeof(before), "%s", scripts_digest(s));
	like(ask(s, "a", "dry|resource:gpu=1"), "ok||<a|n|assigned|*");
	like(ask(s, "a", "dry explain|label:arch=arm"),
	    "*\"eligible\":1,\"filtered\":{\"label\":1},\"top\":[{\"node_id\":\"n\",*");
	like(ask(s, "a", "dry explain"),
	    "*\"eligible\":2,\"filtered\":{},\"top\":[{\"node_id\":\"m\",*");
	like(ask(s, "a", "dry queue|zone:z"), "ok||<a||pending|*");
	like(ask(s, "a", "dry|zone:z"), "*NO_CAPACITY zone=2*");
	assert_string_equal(scripts_digest(s), before);
}

/* So many nodes that not all can be looked at in one call. */
static void
the_one_node_that_fits_is_found_in_several_calls(void **state)
{
	enum { NODES = 700 };
	struct scripts *s = *state;
	int i, calls = 0;
	const char *text;

	for (i = 0; i < NODES; i++)
		add(s, fmt("n%03d", i), "1", i % 2 ? "odd=1" : "odd=0", fmt("z%d", i % 2),
		    i == 501 ? "gpu=2" : "gpu=1");
	/* Half of the nodes have the label, the others the zone. */
	like(ask(s, "a", "|label:odd=1 zone:z0"),
	    fmt("*NO_CAPACITY label=%d zone=%d*", NODES / 2, NODES / 2));
	like(ask(s, "b", "|label:odd=1 resource:gpu=2"), "created|*<b|n501|*");
	like(ask(s, "c", "|resource:gpu=2"), fmt("*NO_CAPACITY resource=%d*", NODES));
	do {
		text = call(s, AGENT_ASSIGN, "d", "", "", "", "explain|resource:gpu=1");
		calls++;
	} while (strcmp(text, "more") == 0);
	like(text, fmt("created|*\"eligible\":%d,\"filtered\":{\"resource\":1}*", NODES - 1));
	assert_true(calls > 2);
	assert_string_equal(scripts_redis(s, "EXISTS %ssurvey:d", PREFIX), "0");
	check_state(s);
}

/* The first agents of the group have come without a spread. */
static void
a_group_is_counted_when_it_is_spread_in_a_new_way(void **state)
{
	enum { NODES = 600 };
	struct scripts *s = *state;
	int i;

	for (i = 0; i < NODES; i++)
		add(s, fmt("n%03d", i), "2", fmt("rack=%d", i % 3), "", "");
	for (i = 0; i < NODES; i++)
		if (i % 3 != 1)
			ask(s, fmt("a%d", i), fmt("|node:n%03d group:g", i));
	ask(s, "b", "|group:g spread:label:rack//1/");
	assert_int_equal(atoi(node_of(s, "b") + 1) % 3, 1);
	assert_string_equal(
	    scripts_redis(s, "ZRANGE %sgroup_domains:label:rack/g 0 -1 WITHSCORES", PREFIX),
	    "1|1|0|200|2|200");
	/* A node that changes its rack takes its agents with it. */
	add(s, "n000", "2", "rack=1", "", "");
	assert_string_equal(
	    scripts_redis(s, "ZRANGE %sgroup_domains:label:rack/g 0 -1 WITHSCORES", PREFIX),
	    "1|2|0|199|2|200");
	check_state(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scripts_test(resources_come_back_on_every_way_out),
		scripts_test(who_waits_is_woken_by_what_lets_it_in),
		scripts_test(the_queue_is_by_priority_and_then_by_age),
		scripts_test(who_has_waited_for_too_long_is_released),
		scripts_test(a_dry_run_changes_nothing),
		scripts_test(the_one_node_that_fits_is_found_in_several_calls),
		scripts_test(a_group_is_counted_when_it_is_spread_in_a_new_way),
	};

	return test_program(tests);
}
