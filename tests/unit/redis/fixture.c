/*
 * The test's connection and the fake Redis. Invariant: while the thread of the fake runs, what it
 * shares with the test is used under `lock` only.
 */
#include "fixture.h"

#include "base/log_writer.h"

#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TICK_US = 2000, WORDS_MAX = 16, READ_SIZE = 16384 };

static const struct fake_line good[] = {
	{ "ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n" },
	{ "CONFIG", "*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n" },
	{ "INFO", "$34\r\n# Server\r\nredis_version:7.0.15\r\n\r\n\r\n" },
	{ "*", "+OK\r\n" },
};

static void
on_ready(void *arg)
{
	struct client *k = arg;

	k->ready++;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

void
client_init(struct client *k, const char *url)
{
	const struct timeval tick = { 0, TICK_US };
	char why[128];

	memset(k, 0, sizeof(*k));
	assert_int_equal(redis_url_init(&k->url, url, why, sizeof(why)), ERR_OK);
	k->base = event_base_new();
	k->tick = event_new(k->base, -1, EV_PERSIST, on_tick, NULL);
	event_add(k->tick, &tick);
	k->options = (struct redis_options){
		.url = k->url,
		.name = "unit",
		.connect_timeout_ms = CLIENT_WAIT_MS,
		.command_timeout_ms = CLIENT_WAIT_MS,
		.backoff_max_ms = 20,
	};
}

void
client_begin(struct client *k)
{
	k->c = redis_connection_new(k->base, &k->options, on_ready, k);
}

void
client_start(struct client *k, const char *url)
{
	client_init(k, url);
	client_begin(k);
}

void
client_stop(struct client *k)
{
	redis_connection_free(k->c);
	event_free(k->tick);
	event_base_free(k->base);
	redis_url_fini(&k->url);
}

void
client_until(struct client *k, bool (*is_true)(void *arg), void *arg)
{
	long deadline = now_ms() + CLIENT_WAIT_MS;

	while (!is_true(arg)) {
		if (now_ms() >= deadline)
			fail_msg(
			    "waited in vain; last error: %s", redis_connection_last_error(k->c));
		event_base_loop(k->base, EVLOOP_ONCE);
	}
}

static bool
is_ready(void *arg)
{
	const struct client *k = arg;

	return redis_connection_ready(k->c);
}

void
client_wait_ready(struct client *k)
{
	client_until(k, is_ready, k);
}

struct expected_error {
	struct client *client;
	const char *text;
};

static bool
has_error(void *arg)
{
	const struct expected_error *expected = arg;

	return strstr(redis_connection_last_error(expected->client->c), expected->text) != NULL;
}

void
client_wait_error(struct client *k, const char *text)
{
	client_until(k, has_error, &(struct expected_error){ k, text });
}

static void
note_answer(struct answer *a, enum err e, bool replied)
{
	a->times++;
	a->place = ++a->client->answers;
	a->e = e;
	a->replied = replied;
}

void
answer_note(void *arg, enum err e, const struct reply *reply)
{
	struct answer *a = arg;

	note_answer(a, e, reply != NULL);
	if (reply != NULL && reply->kind == REPLY_INTEGER)
		snprintf(a->text, sizeof(a->text), "%" PRId64, reply->integer);
	else if (reply != NULL && reply->text != NULL)
		snprintf(a->text, sizeof(a->text), "%s", reply->text);
}

void
answer_note_script(void *arg, enum err e, const struct script_reply *reply)
{
	struct answer *a = arg;

	note_answer(a, e, e == ERR_OK || reply->error != NULL);
	if (e != ERR_OK)
		snprintf(a->text, sizeof(a->text), "%s", reply->error != NULL ? reply->error : "");
}

void
client_ask(struct client *k, struct answer *a, const char *command)
{
	const char *words[WORDS_MAX];
	char copy[256], *rest = copy, *word;
	size_t n = 0;

	*a = (struct answer){ .client = k };
	snprintf(copy, sizeof(copy), "%s", command);
	while (n < WORDS_MAX && (word = strsep(&rest, " ")) != NULL)
		words[n++] = word;
	redis_connection_command(k->c, n, words, NULL, answer_note, a);
}

static bool
is_answered(void *arg)
{
	return ((struct answer *)arg)->times > 0;
}

void
client_wait(struct client *k, struct answer *a)
{
	client_until(k, is_answered, a);
}

const char *
client_do(struct client *k, const char *command)
{
	struct answer a;

	client_ask(k, &a, command);
	client_wait(k, &a);
	if (a.e != ERR_OK)
		fail_msg("%s: error %d: %s", command, (int)a.e, a.text);
	return fmt("%s", a.text);
}

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

static bool
line_fits(const struct fake_line *l, const char *word)
{
	return l->times >= 0 && (strcmp(l->word, "*") == 0 || strcmp(l->word, word) == 0);
}

/* Notes the command. Returns the line for it. */
static struct fake_line
take_line(struct fake *f, redisReply *command)
{
	const char *word = command->element[0]->str;
	struct fake_line line;
	size_t i = 0;

	pthread_mutex_lock(&f->lock);
	freeReplyObject(f->last);
	f->last = command;
	f->evals += strcmp(word, "EVAL") == 0;
	f->evalshas += strcmp(word, "EVALSHA") == 0;
	while (i < f->n_lines && !line_fits(&f->lines[i], word))
		i++;
	if (i < f->n_lines) {
		line = f->lines[i];
		if (f->lines[i].times > 0 && --f->lines[i].times == 0)
			f->lines[i].times = -1;
	} else {
		for (i = 0; !line_fits(&good[i], word); i++)
			continue;
		line = good[i];
	}
	pthread_mutex_unlock(&f->lock);
	return line;
}

/* Answers commands on one connection until it is closed or the fake has to stop. */
static void
serve(struct fake *f, int fd)
{
	redisReader *reader = redisReaderCreate();
	char in[READ_SIZE];
	bool open = true;

	while (open && wait_readable(f, fd)) {
		ssize_t n = read(fd, in, sizeof(in));
		void *command = NULL;

		open = n > 0 && redisReaderFeed(reader, in, (size_t)n) == REDIS_OK;
		while (
		    open && redisReaderGetReply(reader, &command) == REDIS_OK && command != NULL) {
			struct fake_line line = take_line(f, command);

			open = (line.reply == NULL || say(f, fd, line.reply)) && !line.close;
		}
	}
	redisReaderFree(reader);
	close(fd);
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

void
fake_start(struct fake *f, const struct fake_line *lines)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memset(f, 0, sizeof(*f));
	while (lines != NULL && lines[f->n_lines].word != NULL) {
		assert_true(f->n_lines < FAKE_LINES_MAX);
		f->lines[f->n_lines] = lines[f->n_lines];
		f->n_lines++;
	}
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/fake.sock", test_dir());
	snprintf(f->url, sizeof(f->url), "unix://%s", un.sun_path);
	unlink(un.sun_path);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(f->listener, 16), 0);
	assert_int_equal(pipe2(f->stop, O_CLOEXEC), 0);
	pthread_mutex_init(&f->lock, NULL);
	assert_int_equal(pthread_create(&f->thread, NULL, fake_run, f), 0);
}

