/* The scripts for agents, called one by one: replies, effects, errors, queue and epochs. */
#include "support/invariants.h"

#include <stdio.h>
#include <stdlib.h>

static const char *
field_of(struct scripts *s, const char *agent, const char *name)
{
	return scripts_redis(s, "HGET " PREFIX "assignment:%s %s", agent, name);
}

static long long
epoch_of(struct scripts *s, const char *agent)
{
	return strtoll(field_of(s, agent, "epoch"), NULL, 10);
}

static void
assign_assigns_the_agent_to_a_node(void **state)
{
	struct scripts *s = *state;
	long long now = redis_ms(s);
	const char *text;

	add_node(s, "n", "2", "a,b");
	text = add_agent(s, "x", "b,a");
	like(text,
	    "created|*-*|<x|n|assigned|*|b,a|least_loaded|*|1|||||requested||||host-n|10.0.0.1|80|"
	    "1|>");
	assert_true(strtoll(part(text, 5), NULL, 10) >= now);
	assert_string_equal(
	    part(text, 8), part(text, 5)); /* assigned_at, epoch: both are the time of the clock */
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "x");
	assert_string_equal(scripts_redis(s, "HGETALL " PREFIX "roster:1"), "x|1");
	assert_string_equal(scripts_redis(s, "HMGET " PREFIX "node:n active_agents chosen"),
	    fmt("1|%s", scripts_redis(s, "HGET " PREFIX "assignment:x epoch")));
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 1"),
	    "*type|agent.assigned|agent_id|x|node_id|n|epoch|*");
	check_invariants(s);
	like(call(s, AGENT_ASSIGN, "y", "", "round-robin", "{\"k\":\"v\"}", ""), "more");
	like(call(s, AGENT_ASSIGN, "y", "", "round-robin", "{\"k\":\"v\"}", ""),
	    "created|*-*|<y|n|assigned|*||round_robin|*|2|||{\"k\":\"v\"}|*>");
	assert_string_equal(field_of(s, "y", "asked"), "round_robin");
	assert_string_equal(field_of(s, "x", "asked"), "");
	check_invariants(s);
}

static void
assigning_again_returns_the_same_assignment(void **state)
{
	struct scripts *s = *state;
	const char *text, *digest;

	add_node(s, "n", "2", "a,b");
	text = add_agent(s, "x", "a,b");
	digest = scripts_digest(s);
	like(call(s, AGENT_ASSIGN, "x", "b,a", "random", "{}", ""),
	    fmt("exists||<x|n|assigned|%s|a,b|least_loaded|*|1||*>", part(text, 5)));
	assert_string_equal(scripts_digest(s), digest);
	like(add_agent(s, "q", "z"), "pending|*");
	digest = scripts_digest(s);
	like(call(s, AGENT_ASSIGN, "q", "z", "", "", ""), "exists||<q||pending|*>");
	assert_string_equal(scripts_digest(s), digest);
}

static void
assign_returns_its_errors(void **state)
{
	struct scripts *s = *state;

	add_node(s, "n", "1", "a");
	add_agent(s, "x", "a");
	refused(s, "UNKNOWN_STRATEGY", AGENT_ASSIGN, "y", "", "best", "", "");
	refused(s, "ASSIGNMENT_CONFLICT", AGENT_ASSIGN, "x", "", "", "", "");
	refused(s, "ASSIGNMENT_CONFLICT", AGENT_ASSIGN, "x", "a,b", "", "", "queue");
	refused(s, "NO_CAPACITY full=1", AGENT_ASSIGN, "y", "", "", "", "");
	refused(s, "NO_CAPACITY service=1", AGENT_ASSIGN, "y", "b", "", "", "");
	/* Nor does it count as a use of the strategy that it names. */
	while (strcmp(call(s, BALANCE_SET, "weighted"), "more") == 0)
		continue;
	call(s, BALANCE_SET, "least_loaded");
	scripts_redis(s, "HDEL " PREFIX "settings used:weighted");
	refused(s, "NO_CAPACITY service=1", AGENT_ASSIGN, "y", "b", "weighted", "", "");
	/* A service whose name begins with a service of the node is a different one. */
	add_node(s, "m", "1", "abc");
	refused(s, "NO_CAPACITY service=2", AGENT_ASSIGN, "y", "ab", "", "", "");
	/* A heartbeat that has expired, but is not handled yet. */
	scripts_redis(s, "DEL " PREFIX "heartbeat:m");
	refused(s, "NO_CAPACITY service=1 unhealthy=1", AGENT_ASSIGN, "y", "abc", "", "", "");
	scripts_redis(s, "FLUSHDB");
	call(s, NODE_REGISTER, "r", "h", "10.0.0.1", "1", "replica", "5", "", "", "", "5", "",
	    BEATS);
	/* No index is built for a request that is refused. */
	refused(s, "NO_CAPACITY role=1", AGENT_ASSIGN, "y", "", "", "", "");
	refused(s, "NO_CAPACITY role=1", AGENT_ASSIGN, "y", "", "weighted", "", "");
	check_invariants(s);
}

