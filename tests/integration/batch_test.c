/* Many assignments or releases in one request. */
#include "support/cluster.h"

#include "base/buf.h"
#include "redis/script_source.h"
#include "support/http_client.h"
#include "unit/redis/fake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define BATCH       "/api/cluster/assignments/batch"
#define STATS       "/api/cluster/stats"

/* {"agents":["<prefix>0",…] and `more` after it}, with `n` agents. Borrowed until the next call. */
static const char *
agents(const char *prefix, int n, const char *more)
{
	static char body[32768];
	int i, len = snprintf(body, sizeof(body), "{\"agents\":[");

	for (i = 0; i < n; i++)
		len += snprintf(body + len, sizeof(body) - (size_t)len, "%s\"%s%d\"",
		    i > 0 ? "," : "", prefix, i);
	snprintf(body + len, sizeof(body) - (size_t)len, "]%s}", more);
	return body;
}

static struct musterd *
start(struct cluster *c, int places)
{
	struct musterd *m = musterd_start_plain(c);

	api(m->port, 201, "POST", NODES, fmt("{\"id\":\"n\",\"max_agents\":%d}", places));
	return m;
}

static void
check_sound(struct musterd *m)
{
	const char *cursor = "";

	do {
		json_t *page =
		    api(m->port, 200, "GET", fmt("/api/cluster/check?limit=200%s", cursor), NULL);

		check_json(page, "count", "0");
		cursor = json_is_string(json_find(page, "next_cursor"))
		    ? fmt("&cursor=%s", get_str(page, "next_cursor"))
		    : NULL;
	} while (cursor != NULL);
}

static void
each_agent_has_its_own_result_in_order(void **state)
{
	struct musterd *m = start(*state, 2);
	json_t *r = api(m->port, 200, "POST", BATCH,
	    "{\"agents\":[\"a\",{\"agent_id\":\"b\",\"services\":[\"gpu\"]},"
	    "{\"agent_id\":\"c\",\"metadata\":{\"k\":\"x\\ty\\n\"},\"strategy\":\"least-agents\"},"
	    "\"a\","
	    "{\"agent_id\":\"d\",\"queue\":true},{\"agent_id\":\"e\",\"strategy\":\"best\"}]}");

	assert_non_null(api_header("X-Cluster-Index"));
	assert_string_equal(api_header("X-Cluster-Durability"), "local");
	check_json(r, "count", "6");
	check_json(r, "failed", "2");
	check_json(r, "results.0.agent_id", "\"a\"");
	check_json(r, "results.0.status", "201");
	check_json(r, "results.0.assignment.node.healthy", "true");
	check_json(r, "results.1.status", "409");
	check_json(r, "results.1.error.code", "\"no_capacity\"");
	check_json(r, "results.1.error.reasons", "{\"service\":1}");
	check_json(r, "results.2.assignment.metadata", "{\"k\":\"x\\ty\\n\"}");
	check_json(r, "results.2.assignment.strategy", "\"least_agents\"");
	check_json(r, "results.3.status", "200");
	check_json(r, "results.4.status", "202");
	check_json(r, "results.4.assignment.status", "\"pending\"");
	check_json(r, "results.5.status", "400");
	check_json(r, "results.5.error.code", "\"unknown_strategy\"");
	r = api(m->port, 200, "DELETE", BATCH,
	    "{\"agents\":[\"a\",\"none\",{\"agent_id\":\"c\",\"epoch\":0}]}");
	check_json(r, "results.0", "{\"agent_id\":\"a\",\"status\":204}");
	check_json(r, "results.1.error.code", "\"assignment_not_found\"");
	check_json(r, "results.2.error.code", "\"stale_epoch\"");
	check_json(r, "failed", "2");
	/* These requests are about an agent whose id is "batch". */
	api(m->port, 404, "GET", BATCH, NULL);
	api_problem(m->port, 404, "assignment_not_found", "DELETE", BATCH, NULL);
	api(m->port, 204, "DELETE", "/api/cluster/assignments/c", NULL);
	api(m->port, 200, "POST", BATCH, "{\"agents\":[\"batch\"]}");
	api(m->port, 204, "DELETE", BATCH, NULL);
	check_json(
	    api(m->port, 200, "GET", "/api/cluster/assignments/d", NULL), "node_id", "\"n\"");
	check_sound(m);
}

