/*
 * The library with several real front-ends: one is killed, one is stopped, and the answers of one
 * are lost. For that, a relay forwards requests and closes the connection instead of replying.
 */
#include "support/cluster.h"

#include "muster/muster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_MAX = 16384 };

struct relay {
	int fd, port, to;
	pthread_t thread;
	int passed; /* requests that were forwarded; their answers were dropped */
};

static struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port) };
}

/* Forwards one request, waits until the answer begins, and drops it. */
static void
lose_answer(struct relay *r, int from)
{
	struct sockaddr_in sa = loopback(r->to);
	int to = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[MESSAGE_MAX];
	ssize_t n = recv(from, bytes, sizeof(bytes), 0);

	if (n > 0 && connect(to, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n && recv(to, bytes, sizeof(bytes), 0) > 0)
		r->passed++;
	close(to);
}

static void *
run_relay(void *arg)
{
	struct relay *r = arg;
	int from;

	while ((from = accept(r->fd, NULL, NULL)) >= 0) {
		lose_answer(r, from);
		close(from);
	}
	return NULL;
}

static void
relay_start(struct relay *r, int to)
{
	struct sockaddr_in sa = loopback(0);
	socklen_t len = sizeof(sa);

	*r = (struct relay){ .to = to, .fd = socket(AF_INET, SOCK_STREAM, 0) };
	assert_int_equal(bind(r->fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(r->fd, 16), 0);
	assert_int_equal(getsockname(r->fd, (struct sockaddr *)&sa, &len), 0);
	r->port = ntohs(sa.sin_port);
	assert_int_equal(pthread_create(&r->thread, NULL, run_relay, r), 0);
}

/* Stops the relay. Returns the number of requests that it forwarded. */
static int
relay_stop(struct relay *r)
{
	shutdown(r->fd, SHUT_RDWR);
	pthread_join(r->thread, NULL);
	close(r->fd);
	return r->passed;
}

static muster_client *
client_of(int one, int other)
{
	muster_client *c = muster_client_new(fmt("127.0.0.1:%d,127.0.0.1:%d", one, other));

	assert_non_null(c);
	return c;
}

static long long
events(struct cluster *c)
{
	return strtoll(redis_do(c, "XLEN muster:{default}:events"), NULL, 10);
}

static void
no_call_fails_when_a_front_end_dies(void **state)
{
	struct musterd *a = musterd_start(*state, "-heartbeat-ttl", "1h");
	struct musterd *b = musterd_start(*state, "-heartbeat-ttl", "1h");
	muster_client *c = client_of(a->port, b->port);
	int i;

	api(a->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"n\",\"max_agents\":100}");
	for (i = 0; i < 40; i++) {
		const struct muster_agent_request rq = { .agent_id = fmt("a%d", i) };
		muster_reply *r = muster_agent_assign(c, &rq);

		assert_non_null(r);
		muster_reply_free(r);
		if (i == 19)
			musterd_kill(a);
	}
	assert_string_equal(muster_client_address(c), fmt("http://127.0.0.1:%d", b->port));
	check_json(api(b->port, 200, "GET", "/api/cluster/stats", NULL), "agents.assigned", "40");
	muster_client_free(c);
}

static void
a_stopped_front_end_is_left_in_time(void **state)
{
	struct musterd *a = musterd_start(*state, "-heartbeat-ttl", "1h");
	struct musterd *b = musterd_start(*state, "-heartbeat-ttl", "1h");
	muster_client *c = client_of(a->port, b->port);
	muster_reply *r;

	muster_client_set_timeouts(c, 500, 300);
	assert_true(process_freeze(a->pid));
	r = muster_stats_get(c);
	process_thaw(a->pid);
	assert_non_null(r);
	muster_reply_free(r);
	assert_string_equal(muster_client_address(c), fmt("http://127.0.0.1:%d", b->port));
	muster_client_free(c);
}

static void
a_call_whose_answer_was_lost_is_applied_once(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "1h", "-role", "replica");
	const struct muster_agent_request rq = { .agent_id = "a" };
	struct relay relay;
	muster_client *c;
	muster_reply *r;
	long long before;

	relay_start(&relay, m->port);
	c = client_of(relay.port, m->port);
	before = events(*state);
	/* If it had registered twice, its incarnation would be 2. */
	r = muster_node_register(c, "{\"id\":\"n\"}");
	assert_int_equal(muster_reply_int(r, "incarnation"), 1);
	muster_reply_free(r);
	assert_int_equal(events(*state), before + 1);
	muster_client_free(c);

	c = client_of(relay.port, m->port);
	r = muster_agent_assign(c, &rq);
	assert_string_equal(muster_reply_text(r, "node_id"), "n");
	/* The retry returns the first answer, with the event id of the first try. */
	assert_string_equal(muster_client_index(c),
	    fmt("%.*s",
	        (int)strcspn(
	            redis_do(*state, "XREVRANGE muster:{default}:events + - COUNT 1"), " "),
	        redis_do(*state, "XREVRANGE muster:{default}:events + - COUNT 1")));
	muster_reply_free(r);
	assert_int_equal(events(*state), before + 2);
	muster_client_free(c);

	c = client_of(relay.port, m->port);
	r = muster_balance_set(c, "random");
	assert_string_equal(muster_reply_text(r, "previous"), "least_loaded");
	muster_reply_free(r);
	muster_client_free(c);

	c = client_of(relay.port, m->port);
	assert_true(muster_agent_release(c, "a", 0));
	muster_client_free(c);
	assert_int_equal(relay_stop(&relay), 4);
}

static void
a_call_without_redis_fails_until_redis_is_back(void **state)
{
	struct cluster *cluster = *state;
	struct musterd *a = musterd_start(cluster, "-heartbeat-ttl", "1h");
	struct musterd *b = musterd_start(cluster, "-heartbeat-ttl", "1h");
	muster_client *c = client_of(a->port, b->port);
	muster_reply *r;

	redis_kill(cluster);
	assert_null(muster_stats_get(c));
	assert_int_equal(muster_error_kind(muster_client_error(c)), MUSTER_REFUSED);
	assert_string_equal(muster_error_code(muster_client_error(c)), "store_unavailable");
	redis_start(cluster);
	wait_status(a->port, "/readyz", 200, API_WAIT_MS);
	r = muster_stats_get(c);
	assert_non_null(r);
	muster_reply_free(r);
	muster_client_free(c);
}

int
main(void)
{
	const struct CMUnitTest client_failover[] = {
		cluster_test(no_call_fails_when_a_front_end_dies),
		cluster_test(a_stopped_front_end_is_left_in_time),
		cluster_test(a_call_whose_answer_was_lost_is_applied_once),
		cluster_test(a_call_without_redis_fails_until_redis_is_back),
	};

	return test_program(client_failover);
}