static void
get_returns_one_assignment(void **state)
{
	struct scripts *s = *state;
	const char *digest;

	like(call(s, AGENT_GET, "x"), "!ASSIGNMENT_NOT_FOUND *");
	add_node(s, "n", "1", "");
	add_agent(s, "x", "");
	add_agent(s, "y", "");
	digest = scripts_digest(s);
	like(call(s, AGENT_GET, "x"),
	    "ok||<x|n|assigned|*||least_loaded|*|1|||||requested||||host-n|*|1|>");
	like(call(s, AGENT_GET, "y"),
	    "ok||<y||pending|*||least_loaded||2|||||requested|*|*|*||||0|>");
	like(call(s, AGENT_GET, "y\nz\nx\n"),
	    "ok||<ok||y||pending|*>|<failed||ASSIGNMENT_NOT_FOUND *'z'>|<ok||x|n|assigned|*|1|>");
	assert_string_equal(scripts_digest(s), digest);
	scripts_redis(s, "DEL " PREFIX "heartbeat:n");
	like(call(s, AGENT_GET, "x"), "ok||<x|n|assigned|*|host-n|*|0|>");
}

static void
list_has_pages_and_filters(void **state)
{
	struct scripts *s = *state;
	const char *digest;

	add_node(s, "n", "2", "a,b");
	add_agent(s, "1", "a");
	add_agent(s, "2", "b");
	add_agent(s, "9", "a");
	add_agent(s, "3", "a");
	digest = scripts_digest(s);
	like(call(s, AGENT_LIST, "3", "", "", "", ""), "ok||3|<1|n|*>|<2|n|*>|<9||*>");
	like(call(s, AGENT_LIST, "3", "3", "", "", ""), "ok|||<3||pending|*||0|>");
	like(call(s, AGENT_LIST, "3", "4", "", "", ""), "ok||");
	refused(s, "INVALID_FIELD cursor:", AGENT_LIST, "3", "a", "", "", "");
	refused(s, "INVALID_FIELD cursor:", AGENT_LIST, "3", "-1", "n", "", "");
	like(call(s, AGENT_LIST, "1", "", "n", "", ""), "ok||1|<1|n|*|1|>");
	like(call(s, AGENT_LIST, "5", "1", "n", "assigned", ""), "ok|||<2|n|*|1|>");
	assert_string_equal(call(s, AGENT_LIST, "5", "", "n", "pending", ""), "ok||");
	assert_string_equal(call(s, AGENT_LIST, "5", "", "none", "", ""), "ok||");
	like(call(s, AGENT_LIST, "5", "", "", "assigned", "b"), "ok|||<2|n|*|1|>");
	/* Pending agents are listed by age; the cursor is the number in the queue. */
	refused(s, "INVALID_FIELD cursor:", AGENT_LIST, "1", "9a", "", "pending", "");
	like(call(s, AGENT_LIST, "1", "", "", "pending", ""), "ok||1|<9|*|0|>");
	like(call(s, AGENT_LIST, "1", "1", "", "pending", ""), "ok|||<3|*|0|>");
	assert_string_equal(scripts_digest(s), digest);
}

/* The fields of an assignment, without times and numbers. */
static const char *
shown(struct scripts *s, const char *id)
{
	static const char *const fields[] = { "epoch", "least_loaded" };
	char text[1024], *at;
	size_t i;

	snprintf(text, sizeof(text), "%s", scripts_redis(s, "HGETALL " PREFIX "assignment:%s", id));
	for (i = 0; i < 2; i++) {
		at = strstr(text, fmt("%s|1", fields[i]));
		assert_non_null(at);
		at += strlen(fields[i]) + 1;
		memset(at, '#', 13);
	}
	/* The number of the agent follows. */
	at += strlen("#############|");
	memmove(at, at + strspn(at, "0123456789"), strlen(at + strspn(at, "0123456789")) + 1);
	return fmt("%s", text);
}

