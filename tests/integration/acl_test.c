/* The Redis user of deploy/acl.conf is allowed to do everything that musterd needs, and nothing
 * else. */
#include "support/cluster.h"
#include "support/sse.h"

#include "base/choices.h"
#include "base/error.h"
#include "redis/script.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <strings.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define HOLD        "/api/cluster/hold"

#define BRISK "-heartbeat-ttl", "1s", "-grace", "300ms", "-lease-ttl", "500ms"

enum { COMMANDS_MAX = 100 };

struct commands {
	char name[COMMANDS_MAX][24];
	int n;
};

static bool
has(const struct commands *c, const char *name)
{
	int i;

	for (i = 0; i < c->n; i++)
		if (strcasecmp(c->name[i], name) == 0)
			return true;
	return false;
}

static void
add(struct commands *c, const char *name, size_t len)
{
	char text[24];

	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	if (has(c, text))
		return;
	assert_true(c->n < COMMANDS_MAX);
	memcpy(c->name[c->n++], text, sizeof(text));
}

/* Adds the quoted names that `call` has as its first argument after that. */
static void
add_calls(struct commands *c, const char *script, const char *call)
{
	const char *at = script;

	while ((at = strstr(at, call)) != NULL) {
		/* Where the array is made, or the parameters are, the names are elsewhere. */
		bool named = strncmp(at + strlen(call), "unpack(", 7) == 0 ||
		    strncmp(at + strlen(call), " ...", 4) == 0;

		for (at += strlen(call); *at != ',' && *at != ')'; at++) {
			size_t len = *at == '"' ? strcspn(at + 1, "\"") : 0;

			if (len > 0) {
				add(c, at + 1, len);
				named = true;
				at += len + 1;
			}
		}
		assert_true(named);
	}
}

static void
the_user_may_run_exactly_the_commands_that_are_used(void **state)
{
	/* Commands that src/redis itself sends, except AUTH, which every user may send. */
	static const char *const sent[] = { "client|setname", "role", "info", "select", "eval",
		"evalsha", "wait", "xread" };
	struct commands called = { .n = 0 }, given = { .n = 0 };
	char *file = file_read("deploy/acl.conf"), *at = strstr(file, "\nuser muster ");
	size_t i;

	(void)state;
	assert_non_null(at);
	while ((at = strstr(at, " +")) != NULL) {
		at += 2;
		add(&given, at, strcspn(at, " \n"));
	}
	free(file);
	for (i = 0; i < ARRAY_LEN(sent); i++)
		add(&called, sent[i], strlen(sent[i]));
	for (i = 0; i < SCRIPT_COUNT; i++) {
		add_calls(&called, script_sources[i].text, "redis_call(");
		add_calls(&called, script_sources[i].text, "writes__add(t,");
	}
	for (i = 0; i < (size_t)called.n; i++)
		if (!has(&given, called.name[i]))
			fail_msg("deploy/acl.conf lacks +%s", called.name[i]);
	for (i = 0; i < (size_t)given.n; i++)
		if (!has(&called, given.name[i]))
			fail_msg("deploy/acl.conf has +%s, which nobody calls", given.name[i]);
}

static bool
answers(void *arg)
{
	redisContext *r = redisConnectUnix(arg);
	redisReply *reply = r != NULL && r->err == 0 ? redisCommand(r, "PING") : NULL;
	bool yes = reply != NULL && reply->type == REDIS_REPLY_STATUS;

	freeReplyObject(reply);
	redisFree(r);
	return yes;
}

/* Restarts the cluster's Redis with this file. Returns its port. */
static int
restart_redis(struct cluster *c)
{
	int port = unused_port();
	char text[8];
	char *argv[] = { "redis-server", "deploy/acl.conf", "--port", text, "--unixsocket",
		c->socket, "--dir", c->dir, "--save", "", NULL };

	redis_end(c);
	snprintf(text, sizeof(text), "%d", port);
	c->redis = process_start(argv, fmt("%s/redis.log", c->dir));
	assert_true(c->redis > 0);
	assert_true(poll_until(answers, c->socket, PROCESS_WAIT_MS));
	return port;
}

static int
count(const char *text, const char *what)
{
	int n = 0;

	while ((text = strstr(text, what)) != NULL) {
		n++;
		text++;
	}
	return n;
}

static void
follow_events(int port)
{
	struct sse s;
	struct sse_event e;

	assert_true(sse_open(&s, port, "/api/cluster/events?types=node.left", NULL));
	assert_true(sse_live(&s, API_WAIT_MS));
	api(port, 201, "POST", NODES, "{\"id\":\"short\"}");
	api(port, 200, "DELETE", NODES "/short", NULL);
	assert_true(sse_next(&s, &e, API_WAIT_MS));
	assert_string_equal(e.type, "node.left");
	sse_close(&s);
	/* This does not wait, because there is an event after this index. */
	api(port, 200, "GET", NODES "?index=0-1&wait=1s", NULL);
}