void
fake_stop(struct fake *f)
{
	assert_int_equal(write(f->stop[1], "", 1), 1);
	pthread_join(f->thread, NULL);
	close(f->listener);
	close(f->stop[0]);
	close(f->stop[1]);
	pthread_mutex_destroy(&f->lock);
}

void
fake_fini(struct fake *f)
{
	freeReplyObject(f->last);
	f->last = NULL;
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

struct wanted {
	struct fake *fake;
	size_t n;
};

static bool
have_come(void *arg)
{
	const struct wanted *wanted = arg;

	return fake_connections(wanted->fake) >= wanted->n;
}

static bool
has_evalshas(void *arg)
{
	const struct wanted *wanted = arg;
	size_t n;

	pthread_mutex_lock(&wanted->fake->lock);
	n = wanted->fake->evalshas;
	pthread_mutex_unlock(&wanted->fake->lock);
	return n >= wanted->n;
}

void
fake_wait_connections(struct fake *f, struct client *k, size_t n)
{
	client_until(k, have_come, &(struct wanted){ f, n });
}

void
fake_wait_evalshas(struct fake *f, struct client *k, size_t n)
{
	client_until(k, has_evalshas, &(struct wanted){ f, n });
}

static int stderr_before = -1;

static const char *
capture_path(void)
{
	return fmt("%s/stderr.txt", test_dir());
}

void
capture_begin(void)
{
	int fd = open(capture_path(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(log_writer_drain(PROCESS_WAIT_MS));
	fflush(stderr);
	stderr_before = dup(STDERR_FILENO);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	close(fd);
}

const char *
capture_end(void)
{
	const char *kept;
	char *text;

	assert_true(log_writer_drain(PROCESS_WAIT_MS));
	text = file_read(capture_path());
	kept = fmt("%s", text);
	free(text);
	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	return kept;
}