static void
elect_and_drop(struct scripts *s)
{
	char term[32];

	if (*scripts_redis(s, "GET " PREFIX "lease") == '\0')
		elect(s, term);
	snprintf(term, sizeof(term), "%s", scripts_redis(s, "HGET " PREFIX "leader term"));
	scripts_redis(s, "HSET " PREFIX "settings used:random 1");
	assert_string_equal(call(s, INDEX_DROP, LEADER, HOUR), "ok||random");
}

/* Whichever indexes are kept, an assignment has the same record, its number apart, and the same row. */
static void
a_second_index_changes_nothing_in_an_assignment(void **state)
{
	static const char *const services[] = { "", "a", "b,a" },
	                         *const metadata[] = { "", "{\"k\":\"v\"}" };
	struct scripts *s = *state;
	char row[512], record[512];
	size_t i, k;

	add_node(s, "n", "100", "a,b");
	add_agent(s, "first", "");
	for (i = 0; i < 3; i++)
		for (k = 0; k < 2; k++) {
			const char *text =
			    call(s, AGENT_ASSIGN, "x", services[i], "", metadata[k], "");

			snprintf(row, sizeof(row), "%s", strchr(text, '<'));
			snprintf(record, sizeof(record), "%s", shown(s, "x"));
			check_invariants(s);
			call(s, AGENT_RELEASE, "x", "");
			while (strcmp(call(s, BALANCE_SET, "random"), "more") == 0)
				continue;
			call(s, BALANCE_SET, "least_loaded");
			text = call(s, AGENT_ASSIGN, "x", services[i], "", metadata[k], "");
			assert_string_equal(shown(s, "x"), record);
			assert_int_equal(strlen(strchr(text, '<')) - strlen(part(text, 9)),
			    strlen(row) - strlen(part(row, 7)));
			check_invariants(s);
			call(s, AGENT_RELEASE, "x", "");
			elect_and_drop(s);
		}
}

/* The ids that a page of the list has, and its cursor. */
static const char *
page_of_agents(struct scripts *s, const char *limit, char cursor[16])
{
	char *list = strdup(call(s, AGENT_LIST, limit, cursor, "", "", "")), *item = list;
	char ids[1024] = "";

	assert_non_null(list);
	snprintf(cursor, 16, "%s", part(list, 2));
	while ((item = strchr(item + 1, '<')) != NULL)
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s ", part(item, 0));
	free(list);
	return fmt("%s", ids);
}

/* Agents come and go while somebody reads the list: each that stays is seen once, in the order of creation. */
static void
the_list_of_agents_is_in_order_of_creation(void **state)
{
	struct scripts *s = *state;
	char cursor[16] = "";
	int i;

	add_node(s, "n", "500", "");
	for (i = 0; i < 70; i++)
		add_agent(s, fmt("a%02d", i * 3 % 70), "");
	assert_string_equal(page_of_agents(s, "3", cursor), "a00 a03 a06 ");
	/* The last one of the page goes, and one that has been seen is created anew. */
	call(s, AGENT_RELEASE, "a06", "");
	call(s, AGENT_RELEASE, "a00", "");
	add_agent(s, "a00", "");
	assert_string_equal(page_of_agents(s, "4", cursor), "a09 a12 a15 a18 ");
	for (i = 0; i < 62; i++)
		call(s, AGENT_RELEASE, fmt("a%02d", (i + 7) * 3 % 70), "");
	check_invariants(s);
	assert_string_equal(page_of_agents(s, "9", cursor), "a67 a00 ");
	assert_string_equal(cursor, "");
	/* An id of more than 64 bytes makes Redis keep the page in no order. */
	add_agent(s, "an-id-of-more-than-sixty-four-bytes-an-id-of-more-than-sixty-four-bytes", "");
	for (i = 0; i < 5; i++)
		add_agent(s, fmt("z%d", 9 - i), "");
	assert_string_equal(page_of_agents(s, "20", cursor),
	    "a03 a09 a12 a15 a18 a67 a00 "
	    "an-id-of-more-than-sixty-four-bytes-an-id-of-more-than-sixty-four-bytes "
	    "z9 z8 z7 z6 z5 ");
	check_invariants(s);
}

