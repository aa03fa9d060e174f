/* Redis is restarted, empty or with its data, or loses scripts and connections: the service
 * continues. */
#include "support/cluster.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define BALANCE     "/api/cluster/balance"
#define LEADER      "/api/cluster/leader"
#define STATS       "/api/cluster/stats"

#define CALM                                                                                      \
	"-heartbeat-ttl", "60s", "-heartbeat-interval", "200ms", "-grace", "300ms", "-lease-ttl", \
	    "500ms"

enum { AGENTS = 12, FLUSHES = 30, CLIENTS = 4 };

static void
wait_member(struct musterd *m, const char *id)
{
	wait_json(m->port, fmt("%s/%s", NODES, id), "healthy", "true", API_WAIT_MS);
}

static long long
term_of(struct musterd *m)
{
	return get_int(api(m->port, 200, "GET", LEADER, NULL), "term");
}

static long long
redis_ms(struct cluster *c)
{
	long long s, us;
	const char *text = redis_do(c, "TIME");

	assert_int_equal(sscanf(text, "%lld %lld", &s, &us), 2);
	return s * 1000 + us / 1000;
}

static void
members_register_again_in_an_empty_redis(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-cluster", "n1", "-strategy", "weighted", CALM);
	long long term, epoch, now;

	wait_json(m->port, LEADER, "leader_id", "\"n1\"", API_WAIT_MS);
	wait_member(m, "n1");
	api(m->port, 201, "POST", NODES, "{\"id\":\"rest\",\"services\":[\"s\"]}");
	api(m->port, 200, "POST", BALANCE, "{\"strategy\":\"random\"}");
	epoch = get_int(
	    api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\",\"services\":[\"s\"]}"),
	    "epoch");
	term = term_of(m);
	/* Read the clock before, because the election may happen as soon as Redis is up. */
	now = redis_ms(c);
	redis_kill(c);
	redis_start(c);
	wait_member(m, "n1");
	wait_json(m->port, LEADER, "leader_id", "\"n1\"", API_WAIT_MS);
	assert_true(term_of(m) >= now && term_of(m) > term);
	check_json(api(m->port, 200, "GET", BALANCE, NULL), "strategy", "\"weighted\"");
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "0");
	/* A REST node is told to register again, and does. */
	api_problem(m->port, 404, "node_not_found", "POST", NODES "/rest", NULL);
	api_problem(m->port, 404, "assignment_not_found", "GET", ASSIGNMENTS "/a", NULL);
	api(m->port, 201, "POST", NODES, "{\"id\":\"rest\",\"services\":[\"s\"]}");
	api(m->port, 200, "POST", NODES "/rest", NULL);
	assert_true(get_int(api(m->port, 201, "POST", ASSIGNMENTS,
	                        "{\"agent_id\":\"a\",\"services\":[\"s\"]}"),
	                "epoch") > epoch);
}

struct standing {
	char node[64];
	long long epoch;
};

static void
take_standing(struct musterd *m, struct standing of[AGENTS])
{
	int i;

	for (i = 0; i < AGENTS; i++) {
		json_t *a = api(m->port, 200, "GET", fmt("%s/a%d", ASSIGNMENTS, i), NULL);

		snprintf(of[i].node, sizeof(of[i].node), "%s", get_str(a, "node_id"));
		of[i].epoch = get_int(a, "epoch");
	}
}

struct beat {
	struct musterd *m;
	char last[32];
};

static bool
has_beaten(void *arg)
{
	struct beat *b = arg;
	json_t *n = NULL;

	return api_try(b->m->port, "GET", NODES "/n1", NULL, &n) == 200 &&
	    strcmp(get_str(n, "last_heartbeat"), b->last) != 0;
}

/* Three members with AGENTS agents. The strategy is not the one of the option. */
static struct musterd *
start_with_data(struct cluster *c)
{
	struct musterd *m[3];
	int i;

	redis_end(c);
	c->appendonly = true;
	redis_start(c);
	for (i = 0; i < 3; i++)
		m[i] = musterd_start(c, "-cluster", fmt("n%d", i), "-strategy", "weighted", CALM);
	for (i = 0; i < 3; i++)
		wait_member(m[0], fmt("n%d", i));
	api(m[0]->port, 200, "POST", BALANCE, "{\"strategy\":\"round_robin\"}");
	for (i = 0; i < AGENTS; i++)
		api(m[i % 3]->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i));
	return m[0];
}

static void
every_agent_stays_when_redis_restarts_with_its_data(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start_with_data(c);
	struct standing before[AGENTS], after[AGENTS];
	struct beat beat = { .m = m };
	long long term = term_of(m);
	json_t *stats;
	int i;

	take_standing(m, before);
	redis_kill(c);
	api_problem(m->port, 503, "store_unavailable", "GET", STATS, NULL);
	redis_start(c);
	wait_status(m->port, NODES "/n1", 200, API_WAIT_MS);
	snprintf(beat.last, sizeof(beat.last), "%s",
	    get_str(api(m->port, 200, "GET", NODES "/n1", NULL), "last_heartbeat"));
	/* Members send heartbeats and there is a leader, with the existing data. */
	assert_true(poll_until(has_beaten, &beat, API_WAIT_MS));
	wait_status(m->port, LEADER, 200, API_WAIT_MS);
	assert_true(term_of(m) >= term);
	take_standing(m, after);
	for (i = 0; i < AGENTS; i++) {
		assert_string_equal(after[i].node, before[i].node);
		assert_true(after[i].epoch == before[i].epoch);
	}
	check_json(api(m->port, 200, "GET", BALANCE, NULL), "strategy", "\"round_robin\"");
	check_json(api(m->port, 200, "GET", NODES "/n1", NULL), "incarnation", "1");
	stats = api(m->port, 200, "GET", STATS, NULL);
	check_json(stats, "agents.assigned", fmt("%d", AGENTS));
	check_json(stats, "nodes.online", "3");
	check_json(stats, "placements.node_lost", "0");
	/* round_robin continues where it was. */
	check_json(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"next\"}"), "node_id",
	    fmt("\"%s\"", before[0].node));
}

