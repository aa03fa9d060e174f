/* The sentinels are asked in turn, whatever becomes of them, and tell when the master changes. */
#include "redis/sentinel.h"

#include "unit/redis/fixture.h"

#include <event2/dns.h>
#include <stdio.h>

#define MASTER              "m"
#define TEXT(len, text)     "$" #len "\r\n" text "\r\n"
#define ANSWER              "*2\r\n" TEXT(9, "127.0.0.1") TEXT(4, "7001")
#define NO_ANSWER           "*-1\r\n"
#define SWITCHED(len, text) "*3\r\n" TEXT(7, "message") TEXT(14, "+switch-master") TEXT(len, text)

enum { FAKES = 3, ASK_MS = 300, EARLY_MS = 20 };

static struct {
	struct event_base *base;
	struct evdns_base *dns;
	struct redis_url url;
	struct sentinels *s;
	struct fake fake[FAKES];
	size_t n;
	int answers, changes;
	char host[64]; /* of the last answer; "" for none */
	int port;
	int idle; /* the events of the loop while nobody is asked */
} t;

static void
on_master(void *arg, const char *host, int port)
{
	(void)arg;
	t.answers++;
	snprintf(t.host, sizeof(t.host), "%s", host != NULL ? host : "");
	t.port = port;
}

static void
on_switched(void *arg)
{
	(void)arg;
	t.changes++;
}

/* Starts a fake sentinel for each of the lists of lines; for NULL, one that refuses connections. */
static void
start(const struct fake_line *const lines[], size_t n)
{
	char text[256] = "redis+sentinel://", why[128];
	size_t i;

	memset(&t, 0, sizeof(t));
	t.n = n;
	for (i = 0; i < n; i++) {
		size_t len = strlen(text);

		if (lines[i] != NULL)
			fake_start_tcp(&t.fake[i], lines[i]);
		snprintf(text + len, sizeof(text) - len, "%s127.0.0.1:%d", i > 0 ? "," : "",
		    lines[i] != NULL ? t.fake[i].port : unused_port());
	}
	assert_int_equal(redis_url_init(&t.url, fmt("%s/" MASTER, text), why, sizeof(why)), ERR_OK);
	t.base = event_base_new();
	t.dns = evdns_base_new(t.base, 0);
	t.idle = event_base_get_num_events(t.base, EVENT_BASE_COUNT_ADDED);
	t.s = sentinels_new(t.base, t.dns, &t.url, on_master, on_switched, NULL);
}

static void
stop(void)
{
	size_t i;

	sentinels_free(t.s);
	for (i = 0; i < t.n; i++)
		if (t.fake[i].port != 0) {
			fake_stop(&t.fake[i]);
			fake_fini(&t.fake[i]);
		}
	evdns_base_free(t.dns, 0);
	event_base_free(t.base);
	redis_url_fini(&t.url);
}

