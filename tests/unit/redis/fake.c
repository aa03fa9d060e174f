/*
 * The fake Redis. Invariant: while its thread runs, what it shares with the test is used under
 * `lock` only.
 */
#include "unit/redis/fake.h"

#include "redis/script_source.h"
#include "support/api.h"
#include "support/process.h"
#include "support/program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { READ_SIZE = 16384, ARGS = 4 /* EVALSHA sha1 1 prefix ARGV… */ };

static const struct fake_line good[] = {
	{ "ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n" },
	{ "CONFIG", "*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n" },
	{ "INFO", "$34\r\n# Server\r\nredis_version:7.0.15\r\n\r\n\r\n" },
	{ "*", "+OK\r\n" },
};

/* Waits until `fd` can be read. Returns false when the fake has to stop. */
static bool
wait_readable(struct fake *f, int fd)
{
	struct pollfd p[2] = { { .fd = f->stop[0], .events = POLLIN },
		{ .fd = fd, .events = POLLIN } };

	while (poll(p, 2, -1) < 0 || (p[0].revents | p[1].revents) == 0)
		continue;
	return p[0].revents == 0;
}

static bool
say(const struct fake *f, int fd, const char *text)
{
	size_t len = strlen(text), step = f->by_bytes ? 1 : len, at;

	for (at = 0; at < len; at += step) {
		int unread = 1;

		if (send(fd, text + at, step, MSG_NOSIGNAL) != (ssize_t)step)
			return false;
		while (f->by_bytes && unread > 0) {
			struct pollfd p = { .fd = fd };

			/* Stop if the client has closed the connection or the fake has to stop. */
			if (poll(&p, 1, 0) > 0 ||
			    poll(&(struct pollfd){ f->stop[0], POLLIN, 0 }, 1, 0) > 0)
				return false;
			ioctl(fd, SIOCOUTQ, &unread);
		}
	}
	return true;
}

/* True if `word` is the command's first word, or the name of the script that it calls. */
static bool
is_called(const char *word, const redisReply *command)
{
	size_t i;

	if (strcmp(word, command->element[0]->str) == 0)
		return true;
	if (command->elements < ARGS || strcmp(command->element[0]->str, "EVALSHA") != 0)
		return false;
	for (i = 0; i < SCRIPT_COUNT; i++)
		if (strcmp(script_sources[i].name, word) == 0)
			return strcmp(script_sources[i].sha1, command->element[1]->str) == 0;
	return false;
}

static bool
line_fits(const struct fake_line *l, const redisReply *command)
{
	return l->times >= 0 && (strcmp(l->word, "*") == 0 || is_called(l->word, command));
}

/* Notes the command. Returns the line for it. */
static struct fake_line
take_line(struct fake *f, redisReply *command)
{
	struct fake_line line;
	size_t i = 0;

	pthread_mutex_lock(&f->lock);
	f->commands = realloc(f->commands, (f->n_commands + 1) * sizeof(command));
	f->commands[f->n_commands++] = command;
	f->last = command;
	while (i < f->n_lines && !line_fits(&f->lines[i], command))
		i++;
	if (i < f->n_lines) {
		line = f->lines[i];
		if (f->lines[i].times > 0 && --f->lines[i].times == 0)
			f->lines[i].times = -1;
	} else {
		for (i = 0; !line_fits(&good[i], command); i++)
			continue;
		line = good[i];
	}
	pthread_mutex_unlock(&f->lock);
	return line;
}

/* Keeps a reply that cannot be sent yet; NULL for one that the test will send. */
static bool
keep(struct fake *f, const char *reply)
{
	bool late;

	pthread_mutex_lock(&f->lock);
	late = reply == NULL || f->n_kept > 0;
	if (late) {
		f->kept = realloc(f->kept, (f->n_kept + 1) * sizeof(*f->kept));
		f->kept[f->n_kept++] = reply;
	}
	pthread_mutex_unlock(&f->lock);
	return late;
}

/* Answers commands on one connection until it is closed or the fake has to stop. */
static void
serve(struct fake *f, int fd)
{
	redisReader *reader = redisReaderCreate();
	char in[READ_SIZE];
	bool open = true;

	pthread_mutex_lock(&f->lock);
	f->client = fd;
	f->n_kept = 0;
	pthread_mutex_unlock(&f->lock);
	while (open && wait_readable(f, fd)) {
		ssize_t n = read(fd, in, sizeof(in));
		void *command = NULL;

		open = n > 0 && redisReaderFeed(reader, in, (size_t)n) == REDIS_OK;
		while (
		    open && redisReaderGetReply(reader, &command) == REDIS_OK && command != NULL) {
			struct fake_line line = take_line(f, command);

			open = (keep(f, line.reply) || say(f, fd, line.reply)) && !line.close;
		}
	}
	redisReaderFree(reader);
	pthread_mutex_lock(&f->lock);
	f->client = -1;
	close(fd);
	pthread_mutex_unlock(&f->lock);
}