static void
the_list_of_agents_has_small_pages_and_none_is_left(void **state)
{
	enum { AGENTS = 500 };
	struct scripts *s = *state;
	char cursor[16] = "", batch[8192] = "";
	int i, n = 0;

	add_node(s, "n", "500", "");
	for (i = 0; i < AGENTS / 2; i++)
		like(add_agent(s, fmt("a%03d", i * 7 % (AGENTS / 2)), ""), "created|*");
	for (; i < AGENTS; i++)
		snprintf(
		    batch + strlen(batch), sizeof(batch) - strlen(batch), "a%03d\t\t\t\t\n", i);
	like(call(s, AGENT_ASSIGN, batch, "0"), "ok|*<created|*");
	for (i = 0; i < AGENTS; i++)
		if (strncmp(call(s, AGENT_GET, fmt("a%03d", i)), "ok", 2) != 0)
			like(add_agent(s, fmt("a%03d", i), ""), "created|*");
	check_invariants(s);
	assert_string_equal(scripts_redis(s, "ZCARD " PREFIX "roster"), "16");
	for (i = 1; i <= 16; i++) {
		assert_string_equal(
		    scripts_redis(s, "OBJECT ENCODING " PREFIX "roster:%d", i), "listpack");
		n += atoi(scripts_redis(s, "HLEN " PREFIX "roster:%d", i));
	}
	assert_int_equal(n, AGENTS);
	for (n = 0; n == 0 || cursor[0] != '\0'; n += 90) {
		page_of_agents(s, "90", cursor);
		assert_string_equal(cursor, n + 90 < AGENTS ? fmt("%d", n + 90) : "");
	}
	assert_int_equal(n, 540);
	for (i = 0; i < AGENTS; i++)
		like(call(s, AGENT_RELEASE, fmt("a%03d", i * 11 % AGENTS), ""), "deleted|*");
	assert_string_equal(scripts_redis(s, "KEYS *roster:*"), "");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "roster 0 -1"), "16");
	like(add_agent(s, "a", ""), "created|*");
	check_invariants(s);
}

static void
release_frees_the_place_and_checks_the_epoch(void **state)
{
	struct scripts *s = *state;
	char epoch[32];

	refused(s, "ASSIGNMENT_NOT_FOUND", AGENT_RELEASE, "x", "");
	add_node(s, "n", "1", "");
	snprintf(epoch, sizeof(epoch), "%s", part(add_agent(s, "x", ""), 5));
	refused(s, "STALE_EPOCH", AGENT_RELEASE, "x", fmt("%lld", epoch_of(s, "x") - 1));
	like(call(s, AGENT_RELEASE, "x", epoch), "deleted|*-*");
	check_invariants(s);
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "assignment:x"), "0");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "roster:1"), "0");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "node_agents:n"), "0");
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 1"), "*agent.released*x*");
	refused(s, "ASSIGNMENT_NOT_FOUND", AGENT_RELEASE, "x", epoch);
	/* A pending agent is removed from the queue. */
	add_agent(s, "x", "");
	add_agent(s, "y", "");
	like(call(s, AGENT_RELEASE, "y", ""), "deleted|*-*");
	check_invariants(s);
	assert_string_equal(scripts_redis(s, "KEYS " PREFIX "pending*"), "");
}

/* The order in which pending agents get the places of released ones. */
static void
the_oldest_agent_that_fits_gets_a_released_place(void **state)
{
	struct scripts *s = *state;

	add_node(s, "n", "1", "a,b");
	add_agent(s, "x", "a");
	add_agent(s, "z", "c"); /* it is the oldest, but no node has its service */
	add_agent(s, "q2", "b");
	add_agent(s, "q1", "a");
	add_agent(s, "q0", "a,b");
	check_invariants(s);
	call(s, AGENT_RELEASE, "x", "");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "q2");
	check_invariants(s);
	/* A new agent is not placed before pending ones that need the same. */
	refused(s, "NO_CAPACITY waiting=1", AGENT_ASSIGN, "new", "b,a", "", "", "");
	refused(s, "NO_CAPACITY full=1", AGENT_ASSIGN, "new", "", "", "", "");
	call(s, AGENT_RELEASE, "q2", "");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "q1");
	/* An agent that is queued again goes to the end. */
	add_agent(s, "q2", "b");
	call(s, AGENT_RELEASE, "q1", "");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "q0");
	check_invariants(s);
	call(s, AGENT_RELEASE, "q0", "");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "q2");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "pending 0 -1"), "z");
	check_invariants(s);
}

