/* Each mode of the fault proxy does what its description says, and nothing else. */
#include "chaos/proxy.h"
#include "support/cluster.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, SILENCE_MS = 120, BIG = 32 << 20 };

/* A server for one connection, on a unix socket or a port, and a client that connects through the
 * proxy. */
struct link {
	int listener, server, client;
	struct proxy *proxy;
};

static void
set_patience(int fd)
{
	const struct timeval tv = { .tv_sec = PATIENCE_MS / 1000 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
}

static int
dial(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	set_patience(fd);
	return fd;
}

static int
answer(int listener)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	int fd;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	set_patience(fd);
	return fd;
}

static int
link_setup(void **state)
{
	struct link *l = calloc(1, sizeof(*l));
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/peer.sock", test_dir());
	unlink(un.sun_path);
	l->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(l->listener, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(l->listener, 8), 0);
	l->proxy = proxy_new(un.sun_path);
	assert_non_null(l->proxy);
	l->client = dial(proxy_port(l->proxy));
	l->server = answer(l->listener);
	*state = l;
	return 0;
}

static int
link_teardown(void **state)
{
	struct link *l = *state;

	close(l->client);
	close(l->server);
	close(l->listener);
	proxy_free(l->proxy);
	free(l);
	return 0;
}

#define link_test(fn) cmocka_unit_test_setup_teardown(fn, link_setup, link_teardown)

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void
hear(int fd, const char *text)
{
	char got[64] = "";

	assert_int_equal(recv(fd, got, strlen(text), MSG_WAITALL), strlen(text));
	assert_string_equal(got, text);
}

/* Fails if anything arrives within a while, even a close. This is the only wait that cannot end
 * early. */
static void
hear_nothing(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, SILENCE_MS), 0);
}