static void *
fake_run(void *arg)
{
	struct fake *f = arg;

	while (wait_readable(f, f->listener)) {
		int fd = accept(f->listener, NULL, NULL);

		pthread_mutex_lock(&f->lock);
		if (f->connections < FAKE_ATTEMPTS_MAX)
			f->attempts[f->connections] = now_ms();
		f->connections++;
		pthread_mutex_unlock(&f->lock);
		serve(f, fd);
	}
	return NULL;
}

/* Starts the thread, with a socket that is bound. */
static void
start(struct fake *f, const struct fake_line *lines)
{
	while (lines != NULL && lines[f->n_lines].word != NULL) {
		assert_true(f->n_lines < FAKE_LINES_MAX);
		f->lines[f->n_lines] = lines[f->n_lines];
		f->n_lines++;
	}
	f->client = -1;
	assert_int_equal(listen(f->listener, 16), 0);
	assert_int_equal(pipe2(f->stop, O_CLOEXEC), 0);
	pthread_mutex_init(&f->lock, NULL);
	assert_int_equal(pthread_create(&f->thread, NULL, fake_run, f), 0);
}

void
fake_start(struct fake *f, const struct fake_line *lines)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memset(f, 0, sizeof(*f));
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/fake.sock", test_dir());
	snprintf(f->url, sizeof(f->url), "unix://%s", un.sun_path);
	unlink(un.sun_path);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&un, sizeof(un)), 0);
	start(f, lines);
}

void
fake_start_tcp(struct fake *f, const struct fake_line *lines)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);

	memset(f, 0, sizeof(*f));
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(getsockname(f->listener, (struct sockaddr *)&sa, &len), 0);
	f->port = ntohs(sa.sin_port);
	snprintf(f->url, sizeof(f->url), "redis://127.0.0.1:%d", f->port);
	start(f, lines);
}

void
fake_say(struct fake *f, const char *text)
{
	size_t i = 0;

	pthread_mutex_lock(&f->lock);
	assert_true(say(f, f->client, text));
	/* The first that was kept is the one for which `text` stands. */
	while (i < f->n_kept && (i == 0 || f->kept[i] != NULL)) {
		if (i > 0)
			assert_true(say(f, f->client, f->kept[i]));
		i++;
	}
	f->n_kept -= i;
	memmove(f->kept, f->kept + i, f->n_kept * sizeof(*f->kept));
	pthread_mutex_unlock(&f->lock);
}

void
fake_stop(struct fake *f)
{
	assert_int_equal(write(f->stop[1], "", 1), 1);
	pthread_join(f->thread, NULL);
	close(f->listener);
	close(f->stop[0]);
	close(f->stop[1]);
}

void
fake_fini(struct fake *f)
{
	size_t i;

	for (i = 0; i < f->n_commands; i++)
		freeReplyObject(f->commands[i]);
	free(f->commands);
	free(f->kept);
	pthread_mutex_destroy(&f->lock);
}

size_t
fake_connections(struct fake *f)
{
	size_t n;

	pthread_mutex_lock(&f->lock);
	n = f->connections;
	pthread_mutex_unlock(&f->lock);
	return n;
}

size_t
fake_calls(struct fake *f, const char *word)
{
	size_t i, n = 0;

	pthread_mutex_lock(&f->lock);
	for (i = 0; i < f->n_commands; i++)
		n += is_called(word, f->commands[i]);
	pthread_mutex_unlock(&f->lock);
	return n;
}

const char *
fake_argument(struct fake *f, const char *script, size_t i)
{
	const char *text = NULL;
	size_t at;

	pthread_mutex_lock(&f->lock);
	for (at = f->n_commands; at > 0 && !is_called(script, f->commands[at - 1]); at--)
		continue;
	if (at > 0 && ARGS + i < f->commands[at - 1]->elements)
		text = fmt("%s", f->commands[at - 1]->element[ARGS + i]->str);
	pthread_mutex_unlock(&f->lock);
	assert_non_null(text);
	return text;
}