/* Runs the loop until *count is `n`. */
static void
run_until(const int *count, int n)
{
	long deadline = now_ms() + CLIENT_WAIT_MS;

	while (*count < n && now_ms() < deadline)
		event_base_loop(t.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_int_equal(*count, n);
}

/* Asks, and waits for the answer. Returns how long that took, in ms. */
static long
ask(void)
{
	int n = t.answers;
	long since = now_ms();

	sentinels_ask(t.s);
	run_until(&t.answers, n + 1);
	return now_ms() - since;
}

static size_t
asked(size_t i)
{
	return t.fake[i].port != 0 ? fake_calls(&t.fake[i], "SENTINEL") : 0;
}

struct wanted {
	size_t fake, n;
	const char *word;
};

static bool
has_got(void *arg)
{
	const struct wanted *w = arg;

	event_base_loop(t.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	return fake_calls(&t.fake[w->fake], w->word) >= w->n;
}

static void
wait_for(size_t fake, const char *word, size_t n)
{
	assert_true(poll_until(has_got, &(struct wanted){ fake, n, word }, CLIENT_WAIT_MS));
}

static const struct fake_line knows[] = { { "SENTINEL", ANSWER }, { "SUBSCRIBE", NULL }, { NULL } };
static const struct fake_line does_not_know[] = { { "SENTINEL", NO_ANSWER }, { NULL } };
static const struct fake_line refuses[] = { { "SENTINEL", "-ERR unknown command\r\n" }, { NULL } };
static const struct fake_line hangs_up[] = { { "SENTINEL", NULL, 0, true }, { NULL } };
static const struct fake_line talks_nonsense[] = { { "SENTINEL", "hello\r\n" }, { NULL } };
static const struct fake_line stops_halfway[] = { { "SENTINEL", "*2\r\n$9\r\n127." }, { NULL } };
static const struct fake_line hangs_up_halfway[] = { { "SENTINEL", "*2\r\n$9\r\n", 0, true },
	{ NULL } };
static const struct fake_line silent[] = { { "SENTINEL", NULL }, { NULL } };

static void
check_master(void)
{
	assert_string_equal(t.host, "127.0.0.1");
	assert_int_equal(t.port, 7001);
}

static void
one_that_is_of_no_help_is_followed_by_the_next_at_once(void **state)
{
	static const struct fake_line *const bad[] = { NULL, does_not_know, refuses, hangs_up,
		talks_nonsense };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		start((const struct fake_line *const[]){ bad[i], knows }, 2);
		ask();
		check_master();
		assert_int_equal(asked(0), bad[i] != NULL);
		assert_int_equal(asked(1), 1);
		assert_int_equal(t.answers, 1);
		stop();
	}
}

static void
one_that_says_nothing_is_given_up_in_time(void **state)
{
	(void)state;
	start((const struct fake_line *const[]){ silent, knows }, 2);
	assert_in_range(ask(), ASK_MS - EARLY_MS, CLIENT_WAIT_MS);
	check_master();
	assert_int_equal(asked(0), 1);
	assert_int_equal(asked(1), 1);
	stop();
}

/* The beginning of a reply is not continued by the reply of the next sentinel. */
static void
half_an_answer_counts_for_nothing(void **state)
{
	(void)state;
	start((const struct fake_line *const[]){ stops_halfway, hangs_up_halfway, knows }, 3);
	ask();
	check_master();
	assert_int_equal(t.answers, 1);
	assert_int_equal(asked(2), 1);
	stop();
}

static void
where_none_knows_that_is_the_answer(void **state)
{
	(void)state;
	start((const struct fake_line *const[]){ does_not_know, silent, NULL }, 3);
	ask();
	assert_string_equal(t.host, "");
	assert_int_equal(asked(0), 1);
	assert_int_equal(asked(1), 1);
	/* The next question begins a new round. */
	ask();
	assert_int_equal(t.answers, 2);
	assert_int_equal(asked(0), 2);
	assert_int_equal(asked(1), 2);
	stop();
}

/* What one sentinel has got wrong, another may know: the one that knew is asked first. */
static void
the_one_that_knew_is_asked_first_the_next_time(void **state)
{
	(void)state;
	start((const struct fake_line *const[]){ silent, knows, knows }, 3);
	ask();
	ask();
	check_master();
	assert_int_equal(asked(0), 1);
	assert_int_equal(asked(1), 2);
	assert_int_equal(asked(2), 0);
	stop();
}

static void
only_a_change_of_our_master_is_told(void **state)
{
	(void)state;
	start((const struct fake_line *const[]){ knows }, 1);
	ask();
	wait_for(0, "SUBSCRIBE", 1);
	fake_say(&t.fake[0], "*3\r\n" TEXT(9, "subscribe") TEXT(14, "+switch-master") ":1\r\n");
	/* That of another master, of one with a longer name, and that to the address we know. */
	fake_say(&t.fake[0], SWITCHED(31, "x 127.0.0.1 7001 127.0.0.1 7002"));
	fake_say(&t.fake[0], SWITCHED(32, "mm 127.0.0.1 7001 127.0.0.1 7002"));
	fake_say(&t.fake[0], SWITCHED(31, "m 127.0.0.1 7000 127.0.0.1 7001"));
	fake_say(&t.fake[0], SWITCHED(31, "m 127.0.0.1 7001 127.0.0.1 7002"));
	run_until(&t.changes, 1);
	assert_int_equal(t.answers, 1);
	stop();
}

/* A subscription outlives a question that was called off. */
static void
no_answer_comes_after_the_question_was_called_off(void **state)
{
	(void)state;
	start((const struct fake_line *const[]){ silent, knows }, 2);
	sentinels_ask(t.s);
	wait_for(0, "SENTINEL", 1);
	sentinels_stop_asking(t.s);
	event_base_loop(t.base, EVLOOP_NONBLOCK);
	assert_int_equal(event_base_get_num_events(t.base, EVENT_BASE_COUNT_ADDED), t.idle);
	ask();
	check_master();
	sentinels_stop_asking(t.s);
	wait_for(1, "SUBSCRIBE", 1);
	fake_say(&t.fake[1], SWITCHED(31, "m 127.0.0.1 7001 127.0.0.1 7002"));
	run_until(&t.changes, 1);
	assert_int_equal(t.answers, 1);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_of_no_help_is_followed_by_the_next_at_once),
		cmocka_unit_test(one_that_says_nothing_is_given_up_in_time),
		cmocka_unit_test(half_an_answer_counts_for_nothing),
		cmocka_unit_test(where_none_knows_that_is_the_answer),
		cmocka_unit_test(the_one_that_knew_is_asked_first_the_next_time),
		cmocka_unit_test(only_a_change_of_our_master_is_told),
		cmocka_unit_test(no_answer_comes_after_the_question_was_called_off),
	};

	return test_program(tests);
}