static void
a_thousand_agents_are_placed_and_released(void **state)
{
	struct musterd *m = start(*state, 1000);
	json_t *r = api(m->port, 200, "POST", BATCH, agents("a", 1000, ""));
	int i;

	check_json(r, "count", "1000");
	check_json(r, "failed", "0");
	for (i = 0; i < 1000; i += 111)
		check_json(r, fmt("results.%d.agent_id", i), fmt("\"a%d\"", i));
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "1000");
	check_sound(m);
	r = api(m->port, 200, "POST", BATCH, agents("a", 1000, ""));
	check_json(r, "results.999.status", "200");
	r = api(m->port, 200, "DELETE", BATCH, agents("a", 1000, ""));
	check_json(r, "failed", "0");
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "0");
	check_sound(m);
}

static void
all_or_nothing_places_all_or_none(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c, 450);
	const char *all = ",\"all_or_nothing\":true";

	/* In one step, and in several steps of which the last fails. */
	api_problem(m->port, 409, "no_capacity", "POST", BATCH,
	    "{\"all_or_nothing\":true,\"agents\":[\"a\",{\"agent_id\":\"b\",\"services\":[\"x\"]}]"
	    "}");
	assert_string_equal(redis_do(c, "EXISTS muster:{default}:roster"), "0");
	api_problem(m->port, 409, "no_capacity", "POST", BATCH, agents("a", 451, all));
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "0");
	/* While agents are pending, fewer are released per step; still, all are released. */
	api(m->port, 202, "POST", "/api/cluster/assignments",
	    "{\"agent_id\":\"waits\",\"services\":[\"x\"],\"queue\":true}");
	api_problem(m->port, 409, "no_capacity", "POST", BATCH, agents("a", 451, all));
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "0");
	api(m->port, 204, "DELETE", "/api/cluster/assignments/waits", NULL);
	check_sound(m);
	check_json(api(m->port, 200, "POST", BATCH, agents("a", 450, all)), "failed", "0");
	check_json(api(m->port, 200, "POST", BATCH, agents("a", 450, all)), "failed", "0");
	/* Earlier assignments are kept. */
	api_problem(m->port, 409, "no_capacity", "POST", BATCH, agents("a", 460, all));
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "450");
	api_problem(m->port, 404, "assignment_not_found", "DELETE", BATCH,
	    "{\"all_or_nothing\":true,\"agents\":[\"a1\",\"none\"]}");
	api(m->port, 200, "GET", "/api/cluster/assignments/a1", NULL);
	check_json(api(m->port, 200, "DELETE", BATCH, agents("a", 100, all)), "failed", "0");
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "350");
	check_sound(m);
}

struct failing_batch {
	int port;
	const char *body;
	atomic_bool over;
};

static void *
run_failing_batch(void *arg)
{
	struct failing_batch *b = arg;

	api_try(b->port, "POST", BATCH, b->body, NULL);
	atomic_store(&b->over, true);
	api_reset();
	return NULL;
}

/* Expects 409 batch_running. */
static void
check_undecided(json_t *problem)
{
	check_json(problem, "code", "\"batch_running\"");
	check_json(problem, "retryable", "true");
}

/* Somebody else asks for the batch's first agent all the time until the batch is undone. */
static void
what_another_client_was_told_stands_is_not_taken_back(void **state)
{
	static const char ask[] = "{\"agent_id\":\"a0\"}";
	struct musterd *m = start(*state, 950);
	int round, status, undecided = 0, unread = 0;
	struct failing_batch b = { .port = m->port };
	pthread_t thread;
	bool told;
	json_t *r;

	for (round = 0; round < 20; round++) {
		b.body = agents("a", 951, ",\"all_or_nothing\":true");
		atomic_store(&b.over, false);
		assert_int_equal(pthread_create(&thread, NULL, run_failing_batch, &b), 0);
		/* Until the batch has placed it. */
		do {
			status = api_try(m->port, "GET", ASSIGNMENTS "/a0", NULL, &r);
			assert_true(status == 404 || status == 409);
		} while (status == 404 && !atomic_load(&b.over));
		if (status == 409) {
			check_undecided(r);
			unread++;
		}
		for (told = false; !told && !atomic_load(&b.over);) {
			status = api_try(m->port, "POST", ASSIGNMENTS, ask, &r);
			told = status == 200 || status == 201;
			if (status == 409) {
				check_undecided(r);
				undecided++;
			}
		}
		pthread_join(thread, NULL);
		if (told)
			api(m->port, 200, "GET", ASSIGNMENTS "/a0", NULL);
		api_try(m->port, "DELETE", ASSIGNMENTS "/a0", NULL, NULL);
		check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "0");
		api_reset();
	}
	assert_true(undecided > 0 && unread > 0);
	check_sound(m);
}

