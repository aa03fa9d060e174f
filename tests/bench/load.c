/*
 * The load generator of the bench. It sends HTTP requests or Redis commands over connections that stay
 * open, one at a time on each, and the next one as soon as the reply is there.
 * With -r, requests are sent at a constant rate: request number i is due i/rate seconds after the start.
 * Its latency counts from that moment, so it includes the time in which no connection was free.
 * With -w, requests are sent in waves, one request per connection. The server is stopped (SIGSTOP) while a
 * wave is sent, so that it finds all requests at once. The next wave follows when all are answered.
 * Exits with status 1 at the first bad reply or closed connection, or after ten seconds without a reply.
 * Prints part of a JSON object: "ops":…,"seconds":…,"per_s":…,"p50_us":… .
 */
#include "bench/answer.h"
#include "bench/template.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 4096,
	READ_AT_ONCE = 65536, /* bytes */
	SILENCE_MS = 10000,
	SHOWN = 600 /* bytes of a bad reply that are printed */
};

struct connection {
	int fd;
	int64_t since; /* when its request was due or, without -r, sent; ns */
	struct text in;
};

struct load {
	struct template template;
	const char *address; /* a port of 127.0.0.1, or the path of a socket */
	const char *list;    /* the file that %s takes its lines from, or NULL */
	long connections, n, first;
	double rate;
	pid_t server; /* the process to stop, with -w; else 0 */
	int status;
	const char *text;
	int epoll, timer;
	struct connection connection[CONNECTIONS_MAX];
	int idle[CONNECTIONS_MAX], n_idle;
	int64_t start, end;
	long sent, done;
	int64_t *took; /* latencies, in ns */
};

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void __attribute__((noreturn)) fail(const char *what, const char *detail)
{
	fprintf(stderr, "load: %s: %.*s\n", what, SHOWN, detail);
	exit(1);
}

static int
connect_to(const char *address)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd, on = 1, bad;

	if (*address == '/') {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", address);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		bad = connect(fd, (struct sockaddr *)&un, sizeof(un));
	} else {
		in.sin_port = htons((uint16_t)strtol(address, NULL, 10));
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		bad = connect(fd, (struct sockaddr *)&in, sizeof(in));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	if (bad)
		fail(address, strerror(errno));
	return fd;
}

static void
open_all(struct load *l)
{
	struct epoll_event e = { .events = EPOLLIN };
	long i;

	l->epoll = epoll_create1(0);
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	e.data.ptr = NULL;
	epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->timer, &e);
	for (i = 0; i < l->connections; i++) {
		l->connection[i].fd = connect_to(l->address);
		e.data.ptr = &l->connection[i];
		epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->connection[i].fd, &e);
		l->idle[l->n_idle++] = (int)i;
	}
}

static int64_t
due(const struct load *l, long i)
{
	return l->rate > 0 ? l->start + (int64_t)((double)i * 1e9 / l->rate) : 0;
}

static void
send_all(int fd, const char *s, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, s, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			fail("send", strerror(errno));
		if (n > 0) {
			s += n;
			len -= (size_t)n;
		}
	}
}

/* Stops a process. Returns when it has stopped. */
static void
stop_process(pid_t pid)
{
	char path[64], line[256], *state;
	FILE *f;

	if (kill(pid, SIGSTOP) != 0)
		fail("SIGSTOP", strerror(errno));
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	do {
		f = fopen(path, "r");
		if (f == NULL || fgets(line, sizeof(line), f) == NULL)
			fail(path, "the process is gone");
		fclose(f);
		state = strrchr(line, ')');
	} while (state == NULL || strncmp(state, ") T", 3) != 0);
}

/* Sends the requests that are due, as long as a connection is free. Sets the timer for the next one. */
static void
send_due(struct load *l)
{
	static struct text out;
	struct itimerspec at = { 0 };
	int64_t next;

	while (l->sent < l->n && l->n_idle > 0) {
		struct connection *c = &l->connection[l->idle[l->n_idle - 1]];
		int64_t now = now_ns();

		next = due(l, l->sent);
		if (next > now) {
			at.it_value.tv_sec = next / 1000000000;
			at.it_value.tv_nsec = next % 1000000000;
			timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &at, NULL);
			return;
		}
		c->since = next > 0 ? next : now;
		out.len = 0;
		template_write(&l->template, &out, l->first, l->sent);
		l->n_idle--;
		l->sent++;
		send_all(c->fd, out.s, out.len);
	}
}

/* Sends what can be sent now: the requests that are due, or a wave if none is under way. */
static void
send_next(struct load *l)
{
	if (l->server == 0) {
		send_due(l);
	} else if (l->n_idle == l->connections && l->sent < l->n) {
		stop_process(l->server);
		send_due(l);
		kill(l->server, SIGCONT);
	}
}

