/* The test's connection, its answers, and what the process writes to stderr. */
#include "unit/redis/fixture.h"

#include "base/log_writer.h"

#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { TICK_US = 2000, WORDS_MAX = 16 };

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
	long deadline = now_ms() + CLIENT_UNTIL_MS;

	while (!is_true(arg)) {
		if (now_ms() >= deadline)
			fail_msg("waited in vain; last error: %s",
			    k->c != NULL ? redis_connection_last_error(k->c) : "none");
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

struct wanted {
	struct fake *fake;
	size_t n;
	const char *word;
};

static bool
have_come(void *arg)
{
	const struct wanted *wanted = arg;

	return fake_connections(wanted->fake) >= wanted->n;
}

static bool
has_calls(void *arg)
{
	const struct wanted *wanted = arg;

	return fake_calls(wanted->fake, wanted->word) >= wanted->n;
}

void
fake_wait_connections(struct fake *f, struct client *k, size_t n)
{
	client_until(k, have_come, &(struct wanted){ f, n, NULL });
}

void
fake_wait_calls(struct fake *f, struct client *k, const char *word, size_t n)
{
	client_until(k, has_calls, &(struct wanted){ f, n, word });
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