static void
invalid_batches_are_refused_and_change_nothing(void **state)
{
	static const struct {
		const char *body, *code, *detail;
	} rows[] = {
		{ "{}", "missing_field", "agents: it is required" },
		{ "{\"agents\":[]}", "invalid_field", "agents: an array of 1 to 1000 is expected" },
		{ "{\"agents\":\"a\"}", "invalid_field",
		    "agents: an array of 1 to 1000 is expected" },
		{ "{\"agents\":[\"a\",3]}", "invalid_field",
		    "agents[1]: an object or an id is expected" },
		{ "{\"agents\":[\"a\",\"a b\"]}", "invalid_id",
		    "agents[1].agent_id: an id matches" },
		{ "{\"agents\":[\"a\",{}]}", "missing_field",
		    "agents[1].agent_id: it is required" },
		{ "{\"agents\":[{\"agent_id\":\"a\",\"node\":\"n\"}]}", "unknown_field",
		    "agents[0].node: there is no such field" },
		{ "{\"agents\":[\"a\"],\"all\":true}", "unknown_field",
		    "all: there is no such field" },
		{ "{\"agents\":[\"a\"],\"all_or_nothing\":1}", "invalid_field",
		    "all_or_nothing: true or false is expected" },
		{ "{\"agents\":[{\"agent_id\":\"a\",\"queue\":true}],\"all_or_nothing\":true}",
		    "invalid_field", "agents[0].queue: all_or_nothing does not wait for capacity" },
		{ "{\"agents\":[\"a\"", "invalid_json", "line 1" },
	};
	struct cluster *c = *state;
	struct musterd *m = start(c, 2000);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *detail = get_str(
		    api_problem(m->port, 400, rows[i].code, "POST", BATCH, rows[i].body), "detail");

		if (strncmp(detail, rows[i].detail, strlen(rows[i].detail)) != 0)
			fail_msg("%s: %s", rows[i].body, detail);
	}
	api_problem(m->port, 400, "invalid_field", "POST", BATCH, agents("a", 1001, ""));
	api_problem(m->port, 400, "invalid_field", "DELETE", BATCH,
	    agents("a", 101, ",\"all_or_nothing\":true"));
	api_problem(m->port, 400, "unknown_field", "DELETE", BATCH,
	    "{\"agents\":[{\"agent_id\":\"a\",\"queue\":true}]}");
	assert_string_equal(redis_do(c, "EXISTS muster:{default}:roster"), "0");
}

/* Sends a POST with a key, on a new connection. Returns the status. */
static int
post(struct musterd *m, const char *key, const char *body)
{
	struct http_client c;
	struct http_response r;
	int status;

	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	assert_true(http_client_send_str(&c,
	    fmt("POST %s HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
	        "Idempotency-Key: %s\r\nContent-Length: %zu\r\n\r\n",
	        BATCH, key, strlen(body))));
	assert_true(http_client_send_str(&c, body));
	assert_true(http_client_read(&c, &r));
	status = r.status;
	http_response_fini(&r);
	http_client_close(&c);
	return status;
}

static void
a_batch_with_a_key_is_carried_out_once(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c, 450);

	assert_int_equal(post(m, "k", agents("a", 450, "")), 200);
	api(m->port, 200, "DELETE", BATCH, agents("a", 450, ""));
	/* The same request again gets the same answer, and places nobody. */
	assert_int_equal(post(m, "k", agents("a", 450, "")), 200);
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "0");
	assert_int_equal(post(m, "k", agents("a", 449, "")), 422);
	assert_int_equal(post(m, "l", agents("a", 449, "")), 200);
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "449");
	/* What was undone is not reported as done. */
	api(m->port, 200, "DELETE", BATCH, agents("a", 449, ""));
	assert_int_equal(post(m, "all", agents("b", 451, ",\"all_or_nothing\":true")), 409);
	api(m->port, 200, "POST", NODES, "{\"id\":\"n\",\"max_agents\":451}");
	assert_int_equal(post(m, "all", agents("b", 451, ",\"all_or_nothing\":true")), 200);
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "451");
}