static void
receive(struct load *l, struct connection *c)
{
	char bytes[READ_AT_ONCE];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);
	enum answer said;
	size_t used;

	if (n <= 0)
		fail("the connection was closed", n < 0 ? strerror(errno) : "by the server");
	text_add(&c->in, bytes, (size_t)n);
	text_add(&c->in, "", 1);
	c->in.len--;
	said = l->template.resp ? answer_resp(c->in.s, c->in.len, &used)
	                        : answer_http(c->in.s, c->in.len, l->status, l->text, &used);
	if (said == ANSWER_PARTIAL)
		return;
	if (said == ANSWER_BAD || used != c->in.len)
		fail("bad reply", c->in.s);
	c->in.len = 0;
	l->end = now_ns();
	l->took[l->done++] = l->end - c->since;
	l->idle[l->n_idle++] = (int)(c - l->connection);
}

static void
run(struct load *l)
{
	struct epoll_event events[256];
	uint64_t ticks;
	int i, n;

	l->start = now_ns();
	while (l->done < l->n) {
		send_next(l);
		n = epoll_wait(l->epoll, events, 256, SILENCE_MS);
		if (n == 0)
			fail("no reply", "for ten seconds");
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr != NULL)
				receive(l, events[i].data.ptr);
			else if (read(l->timer, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
				fail("timer", strerror(errno));
		}
	}
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double
percentile_us(const struct load *l, double p)
{
	return (double)l->took[(long)((double)(l->done - 1) * p)] / 1e3;
}

static void
report(struct load *l)
{
	long items = l->template.items > 0 ? l->template.items : 1;
	double seconds = (double)(l->end - l->start) / 1e9;

	qsort(l->took, (size_t)l->done, sizeof(*l->took), compare);
	printf("\"ops\":%ld,\"seconds\":%.6f,\"per_s\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,"
	       "\"p999_us\":%.1f,\"max_us\":%.1f\n",
	    l->done * items, seconds, (double)(l->done * items) / seconds, percentile_us(l, 0.5),
	    percentile_us(l, 0.99), percentile_us(l, 0.999), percentile_us(l, 1));
}

static const char usage[] =
    "usage: load OPTION... [-X METHOD] [-H HEADER] [-b BODY] [-i ITEM] [-e STATUS] [-x TEXT] PATH\n"
    "       load OPTION... -R COMMAND ARG...\n"
    "-a PORT|SOCKET  -c CONNECTIONS  -n REQUESTS  -r PER_SECOND  -f FIRST_COUNT  -m MODULO\n"
    "-k ITEMS_PER_REQUEST  -l FILE of lines for %s  -w PID_OF_SERVER, to send in waves\n"
    "A reply must contain TEXT. bench/template.h explains the % signs.\n";

static bool
option(struct load *l, int o, char *value)
{
	struct template *t = &l->template;

	switch (o) {
	case 'a':
		return (l->address = value) != NULL;
	case 'b':
		return (t->body = value) != NULL;
	case 'c':
		return (l->connections = strtol(value, NULL, 10)) > 0 &&
		    l->connections <= CONNECTIONS_MAX;
	case 'e':
		return (l->status = (int)strtol(value, NULL, 10)) > 0;
	case 'f':
		return (l->first = strtol(value, NULL, 10)) >= 0;
	case 'H':
		return (t->header = value) != NULL;
	case 'i':
		return (t->item = value) != NULL;
	case 'k':
		return (t->items = strtol(value, NULL, 10)) > 0;
	case 'l':
		return (l->list = value) != NULL;
	case 'm':
		return (t->modulo = strtol(value, NULL, 10)) > 0;
	case 'n':
		return (l->n = strtol(value, NULL, 10)) > 0;
	case 'r':
		return (l->rate = strtod(value, NULL)) > 0;
	case 'R':
		return (t->resp = true);
	case 'w':
		return (l->server = (pid_t)strtol(value, NULL, 10)) > 0;
	case 'x':
		return (l->text = value) != NULL;
	case 'X':
		return (t->method = value) != NULL;
	default:
		return false;
	}
}

int
main(int argc, char **argv)
{
	static struct load l = {
		.connections = 50, .n = 10000, .status = 200, .template.method = "GET"
	};
	int o;

	while ((o = getopt(argc, argv, "+a:b:c:e:f:H:i:k:l:m:n:r:Rw:x:X:")) != -1) {
		if (!option(&l, o, optarg)) {
			fputs(usage, stderr);
			return 2;
		}
	}
	if (l.address == NULL || optind == argc ||
	    (l.list != NULL && !template_read_list(&l.template, l.list))) {
		fputs(usage, stderr);
		return 2;
	}
	l.template.path = argv[optind];
	l.template.args = argv + optind;
	l.template.n_args = argc - optind;
	l.took = calloc((size_t)l.n, sizeof(*l.took));
	if (l.took == NULL)
		abort();
	open_all(&l);
	run(&l);
	report(&l);
	return 0;
}