static void
hear_end(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

static void
hear_reset(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

static bool
is_alone(void *arg)
{
	return proxy_connections(arg) == 0;
}

static void
pass_forwards_bytes_and_closes_both_ways(void **state)
{
	struct link *l = *state;

	say(l->client, "question");
	hear(l->server, "question");
	say(l->server, "answer");
	hear(l->client, "answer");
	assert_int_equal(proxy_connections(l->proxy), 1);
	say(l->client, "last");
	shutdown(l->client, SHUT_WR);
	hear(l->server, "last");
	hear_end(l->server);
	assert_true(poll_until(is_alone, l->proxy, PATIENCE_MS));
}

static void
a_slow_reader_gets_all_bytes(void **state)
{
	static char out[BIG], in[BIG];
	struct link *l = *state;
	pid_t writer;
	size_t i;

	for (i = 0; i < BIG; i++)
		out[i] = (char)(i * 7 + i / 4096);
	writer = fork();
	if (writer == 0)
		_exit(send(l->client, out, BIG, MSG_NOSIGNAL) == BIG ? 0 : 1);
	assert_int_equal(process_wait(writer, 4 * SILENCE_MS), -1);
	assert_int_equal(recv(l->server, in, BIG, MSG_WAITALL), BIG);
	assert_memory_equal(in, out, BIG);
	assert_int_equal(process_wait(writer, PATIENCE_MS), 0);
}

static void
tcp_upstream_works_too(void **state)
{
	struct link *l = *state;
	struct proxy *second = proxy_new(fmt("%d", proxy_port(l->proxy)));
	int client, server;

	assert_non_null(second);
	client = dial(proxy_port(second));
	server = answer(l->listener);
	say(client, "through two");
	hear(server, "through two");
	close(server);
	hear_end(client);
	close(client);
	proxy_free(second);
}

static void
an_unreachable_upstream_closes_the_connection(void **state)
{
	struct proxy *p = proxy_new(fmt("%s/none.sock", test_dir()));
	int fd = dial(proxy_port(p));
	char byte;

	(void)state;
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	assert_true(errno != EAGAIN);
	close(fd);
	proxy_free(p);
}

static void
delay_delays_bytes_and_closes(void **state)
{
	struct link *l = *state;
	long since;

	proxy_set(l->proxy, PROXY_DELAY, 200);
	since = now_ms();
	say(l->client, "one");
	hear(l->server, "one");
	assert_true(now_ms() - since >= 199);
	say(l->server, "two");
	close(l->server);
	l->server = -1;
	hear_nothing(l->client);
	hear(l->client, "two");
	hear_end(l->client);
	assert_true(now_ms() - since >= 398);
}

static void
delayed_bytes_come_first_when_the_delay_ends(void **state)
{
	struct link *l = *state;

	proxy_set(l->proxy, PROXY_DELAY, 60000);
	say(l->client, "early ");
	hear_nothing(l->server);
	proxy_set(l->proxy, PROXY_PASS, 0);
	say(l->client, "late");
	hear(l->server, "early late");
}

static void
drop_accepts_connections_and_drops_bytes_both_ways(void **state)
{
	struct link *l = *state;
	int client, server;

	proxy_set(l->proxy, PROXY_DROP, 0);
	client = dial(proxy_port(l->proxy));
	server = answer(l->listener);
	say(client, "lost");
	say(l->server, "lost");
	hear_nothing(server);
	hear_nothing(l->client);
	/* A stream with lost bytes is reset when the mode changes back. */
	proxy_set(l->proxy, PROXY_PASS, 0);
	hear_reset(client);
	hear_reset(l->client);
	hear_end(server);
	close(client);
	close(server);
}

static void
half_open_does_not_forward_a_close(void **state)
{
	struct link *l = *state;
	int client = dial(proxy_port(l->proxy)), server = answer(l->listener);

	proxy_set(l->proxy, PROXY_HALF_OPEN, 0);
	say(l->client, "held");
	close(l->client);
	l->client = -1;
	close(client);
	hear_nothing(l->server);
	hear_nothing(server);
	proxy_set(l->proxy, PROXY_PASS, 0);
	hear(l->server, "held");
	hear_end(l->server);
	hear_end(server);
	close(server);
}

static void
half_open_keeps_the_bytes_of_an_open_connection(void **state)
{
	struct link *l = *state;

	say(l->client, "a");
	hear(l->server, "a");
	proxy_set(l->proxy, PROXY_HALF_OPEN, 0);
	say(l->client, "question");
	say(l->server, "answer");
	hear_nothing(l->server);
	hear_nothing(l->client);
	proxy_set(l->proxy, PROXY_PASS, 0);
	hear(l->server, "question");
	hear(l->client, "answer");
	assert_int_equal(proxy_connections(l->proxy), 1);
}

static void
reset_resets_old_and_new_connections(void **state)
{
	struct link *l = *state;
	int client;

	proxy_set(l->proxy, PROXY_RESET, 0);
	hear_reset(l->client);
	hear_end(l->server);
	client = dial(proxy_port(l->proxy));
	hear_reset(client);
	close(client);
	proxy_set(l->proxy, PROXY_PASS, 0);
	assert_int_equal(proxy_connections(l->proxy), 0);
	close(l->client);
	close(l->server);
	l->client = dial(proxy_port(l->proxy));
	l->server = answer(l->listener);
	say(l->client, "again");
	hear(l->server, "again");
}

static void
cut_closes_a_connection_within_a_reply(void **state)
{
	struct link *l = *state;
	int client, server;

	proxy_set(l->proxy, PROXY_CUT, 11);
	say(l->client, "question");
	hear(l->server, "question");
	say(l->server, "answer");
	hear(l->client, "ans");
	hear_end(l->client);
	/* Each connection has its own byte count. */
	client = dial(proxy_port(l->proxy));
	server = answer(l->listener);
	say(client, "0123456789abcdef");
	hear(server, "0123456789a");
	hear_end(server);
	close(client);
	close(server);
}

static void
mute_forwards_requests_and_drops_replies(void **state)
{
	struct link *l = *state;

	proxy_set(l->proxy, PROXY_MUTE, 0);
	say(l->client, "question");
	hear(l->server, "question");
	say(l->server, "answer");
	hear_nothing(l->client);
	proxy_set(l->proxy, PROXY_PASS, 0);
	hear_reset(l->client);
}

int
main(void)
{
	const struct CMUnitTest proxy[] = {
		link_test(pass_forwards_bytes_and_closes_both_ways),
		link_test(a_slow_reader_gets_all_bytes),
		link_test(tcp_upstream_works_too),
		link_test(an_unreachable_upstream_closes_the_connection),
		link_test(delay_delays_bytes_and_closes),
		link_test(delayed_bytes_come_first_when_the_delay_ends),
		link_test(drop_accepts_connections_and_drops_bytes_both_ways),
		link_test(half_open_does_not_forward_a_close),
		link_test(half_open_keeps_the_bytes_of_an_open_connection),
		link_test(reset_resets_old_and_new_connections),
		link_test(cut_closes_a_connection_within_a_reply),
		link_test(mute_forwards_requests_and_drops_replies),
	};

	return test_program(proxy);
}
