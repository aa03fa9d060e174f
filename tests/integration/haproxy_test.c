/*
 * deploy/haproxy.cfg in a real HAProxy, with three front-ends of one cluster. Only the addresses
 * are replaced, and in some tests the interval of the checks.
 */
#include "support/cluster.h"
#include "support/http_client.h"
#include "support/sse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>

#define NODES  "/api/cluster/nodes"
#define STATS  "/api/cluster/stats"
#define EVENTS "/api/cluster/events"
#define BEAT   NODES "/n"

enum {
	FRONT_ENDS = 3,
	LAST = FRONT_ENDS - 1,
	ROUNDS = 30,
	READERS = 4,
	READS = 400,
	CHANGES = 9,
	PROMPT_MS = 100
};

/* The last front-end has its own Redis user, so that only this one can be disconnected. */
struct proxy {
	struct cluster *cluster;
	struct musterd *front_end[FRONT_ENDS];
	pid_t pid;
	int port;
	char log[160];
};

/* `text` with `old` replaced by `new`. */
static const char *
replaced(const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);

	if (at == NULL)
		print_error("deploy/haproxy.cfg has no %s\n", old);
	assert_non_null(at);
	return fmt("%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

static void
start_haproxy(struct proxy *p, const char *interval)
{
	const char *path = fmt("%s/haproxy.cfg", p->cluster->dir), *text;
	char own[160], *file = file_read("deploy/haproxy.cfg");
	char *argv[] = { "/usr/sbin/haproxy", "-db", "-f", own, NULL };
	int i;

	p->port = unused_port();
	text = replaced(file, "bind :8151", fmt("bind 127.0.0.1:%d", p->port));
	text = replaced(text, " inter 1s ", fmt(" inter %s ", interval));
	for (i = 0; i < FRONT_ENDS; i++)
		text = replaced(text, fmt(" 10.0.0.%d:8151", i + 1),
		    fmt(" 127.0.0.1:%d", p->front_end[i]->port));
	assert_true(file_write(path, text));
	free(file);
	snprintf(own, sizeof(own), "%s", path);
	snprintf(p->log, sizeof(p->log), "%s/haproxy.log", p->cluster->dir);
	p->pid = process_start(argv, p->log);
	assert_true(p->pid > 0);
	wait_status(p->port, STATS, 200, API_WAIT_MS);
}

static struct proxy *
start(struct cluster *c, const char *interval)
{
	static struct proxy p;
	int redis_port = redis_on_tcp(c), i;

	p = (struct proxy){ .cluster = c };
	redis_do(c, "ACL SETUSER last on >pw ~* +@all");
	for (i = 0; i < FRONT_ENDS; i++)
		p.front_end[i] = musterd_start(c, "-trusted-proxies", "127.0.0.1", "-redis",
		    i < LAST ? c->url : fmt("redis://last:pw@127.0.0.1:%d", redis_port));
	api(p.front_end[0]->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	start_haproxy(&p, interval);
	return &p;
}

static void
cut_off_the_last(struct proxy *p)
{
	redis_do(p->cluster, "ACL SETUSER last off");
	redis_do(p->cluster, "CLIENT KILL USER last");
	wait_status(p->front_end[LAST]->port, "/readyz", 503, API_WAIT_MS);
}

/* The front-end that gave the last response, counted from 0. */
static int
answered(void)
{
	const char *name = api_header("X-Front-End");

	assert_non_null(name);
	assert_int_equal(strncmp(name, "front-end-", 10), 0);
	return atoi(name + 10) - 1;
}

/* Makes ROUNDS requests, which must succeed, and counts which front-end answered. */
static void
ask(struct proxy *p, const char *method, const char *path, int counts[FRONT_ENDS])
{
	int i;

	memset(counts, 0, FRONT_ENDS * sizeof(*counts));
	for (i = 0; i < ROUNDS; i++) {
		api(p->port, 200, method, path, NULL);
		counts[answered()]++;
	}
}

static void
wait_said(struct proxy *p, const char *what)
{
	struct musterd as = { 0 };

	snprintf(as.log, sizeof(as.log), "%s", p->log);
	assert_true(musterd_says(&as, what, API_WAIT_MS));
}

struct hearing {
	struct proxy *proxy;
	int from;
};

static bool
is_heard(void *arg)
{
	struct hearing *h = arg;

	api(h->proxy->port, 200, "GET", STATS, NULL);
	return answered() == h->from;
}

static void
requests_are_spread_over_all_front_ends(void **state)
{
	struct proxy *p = start(*state, "1s");
	int counts[FRONT_ENDS], i;

	ask(p, "GET", STATS, counts);
	for (i = 0; i < FRONT_ENDS; i++)
		assert_in_range(counts[i], ROUNDS / FRONT_ENDS / 2, ROUNDS / 2);
	process_kill(p->pid);
}

static void
no_request_fails_when_a_front_end_is_killed_and_restarted(void **state)
{
	struct proxy *p = start(*state, "1s");
	int counts[FRONT_ENDS], port = p->front_end[0]->port;

	musterd_kill(p->front_end[0]);
	ask(p, "GET", STATS, counts);
	ask(p, "POST", BEAT, counts);
	assert_int_equal(counts[0], 0);
	wait_said(p, "muster/front-end-1 is DOWN");
	p->front_end[0] = musterd_start(*state, "-port", fmt("%d", port));
	assert_true(poll_until(is_heard, &(struct hearing){ p, 0 }, API_WAIT_MS));
	process_kill(p->pid);
}

static void
a_front_end_without_redis_is_taken_out_until_it_recovers(void **state)
{
	struct proxy *p = start(*state, "1s");
	int counts[FRONT_ENDS];

	cut_off_the_last(p);
	ask(p, "GET", STATS, counts);
	wait_said(p, "muster/front-end-3 is DOWN");
	/* A POST would not be retried with another front-end. */
	ask(p, "POST", BEAT, counts);
	assert_int_equal(counts[LAST], 0);
	redis_do(p->cluster, "ACL SETUSER last on");
	assert_true(poll_until(is_heard, &(struct hearing){ p, LAST }, API_WAIT_MS));
	process_kill(p->pid);
}

/* The number of refused POSTs among ROUNDS. */
static int
failed_posts(struct proxy *p, const char *headers)
{
	int failed = 0, i;

	for (i = 0; i < ROUNDS; i++) {
		struct http_client client;
		struct http_response r;

		assert_true(http_client_open(&client, "127.0.0.1", p->port));
		assert_true(http_client_send_str(&client,
		    fmt("POST " BEAT " HTTP/1.1\r\nHost: t\r\n%sContent-Length: 0\r\n\r\n",
		        headers)));
		assert_true(http_client_read(&client, &r));
		assert_true(r.status == 200 || r.status == 503);
		failed += r.status == 503;
		http_response_fini(&r);
		http_client_close(&client);
	}
	return failed;
}

/* There is no health check during this test. */
static void
only_idempotent_requests_are_retried(void **state)
{
	struct proxy *p = start(*state, "1h");
	int counts[FRONT_ENDS];

	cut_off_the_last(p);
	ask(p, "GET", STATS, counts);
	assert_int_equal(counts[LAST], 0);
	assert_true(failed_posts(p, "") > 0);
	assert_int_equal(failed_posts(p, "Idempotency-Key: k\r\n"), 0);
	process_kill(p->pid);
}

struct readers {
	int port;
	atomic_int good, failed;
	atomic_bool enough;
};

/* Makes GETs on one connection, as long as it is open. */
static void *
keep_reading(void *arg)
{
	struct readers *all = arg;
	struct http_client client = { .fd = -1 };

	while (!atomic_load(&all->enough)) {
		struct http_response r = { 0 };
		bool close;

		if (client.fd < 0)
			(void)http_client_open(&client, "127.0.0.1", all->port);
		if (http_client_call(&client, "GET", STATS, NULL, &r) && r.status == 200)
			atomic_fetch_add(&all->good, 1);
		else
			atomic_fetch_add(&all->failed, 1);
		close = r.status == 0 || r.close;
		http_response_fini(&r);
		if (close)
			http_client_close(&client);
	}
	http_client_close(&client);
	return NULL;
}

struct reads {
	struct readers *all;
	int good;
};

static bool
have_read(void *arg)
{
	struct reads *r = arg;

	return atomic_load(&r->all->good) >= r->good;
}

static void
no_get_fails_while_a_front_end_shuts_down(void **state)
{
	struct proxy *p = start(*state, "1s");
	struct readers all = { .port = p->port };
	pthread_t thread[READERS];
	bool before, after;
	int i, status;

	for (i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, keep_reading, &all), 0);
	before = poll_until(have_read, &(struct reads){ &all, READS }, API_WAIT_MS);
	status = musterd_end(p->front_end[0]);
	i = atomic_load(&all.good);
	after = poll_until(have_read, &(struct reads){ &all, i + READS }, API_WAIT_MS);
	atomic_store(&all.enough, true);
	for (i = 0; i < READERS; i++)
		pthread_join(thread[i], NULL);
	assert_true(before && after);
	assert_int_equal(status, 0);
	assert_int_equal(atomic_load(&all.failed), 0);
	process_kill(p->pid);
}

static void
without_front_ends_the_errors_have_the_format_of_the_api(void **state)
{
	struct proxy *p = start(*state, "1s");
	int i;

	for (i = 0; i < FRONT_ENDS; i++)
		musterd_kill(p->front_end[i]);
	api_problem(p->port, 503, "store_unavailable", "GET", STATS, NULL);
	api_problem(p->port, 503, "store_unavailable", "POST", BEAT, NULL);
	process_kill(p->pid);
}

static int
compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

/* Makes a change that writes an event. */
static void
change(struct proxy *p, int i)
{
	api(p->port, 201, "POST", NODES, fmt("{\"id\":\"e%d\"}", i));
}

/* Reads until the event of that change. */
static void
expect_change(struct sse *s, int i)
{
	const char *wanted = fmt("\"e%d\"", i);
	struct sse_event e;

	do
		assert_true(sse_next(s, &e, API_WAIT_MS));
	while (strcmp(e.type, "node.registered") != 0 || strstr(e.data, wanted) == NULL);
}

static void
follow_from(struct proxy *p, struct sse *s, const char *last_event_id)
{
	assert_true(sse_open(s, p->port, EVENTS, last_event_id));
	assert_int_equal(s->status, 200);
}

/* Follows the stream from now on. */
static void
follow(struct proxy *p, struct sse *s)
{
	follow_from(p, s, NULL);
	assert_true(sse_live(s, API_WAIT_MS));
}

static void
events_are_not_delayed(void **state)
{
	struct proxy *p = start(*state, "1s");
	long ms[CHANGES], since;
	struct sse s;
	int i;

	follow(p, &s);
	for (i = 0; i < CHANGES; i++) {
		since = now_ms();
		change(p, i);
		expect_change(&s, i);
		ms[i] = now_ms() - since;
	}
	qsort(ms, CHANGES, sizeof(ms[0]), compare);
	assert_true(ms[CHANGES / 2] < PROMPT_MS);
	sse_close(&s);
	process_kill(p->pid);
}

/* The number of a stream that has ended, -1 if none has. */
static int
ended(const struct sse streams[FRONT_ENDS])
{
	char bytes[4096];
	ssize_t n;
	int i;

	for (i = 0; i < FRONT_ENDS; i++) {
		do
			n = recv(streams[i].fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_PEEK);
		while (n < 0 && errno == EINTR);
		if (n == 0)
			return i;
	}
	return -1;
}

static bool
one_has_ended(void *arg)
{
	return ended(arg) >= 0;
}

static void
a_stream_moves_when_its_front_end_is_taken_out(void **state)
{
	struct proxy *p = start(*state, "1s");
	struct sse streams[FRONT_ENDS];
	char id[64];
	int i, cut;

	/* The streams are distributed, so each front-end has one. */
	for (i = 0; i < FRONT_ENDS; i++)
		follow(p, &streams[i]);
	change(p, 1);
	for (i = 0; i < FRONT_ENDS; i++)
		expect_change(&streams[i], 1);
	cut_off_the_last(p);
	wait_said(p, "muster/front-end-3 is DOWN");
	assert_true(poll_until(one_has_ended, streams, API_WAIT_MS));
	cut = ended(streams);
	snprintf(id, sizeof(id), "%s", streams[cut].id);
	sse_close(&streams[cut]);
	change(p, 2);
	follow_from(p, &streams[cut], id);
	for (i = 0; i < FRONT_ENDS; i++)
		expect_change(&streams[i], 2);
	for (i = 0; i < FRONT_ENDS; i++)
		sse_close(&streams[i]);
	process_kill(p->pid);
}

/* Registers a node without an address, from `address` through the proxy. */
static void
register_from(struct proxy *p, const char *address, const char *id)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
	struct http_client client = { .timeout_ms = HTTP_CLIENT_TIMEOUT_MS };
	struct http_response r;

	assert_int_equal(inet_pton(AF_INET, address, &from.sin_addr), 1);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)p->port);
	client.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(client.fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(client.fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_true(http_client_call(&client, "POST", NODES, fmt("{\"id\":\"%s\"}", id), &r));
	assert_int_equal(r.status, 201);
	http_response_fini(&r);
	http_client_close(&client);
}

static void
a_node_behind_the_proxy_registers_with_its_own_address(void **state)
{
	struct proxy *p = start(*state, "1s");

	register_from(p, "127.0.0.7", "seven");
	check_json(api(p->port, 200, "GET", NODES "/seven", NULL), "ip_address", "\"127.0.0.7\"");
	process_kill(p->pid);
}

int
main(void)
{
	const struct CMUnitTest haproxy[] = {
		cluster_test(requests_are_spread_over_all_front_ends),
		cluster_test(no_request_fails_when_a_front_end_is_killed_and_restarted),
		cluster_test(a_front_end_without_redis_is_taken_out_until_it_recovers),
		cluster_test(only_idempotent_requests_are_retried),
		cluster_test(no_get_fails_while_a_front_end_shuts_down),
		cluster_test(without_front_ends_the_errors_have_the_format_of_the_api),
		cluster_test(events_are_not_delayed),
		cluster_test(a_stream_moves_when_its_front_end_is_taken_out),
		cluster_test(a_node_behind_the_proxy_registers_with_its_own_address),
	};

	return test_program(haproxy);
}