/* The memory limit lets some of a thousand agents in, but not all. */
static void
a_batch_that_fails_halfway_has_an_unknown_outcome(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c, 1000);
	struct buf body = BUF_INIT;
	char much[601];
	long long used, assigned;
	int i;

	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	for (i = 0; i < 1000; i++)
		buf_addf(&body, "%s{\"agent_id\":\"a%d\",\"metadata\":{\"k\":\"%s\"}}",
		    i > 0 ? "," : "{\"agents\":[", i, much);
	buf_addf(&body, "]}");
	used = strtoll(strstr(redis_do(c, "INFO memory"), "used_memory:") + 12, NULL, 10);
	redis_do(c, fmt("CONFIG SET maxmemory %lld", used + 400000));
	api_problem(m->port, 504, "outcome_unknown", "POST", BATCH, buf_str(&body));
	redis_do(c, "CONFIG SET maxmemory 0");
	assigned = get_int(api(m->port, 200, "GET", STATS, NULL), "agents.assigned");
	assert_in_range(assigned, 1, 999);
	check_sound(m);
	/* After a retry, all agents are assigned. */
	check_json(api(m->port, 200, "POST", BATCH, buf_str(&body)), "failed", "0");
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "1000");
	buf_fini(&body);
}

enum { STEP_ALL = 100 }; /* agents in a call that is all or nothing */

/* Writes the reply to a call that has placed the first STEP_ALL agents of agents("a", …). */
static void
write_placed(struct buf *b)
{
	struct buf item = BUF_INIT;
	int i, k;

	buf_addf(b, "*%d\r\n$2\r\nok\r\n$3\r\n5-0\r\n", 2 + STEP_ALL);
	for (i = 0; i < STEP_ALL; i++) {
		const char *const cells[ASSIGNMENT_ROW_COUNT] = {
			[ASSIGNMENT_ROW_AGENT_ID] = fmt("a%d", i),
			[ASSIGNMENT_ROW_NODE_ID] = "n",
			[ASSIGNMENT_ROW_STATUS] = "assigned",
			[ASSIGNMENT_ROW_EPOCH] = "5",
		};

		buf_reset(&item);
		buf_add_str(&item, "created\t5-0");
		for (k = 0; k < ASSIGNMENT_ROW_COUNT; k++)
			buf_addf(&item, "\t%s", cells[k] != NULL ? cells[k] : "");
		buf_addf(b, "$%zu\r\n%s\r\n", item.len, buf_str(&item));
	}
	buf_fini(&item);
}

/*
 * Whatever becomes of the undo, nobody is told that nothing was placed while agents are. After the
 * first agents are placed, the next call is refused, and then the release of the first ones fails.
 */
static void
an_undo_that_fails_has_an_unknown_outcome(void **state)
{
	static const struct fake_line undo[] = {
		{ "agent_release", "-OOM command not allowed when used memory > 'maxmemory'.\r\n" },
		{ "agent_release", "-READONLY You can't write against a read only replica.\r\n" },
		{ "agent_release", "*2\r\n$2\r\nok\r\n$0\r\n\r\n" },
		{ "agent_release", NULL, 0, true },
	};
	struct buf placed = BUF_INIT;
	size_t i;

	write_placed(&placed);
	for (i = 0; i < sizeof(undo) / sizeof(undo[0]); i++) {
		const struct fake_line lines[] = {
			{ "ready_check", "*2\r\n$2\r\nok\r\n$0\r\n\r\n" },
			{ "agent_assign", buf_str(&placed), 1 },
			{ "agent_assign", "-NO_CAPACITY full=1\r\n" },
			undo[i],
			{ NULL },
		};
		static struct fake fake;
		struct musterd *m;

		fake_start(&fake, lines);
		m = musterd_start(*state, "-redis", fake.url, "-role", "replica", "-workers", "1");
		api_problem(m->port, 504, "outcome_unknown", "POST", BATCH,
		    agents("a", STEP_ALL + 1, ",\"all_or_nothing\":true"));
		assert_int_equal(fake_calls(&fake, "agent_assign"), 2);
		assert_int_equal(fake_calls(&fake, "agent_release"), 1);
		assert_int_equal(musterd_end(m), 0);
		fake_stop(&fake);
		fake_fini(&fake);
	}
	buf_fini(&placed);
}

int
main(void)
{
	const struct CMUnitTest batch[] = {
		cluster_test(a_batch_that_fails_halfway_has_an_unknown_outcome),
		cluster_test(an_undo_that_fails_has_an_unknown_outcome),
		cluster_test(each_agent_has_its_own_result_in_order),
		cluster_test(a_thousand_agents_are_placed_and_released),
		cluster_test(all_or_nothing_places_all_or_none),
		cluster_test(what_another_client_was_told_stands_is_not_taken_back),
		cluster_test(invalid_batches_are_refused_and_change_nothing),
		cluster_test(a_batch_with_a_key_is_carried_out_once),
	};

	return test_program(batch);
}