/* Epochs increase over release and re-assignment, queue and placement, even if they are ahead of
 * the clock. */
static void
epochs_strictly_increase(void **state)
{
	struct scripts *s = *state;
	long long last = 0, ahead = redis_ms(s) + 1000000;
	int i;

	add_node(s, "n", "1", "");
	for (i = 0; i < 20; i++) {
		like(add_agent(s, "x", ""), "created|*");
		assert_true(epoch_of(s, "x") > last);
		last = epoch_of(s, "x");
		call(s, AGENT_RELEASE, "x", "");
	}
	/* As after the clock was set back: new epochs are above those that were assigned. */
	scripts_redis(s, "HSET " PREFIX "totals epoch %lld", ahead);
	add_agent(s, "x", "");
	assert_true(epoch_of(s, "x") == ahead + 1);
	/* Pending, then placed. */
	like(add_agent(s, "y", ""), "pending|*");
	last = epoch_of(s, "y");
	call(s, AGENT_RELEASE, "x", "");
	assert_string_equal(field_of(s, "y", "node_id"), "n");
	assert_true(epoch_of(s, "y") > last);
	last = epoch_of(s, "y");
	/* Its node leaves: it is pending, and then on the next node. */
	like(call(s, NODE_LEAVE, "n", "5", "", "d"), "ok|*|0|1");
	assert_true(epoch_of(s, "y") > last);
	last = epoch_of(s, "y");
	add_node(s, "m", "1", "");
	assert_string_equal(field_of(s, "y", "node_id"), "m");
	assert_string_equal(field_of(s, "y", "previous_node_id"), "n");
	assert_true(epoch_of(s, "y") > last);
	check_invariants(s);
}

static void
update_changes_metadata_and_priority(void **state)
{
	struct scripts *s = *state;
	const char *epoch, *digest;

	refused(s, "ASSIGNMENT_NOT_FOUND", AGENT_UPDATE, "x", "", "1", "");
	add_node(s, "n", "1", "");
	while (strcmp(call(s, AGENT_ASSIGN, "x", "", "", "{\"k\":\"v\"}", ""), "more") == 0)
		continue;
	epoch = field_of(s, "x", "epoch");
	like(call(s, AGENT_UPDATE, "x", "", "7", ""),
	    "ok|*-*|x|n|assigned|*|least_loaded|*|1||7|{\"k\":\"v\"}||requested|*");
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 1"),
	    "*type|agent.changed|agent_id|x|node_id|n|epoch|*");
	assert_string_equal(field_of(s, "x", "epoch"), epoch);
	like(call(s, AGENT_UPDATE, "x", "{\"l\":\"w\"}", "", epoch),
	    "ok|*-*|x|n|*|1||7|{\"l\":\"w\"}|*");
	digest = scripts_digest(s);
	like(call(s, AGENT_UPDATE, "x", "{\"l\":\"w\"}", "7", ""), "ok||x|n|*|1||7|*");
	refused(s, "STALE_EPOCH", AGENT_UPDATE, "x", "{}", "", "1");
	assert_string_equal(scripts_digest(s), digest);
	like(call(s, AGENT_UPDATE, "x", "{}", "0", ""), "ok|*-*|x|n|*|1||||*");
	check_invariants(s);
}

static void
every_script_for_agents_was_called(void **state)
{
	(void)state;
	scripts_check_called("assignments");
}

int
main(void)
{
	const struct CMUnitTest scripts_assignments[] = {
		scripts_test(assign_assigns_the_agent_to_a_node),
		scripts_test(assigning_again_returns_the_same_assignment),
		scripts_test(assign_returns_its_errors),
		scripts_test(get_returns_one_assignment),
		scripts_test(list_has_pages_and_filters),
		scripts_test(a_second_index_changes_nothing_in_an_assignment),
		scripts_test(the_list_of_agents_is_in_order_of_creation),
		scripts_test(the_list_of_agents_has_small_pages_and_none_is_left),
		scripts_test(release_frees_the_place_and_checks_the_epoch),
		scripts_test(the_oldest_agent_that_fits_gets_a_released_place),
		scripts_test(epochs_strictly_increase),
		scripts_test(update_changes_metadata_and_priority),
		cmocka_unit_test(every_script_for_agents_was_called),
	};

	return test_program(scripts_assignments);
}
