/* How many replicas have a change when it is answered: -wait-replicas, with real replicas. */
#include "support/cluster.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define DURABILITY  "X-Cluster-Durability"

#define CALM "-role", "replica", "-heartbeat-ttl", "1h"

enum { PROMISED_MS = 2500 };

struct replica {
	pid_t pid;
	int port;
};

/* Sends one command to the Redis at a port. Returns its reply as text. */
static const char *
ask(int port, const char *command)
{
	struct timeval timeout = { 5, 0 };
	redisContext *c = redisConnectWithTimeout("127.0.0.1", port, timeout);
	redisReply *r = c != NULL && c->err == 0 ? redisCommand(c, command) : NULL;
	const char *text = "";

	if (r != NULL)
		text = r->type == REDIS_REPLY_INTEGER ? fmt("%lld", r->integer)
		                                      : fmt("%s", r->str != NULL ? r->str : "");
	if (r != NULL)
		freeReplyObject(r);
	if (c != NULL)
		redisFree(c);
	return text;
}

static bool
is_linked(void *arg)
{
	return strstr(ask(*(int *)arg, "INFO replication"), "master_link_status:up") != NULL;
}

static struct replica
start_replica(int of)
{
	struct replica r = { .port = unused_port() };
	char port[8], master[8], dir[128];
	char *argv[] = { "redis-server", "--port", port, "--replicaof", "127.0.0.1", master,
		"--save", "", "--dir", dir, "--repl-diskless-sync-delay", "0", NULL };

	snprintf(port, sizeof(port), "%d", r.port);
	snprintf(master, sizeof(master), "%d", of);
	snprintf(dir, sizeof(dir), "%s", test_dir());
	r.pid = process_start(argv, fmt("%s/replica-%d.log", test_dir(), r.port));
	assert_true(r.pid > 0);
	assert_true(poll_until(is_linked, &r.port, PROCESS_WAIT_MS));
	return r;
}

static bool
has_replicas(void *arg)
{
	return strstr(redis_do(arg, "INFO replication"), "state=online") != NULL;
}

static void
without_replicas_a_change_is_local(void **state)
{
	struct musterd *m = musterd_start(*state, CALM);

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	assert_string_equal(api_header(DURABILITY), "local");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	assert_string_equal(api_header(DURABILITY), "local");
	/* A request that changes nothing has no such header. */
	api(m->port, 200, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	assert_null(api_header(DURABILITY));
	api(m->port, 200, "GET", NODES, NULL);
	assert_null(api_header(DURABILITY));
	api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"b\",\"services\":[\"x\"]}");
	assert_null(api_header(DURABILITY));
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
	assert_string_equal(api_header(DURABILITY), "local");
}

static void
a_change_is_on_the_replica_before_its_answer(void **state)
{
	struct cluster *c = *state;
	struct replica r = start_replica(redis_on_tcp(c));
	struct musterd *m = musterd_start(c, CALM, "-wait-replicas", "1", "-wait-timeout", "10s");
	int i;

	assert_true(poll_until(has_replicas, c, PROCESS_WAIT_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\",\"max_agents\":1000}");
	for (i = 0; i < 100; i++) {
		api(m->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i));
		assert_string_equal(api_header(DURABILITY), "replicas=1");
		assert_string_equal(
		    ask(r.port, fmt("EXISTS muster:{default}:assignment:a%d", i)), "1");
	}
	process_kill(r.pid);
}