/* Makes every kind of request about nodes and agents. */
static void
use_all(int port)
{
	static const char *const strategies[] = { STRATEGY_LIST };
	size_t i;

	api(port, 201, "POST", NODES, "{\"id\":\"rest\",\"services\":[\"x\"],\"max_agents\":9}");
	api(port, 200, "POST", NODES "/rest", "{\"cpu_usage\":10}");
	for (i = 0; i < ARRAY_LEN(strategies); i++) {
		api(port, 200, "POST", "/api/cluster/balance",
		    fmt("{\"strategy\":\"%s\"}", strategies[i]));
		api(port, 201, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"a%zu\",\"services\":[\"x\"]}", i));
	}
	api(port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"b\",\"strategy\":\"random\"}");
	api(port, 202, "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"q\",\"services\":[\"y\"],\"queue\":true}");
	api(port, 200, "GET", ASSIGNMENTS "/q", NULL);
	api(port, 204, "DELETE", ASSIGNMENTS "/a0", NULL);
	api(port, 200, "GET", ASSIGNMENTS "?node_id=rest", NULL);
	api(port, 200, "GET", ASSIGNMENTS "?status=pending", NULL);
	api(port, 200, "GET", NODES "?service=x", NULL);
	api(port, 200, "GET", NODES "/rest", NULL);
	api(port, 200, "POST", HOLD, "{\"action\":\"enter\"}");
	api(port, 200, "POST", HOLD, "{\"action\":\"release\"}");
	api(port, 200, "GET", HOLD, NULL);
	api(port, 200, "GET", "/api/cluster/balance", NULL);
	api(port, 200, "GET", "/api/cluster/leader", NULL);
	api(port, 200, "GET", "/api/cluster/stats", NULL);
	api(port, 200, "POST", NODES "/rest", "{\"status\":\"draining\"}");
	api(port, 200, "DELETE", NODES "/rest", NULL);
}

static void
check_state(int port)
{
	const char *cursor = "";
	json_t *page;

	do {
		page = api(port, 200, "GET",
		    fmt("/api/cluster/check%s%s", *cursor != '\0' ? "?cursor=" : "", cursor), NULL);
		check_json(page, "violations", "[]");
		cursor = json_string_value(json_find(page, "next_cursor"));
	} while (cursor != NULL);
}

static void
the_whole_api_works_with_this_user(void **state)
{
	struct cluster *c = *state;
	const char *url = fmt("redis://muster:change-me@127.0.0.1:%d/1", restart_redis(c)), *log;
	struct musterd *m = musterd_start(c, "-redis", url, BRISK, "-cluster", "n1", "-services",
	    "x", "-wait-replicas", "1", "-wait-timeout", "20ms");
	struct musterd *lost = musterd_start(
	    c, "-redis", url, BRISK, "-cluster", "n2", "-services", "y", "-max-agents", "1");

	wait_json(m->port, NODES "/n2", "status", "\"online\"", API_WAIT_MS);
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"y\",\"services\":[\"y\"]}");
	use_all(m->port);
	follow_events(m->port);
	api(m->port, 200, "POST", "/api/cluster/leader", "{\"node_id\":\"n2\"}");
	wait_json(m->port, "/api/cluster/leader", "leader_id", "\"n2\"", API_WAIT_MS);
	/* The leader's housekeeping: a node that is also the leader dies; its agent is pending, and is
	 * placed later. */
	musterd_kill(lost);
	wait_json(m->port, ASSIGNMENTS "/y", "status", "\"pending\"", API_WAIT_MS);
	musterd_start(c, "-redis", url, BRISK, "-cluster", "n3", "-services", "y");
	wait_json(m->port, ASSIGNMENTS "/y", "node_id", "\"n3\"", API_WAIT_MS);
	wait_json(m->port, ASSIGNMENTS "/q", "node_id", "\"n3\"", API_WAIT_MS);
	check_state(m->port);
	assert_int_equal(musterd_end(m), 0);
	log = redis_do(c, "ACL LOG");
	assert_int_equal(count(log, " object "), 1);
	assert_int_equal(count(log, " object config|get "), 1);
}

/* Runs a command as the user. True if it is not allowed. */
#define denied(r, ...) is_denied(redisCommand(r, __VA_ARGS__))

static bool
is_denied(redisReply *reply)
{
	bool yes;

	assert_non_null(reply);
	yes = reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOPERM", 6) == 0;
	if (!yes && reply->type == REDIS_REPLY_ERROR)
		yes = strstr(reply->str, "can't access at least one of the keys") != NULL ||
		    strstr(reply->str, "can't run this command") != NULL ||
		    strstr(reply->str, "ACL failure in script") != NULL; /* after Redis 7.0 */
	freeReplyObject(reply);
	return yes;
}

static void
the_user_cannot_access_other_keys(void **state)
{
	struct cluster *c = *state;
	redisContext *r = redisConnect("127.0.0.1", restart_redis(c));

	redis_do(c, "SET other:key 1");
	assert_true(r != NULL && r->err == 0);
	freeReplyObject(redisCommand(r, "AUTH muster change-me"));
	assert_false(denied(r, "SET muster:{default}:x 1"));
	assert_false(denied(r, "EVAL %s 1 muster:{default}:", "return redis.call('GET', KEYS[1])"));
	assert_true(denied(r, "GET other:key"));
	assert_true(denied(r, "SET other:key 2"));
	assert_true(denied(r, "DEL muster"));
	assert_true(denied(r, "EVAL %s 0", "return redis.call('SET', 'other:key', 2)"));
	assert_true(denied(r, "EVAL %s 1 other:key", "return 1"));
	assert_true(denied(r, "EVAL %s 0", "return redis.call('FLUSHALL')"));
	assert_true(denied(r, "FLUSHALL"));
	assert_true(denied(r, "KEYS *"));
	assert_true(denied(r, "SCAN 0"));
	assert_true(denied(r, "CONFIG GET requirepass"));
	assert_true(denied(r, "ACL LIST"));
	assert_true(denied(r, "CLIENT LIST"));
	assert_true(denied(r, "SCRIPT FLUSH"));
	assert_true(denied(r, "PUBLISH muster:x 1"));
	redisFree(r);
	assert_string_equal(redis_do(c, "GET other:key"), "1");
}

int
main(void)
{
	const struct CMUnitTest acl[] = {
		cmocka_unit_test(the_user_may_run_exactly_the_commands_that_are_used),
		cluster_test(the_whole_api_works_with_this_user),
		cluster_test(the_user_cannot_access_other_keys),
	};

	return test_program(acl);
}