struct client {
	pthread_t thread;
	int port;
	int number;
	int asked, failed;
};

static atomic_bool stop;

static void *
ask_and_release(void *arg)
{
	struct client *c = arg;
	const char *path = fmt("%s/c%d", ASSIGNMENTS, c->number);
	char own[96];

	snprintf(own, sizeof(own), "%s", path);
	do {
		c->failed += api_try(c->port, "POST", ASSIGNMENTS,
		                 fmt("{\"agent_id\":\"c%d\"}", c->number), NULL) != 201;
		c->failed += api_try(c->port, "GET", own, NULL, NULL) != 200;
		c->failed += api_try(c->port, "DELETE", own, NULL, NULL) != 204;
		c->failed += api_try(c->port, "GET", STATS, NULL, NULL) != 200;
		c->asked += 4;
	} while (!atomic_load(&stop));
	api_reset();
	return NULL;
}

struct count {
	struct cluster *c;
	long long more_than;
};

/* The number of EVAL calls that Redis has had. EVAL is sent after NOSCRIPT. */
static long long
evals(struct cluster *c)
{
	const char *at = strstr(redis_do(c, "INFO commandstats"), "cmdstat_eval:calls=");

	return at != NULL ? strtoll(strchr(at, '=') + 1, NULL, 10) : 0;
}

static bool
has_more_evals(void *arg)
{
	struct count *n = arg;

	return evals(n->c) > n->more_than;
}

static void
no_request_fails_after_a_script_flush(void **state)
{
	struct cluster *c = *state;
	struct client client[CLIENTS];
	struct musterd *m[2];
	int i, asked = 0, failed = 0;

	m[0] = musterd_start(c, "-cluster", "n0", CALM);
	m[1] = musterd_start(c, "-heartbeat-ttl", "60s", "-workers", "2");
	wait_member(m[0], "n0");
	atomic_store(&stop, false);
	for (i = 0; i < CLIENTS; i++) {
		client[i] = (struct client){ .port = m[i % 2]->port, .number = i };
		assert_int_equal(
		    pthread_create(&client[i].thread, NULL, ask_and_release, &client[i]), 0);
	}
	for (i = 0; i < FLUSHES; i++) {
		struct count n = { .c = c, .more_than = evals(c) };

		redis_do(c, "SCRIPT FLUSH");
		/* Until a call has been answered NOSCRIPT. */
		assert_true(poll_until(has_more_evals, &n, API_WAIT_MS));
	}
	atomic_store(&stop, true);
	for (i = 0; i < CLIENTS; i++) {
		assert_int_equal(pthread_join(client[i].thread, NULL), 0);
		asked += client[i].asked;
		failed += client[i].failed;
	}
	assert_int_equal(failed, 0);
	assert_true(asked >= 4 * CLIENTS);
	check_json(api(m[0]->port, 200, "GET", STATS, NULL), "agents.assigned", "0");
}

static bool
has_connections(void *arg)
{
	struct cluster *c = arg;
	const char *text = redis_do(c, "CLIENT LIST TYPE normal");
	int n = 0;

	while ((text = strstr(text, " name=n0 ")) != NULL) {
		n++;
		text++;
	}
	return n == 2;
}

static void
killed_connections_are_restored(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(
	    c, "-cluster", "n0", "-workers", "2", "-heartbeat-ttl", "60s", "-lease-ttl", "10s");
	long long term;
	int i;

	wait_member(m, "n0");
	wait_status(m->port, LEADER, 200, API_WAIT_MS);
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	term = term_of(m);
	for (i = 0; i < 5; i++) {
		long since = now_ms();

		assert_true(poll_until(has_connections, c, API_WAIT_MS));
		assert_true(
		    strtol(redis_do(c, "CLIENT KILL TYPE normal SKIPME yes"), NULL, 10) >= 2);
		assert_true(poll_until(has_connections, c, API_WAIT_MS));
		assert_true(now_ms() - since < 2000);
		wait_json(m->port, ASSIGNMENTS "/a", "node_id", "\"n0\"", API_WAIT_MS);
	}
	/* The lease outlived that: the leader and the term are the same. */
	assert_true(get_int(wait_json(m->port, LEADER, "leader_id", "\"n0\"", API_WAIT_MS),
	                "term") == term);
	check_json(api(m->port, 200, "GET", NODES "/n0", NULL), "incarnation", "1");
}

int
main(void)
{
	const struct CMUnitTest restart[] = {
		cluster_test(members_register_again_in_an_empty_redis),
		cluster_test(every_agent_stays_when_redis_restarts_with_its_data),
		cluster_test(no_request_fails_after_a_script_flush),
		cluster_test(killed_connections_are_restored),
	};

	return test_program(restart);
}