/* It may have been made just now, by a request whose client has given up before the replica had it. */
static void
an_assignment_that_stands_is_on_the_replica_too(void **state)
{
	struct cluster *c = *state;
	struct replica r = start_replica(redis_on_tcp(c));
	struct musterd *m = musterd_start(c, CALM, "-wait-replicas", "1", "-wait-timeout", "10s");

	assert_true(poll_until(has_replicas, c, PROCESS_WAIT_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	api(m->port, 200, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	assert_string_equal(api_header(DURABILITY), "replicas=1");
	api(m->port, 200, "POST", ASSIGNMENTS "/batch", "{\"agents\":[\"a\"]}");
	assert_string_equal(api_header(DURABILITY), "replicas=1");
	process_kill(r.pid);
}

static void
a_replica_that_hangs_or_dies_delays_answers_only_briefly(void **state)
{
	struct cluster *c = *state;
	struct replica r = start_replica(redis_on_tcp(c));
	struct musterd *m = musterd_start(c, CALM, "-wait-replicas", "1", "-wait-timeout", "1s");
	long since;

	assert_true(poll_until(has_replicas, c, PROCESS_WAIT_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	assert_string_equal(api_header(DURABILITY), "replicas=1");
	assert_true(process_freeze(r.pid));
	since = now_ms();
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	assert_string_equal(api_header(DURABILITY), "local");
	assert_in_range(now_ms() - since, 1000, PROMISED_MS);
	process_thaw(r.pid);
	process_kill(r.pid);
	since = now_ms();
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}");
	assert_string_equal(api_header(DURABILITY), "local");
	assert_true(now_ms() - since < PROMISED_MS);
}

static void
too_few_replicas_are_counted(void **state)
{
	struct cluster *c = *state;
	struct replica r = start_replica(redis_on_tcp(c));
	struct musterd *m = musterd_start(c, CALM, "-wait-replicas", "2", "-wait-timeout", "2s");

	assert_true(poll_until(has_replicas, c, PROCESS_WAIT_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	assert_string_equal(api_header(DURABILITY), "replicas=1");
	process_kill(r.pid);
}

struct crowd {
	int port, first;
	int safe;
};

static void *
ask_for_many(void *arg)
{
	struct crowd *w = arg;
	const char *durability;
	int i;

	for (i = 0; i < 50; i++) {
		char body[64];

		snprintf(body, sizeof(body), "{\"agent_id\":\"w%d\"}", w->first + i);
		if (api_try(w->port, "POST", ASSIGNMENTS, body, NULL) != 201)
			break;
		durability = api_header(DURABILITY);
		w->safe += durability != NULL && strcmp(durability, "replicas=1") == 0;
	}
	api_reset();
	return NULL;
}

static long long
connections(struct cluster *c)
{
	const char *at = strstr(redis_do(c, "INFO stats"), "total_connections_received:");

	assert_non_null(at);
	return strtoll(strchr(at, ':') + 1, NULL, 10);
}

static void
many_changes_at_once_share_connections(void **state)
{
	enum { CLIENTS = 8 };
	struct cluster *c = *state;
	struct replica r = start_replica(redis_on_tcp(c));
	struct musterd *m = musterd_start(c, CALM, "-wait-replicas", "1", "-wait-timeout", "10s");
	struct crowd crowd[CLIENTS];
	pthread_t threads[CLIENTS];
	long long before;
	int i;

	assert_true(poll_until(has_replicas, c, PROCESS_WAIT_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\",\"max_agents\":1000}");
	before = connections(c);
	for (i = 0; i < CLIENTS; i++) {
		crowd[i] = (struct crowd){ m->port, 50 * i, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, ask_for_many, &crowd[i]), 0);
	}
	for (i = 0; i < CLIENTS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(crowd[i].safe, 50);
	}
	/* Each reading of the number uses a connection itself. */
	assert_in_range(connections(c) - before, 0, 1);
	process_kill(r.pid);
}

int
main(void)
{
	const struct CMUnitTest durability[] = {
		cluster_test(without_replicas_a_change_is_local),
		cluster_test(a_change_is_on_the_replica_before_its_answer),
		cluster_test(an_assignment_that_stands_is_on_the_replica_too),
		cluster_test(a_replica_that_hangs_or_dies_delays_answers_only_briefly),
		cluster_test(too_few_replicas_are_counted),
		cluster_test(many_changes_at_once_share_connections),
	};

	return test_program(durability);
}
