/*
 * Names of Redis, which a server of this test looks up: they may become known later, or get another
 * address or another server.
 */
#include "redis/connection.h"

#include "unit/redis/fixture.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 1000, BACKOFF_MS = 200 };

/* A server for names. It runs on the loop of the client. */
struct name_server {
	int fd, port;
	struct evdns_server_port *server;
	const char *address; /* of each name; NULL: there is no such name */
	const char *other;   /* a second address; NULL: none */
	bool alternates;     /* which of the two comes first in an answer */
	int questions, answers;
};

static struct client client;
static char conf[160];

static void
on_question(struct evdns_server_request *request, void *arg)
{
	struct name_server *n = arg;
	struct in_addr in[2];
	int i, answers = 0, number = n->other != NULL ? 2 : 1;
	bool swap;

	n->questions++;
	for (i = 0; i < request->nquestions; i++) {
		const struct evdns_server_question *q = request->questions[i];

		if (n->address == NULL || q->type != EVDNS_TYPE_A)
			continue;
		n->answers++;
		swap = n->alternates && n->answers % 2 == 0;
		inet_pton(AF_INET, n->address, &in[swap]);
		if (n->other != NULL)
			inet_pton(AF_INET, n->other, &in[!swap]);
		evdns_server_request_add_a_reply(request, q->name, number, in, 60);
		answers++;
	}
	evdns_server_request_respond(
	    request, answers > 0 || n->address != NULL ? 0 : DNS_ERR_NOTEXIST);
}

/* Binds a port of 127.0.0.1. */
static void
name_server_bind(struct name_server *n)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);

	*n = (struct name_server){ .fd = socket(
		                       AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) };
	assert_true(n->fd >= 0);
	assert_int_equal(bind(n->fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(getsockname(n->fd, (struct sockaddr *)&sa, &len), 0);
	n->port = ntohs(sa.sin_port);
}

/* Answers questions from now on. */
static void
name_server_serve(struct name_server *n)
{
	n->server = evdns_add_server_port_with_base(client.base, n->fd, 0, on_question, n);
	assert_non_null(n->server);
}

static void
name_server_stop(struct name_server *n)
{
	if (n->server != NULL)
		evdns_close_server_port(n->server);
	else
		close(n->fd);
}

/* Prepares a client of this URL, and the file that names its servers. */
static void
prepare_url(struct cluster *c, const char *url, const char *text)
{
	snprintf(conf, sizeof(conf), "%s/resolv.conf", c->dir);
	if (text != NULL)
		assert_true(file_write(conf, text));
	client_init(&client, url);
	client.options.connect_timeout_ms = CONNECT_MS;
	client.options.backoff_max_ms = BACKOFF_MS;
	client.options.resolv_conf = conf;
}

/* The same for a client of redis://redis.example. */
static void
prepare(struct cluster *c, const char *text)
{
	prepare_url(c, fmt("redis://redis.example:%d", redis_on_tcp(c)), text);
}

static bool
was_asked(void *arg)
{
	return ((struct name_server *)arg)->questions > 0;
}

static void
a_name_that_is_known_later_is_found(void **state)
{
	struct name_server n;

	name_server_bind(&n);
	prepare(*state, fmt("nameserver 127.0.0.1:%d\n", n.port));
	name_server_serve(&n);
	client_begin(&client);
	client_until(&client, was_asked, &n);
	n.address = "127.0.0.1";
	client_wait_ready(&client);
	name_server_stop(&n);
	client_stop(&client);
}

/* As in a container whose network is set up after its start. */
static void
a_server_that_the_file_names_later_is_asked(void **state)
{
	struct name_server n;

	name_server_bind(&n);
	n.address = "127.0.0.1";
	prepare(*state, NULL);
	name_server_serve(&n);
	client_begin(&client);
	client_wait_error(&client, "connect: ");
	assert_int_equal(n.questions, 0);
	assert_true(file_write(conf, fmt("nameserver 127.0.0.1:%d\n", n.port)));
	client_wait_ready(&client);
	name_server_stop(&n);
	client_stop(&client);
}

static void
another_server_is_asked_when_the_file_changes(void **state)
{
	struct name_server silent, n;

	name_server_bind(&silent);
	name_server_bind(&n);
	n.address = "127.0.0.1";
	prepare(*state, fmt("nameserver 127.0.0.1:%d\n", silent.port));
	name_server_serve(&n);
	client_begin(&client);
	client_wait_error(&client, "timed out");
	assert_true(file_write(conf, fmt("nameserver 127.0.0.1:%d\n", n.port)));
	client_wait_ready(&client);
	name_server_stop(&n);
	name_server_stop(&silent);
	client_stop(&client);
}

static void
a_silent_server_leaves_time_for_the_next_one(void **state)
{
	struct name_server silent, n;

	name_server_bind(&silent);
	name_server_bind(&n);
	n.address = "127.0.0.1";
	prepare(
	    *state, fmt("nameserver 127.0.0.1:%d\nnameserver 127.0.0.1:%d\n", silent.port, n.port));
	name_server_serve(&n);
	client_begin(&client);
	client_wait_ready(&client);
	name_server_stop(&n);
	name_server_stop(&silent);
	client_stop(&client);
}

/* Redis listens on all addresses of the loopback network; a name is moved from one to another. */
static void
a_redis_that_moves_is_found(void **state)
{
	struct cluster *c = *state;
	struct name_server n;

	redis_do(c, "CONFIG SET bind 127.0.0.1");
	name_server_bind(&n);
	n.address = "127.0.0.1";
	prepare(c, fmt("nameserver 127.0.0.1:%d\n", n.port));
	name_server_serve(&n);
	client_begin(&client);
	client_wait_ready(&client);
	n.address = "127.0.0.2";
	redis_do(c, "CONFIG SET bind 127.0.0.2");
	redis_do(c, "CLIENT KILL TYPE normal");
	client_wait_error(&client, "connection: closed by Redis");
	client_wait_ready(&client);
	name_server_stop(&n);
	client_stop(&client);
}

/*
 * Nobody listens at the one address, Redis at the other. Servers of names often change the order of their
 * answer: here the second address of each answer is the first one of the next.
 */
static void
the_next_address_is_tried_at_the_next_attempt(void **state)
{
	static const char *const dead[] = { "127.0.0.1", "127.0.0.3" };
	struct cluster *c = *state;
	struct name_server n;
	size_t i;
	int answers;

	for (i = 0; i < ARRAY_LEN(dead); i++) {
		redis_do(c, "CONFIG SET bind 127.0.0.2");
		name_server_bind(&n);
		n.address = dead[i];
		n.other = "127.0.0.2";
		n.alternates = true;
		prepare(c, fmt("nameserver 127.0.0.1:%d\n", n.port));
		name_server_serve(&n);
		client_begin(&client);
		client_wait_ready(&client);
		assert_in_range(n.answers, 1, 2);
		/* What was good is tried first. */
		answers = n.answers;
		redis_do(c, "CLIENT KILL TYPE normal");
		client_wait_error(&client, "connection: closed by Redis");
		client_wait_ready(&client);
		assert_int_equal(n.answers, answers + 1);
		name_server_stop(&n);
		client_stop(&client);
	}
}

/* As where one name stands for all sentinels. */
static void
the_next_sentinel_of_a_name_is_asked_at_the_next_attempt(void **state)
{
	const char *port = fmt("%d", redis_on_tcp(*state));
	struct fake_line lines[] = {
		{ .word = "SENTINEL",
		    .reply = fmt("*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n", strlen(port), port) },
		{ .word = NULL },
	};
	struct name_server n;
	struct fake sentinel;

	fake_start_tcp(&sentinel, lines);
	name_server_bind(&n);
	n.address = "127.0.0.2";
	n.other = "127.0.0.1";
	prepare_url(*state, fmt("redis+sentinel://sentinels.example:%d/m", sentinel.port),
	    fmt("nameserver 127.0.0.1:%d\n", n.port));
	name_server_serve(&n);
	client_begin(&client);
	client_wait_ready(&client);
	assert_int_equal(fake_calls(&sentinel, "SENTINEL"), 1);
	name_server_stop(&n);
	client_stop(&client);
	fake_stop(&sentinel);
	fake_fini(&sentinel);
}

int
main(void)
{
	const struct CMUnitTest resolver[] = {
		cluster_test(a_name_that_is_known_later_is_found),
		cluster_test(a_server_that_the_file_names_later_is_asked),
		cluster_test(another_server_is_asked_when_the_file_changes),
		cluster_test(a_silent_server_leaves_time_for_the_next_one),
		cluster_test(a_redis_that_moves_is_found),
		cluster_test(the_next_address_is_tried_at_the_next_attempt),
		cluster_test(the_next_sentinel_of_a_name_is_asked_at_the_next_attempt),
	};

	return test_program(resolver);
}
