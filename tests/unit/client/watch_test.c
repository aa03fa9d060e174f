/* A watch with a scripted stream: what it calls back, and how it reconnects. */
#include "fixture.h"

#include "client/watch.h"

#include <stdatomic.h>

#define EVENTS  "GET /api/cluster/events"
#define STEP_MS 20

struct seen {
	struct server a, b;
	muster_client *client;
	muster_watch *watch;
	char text
	    [4096]; /* "type/id/agent_id;" for an event, "+;" for a connection, "-code;" for its end */
	atomic_int notes;
	int next; /* what the last step returned */
};

static void __attribute__((format(printf, 2, 3))) note(struct seen *s, const char *format, ...)
{
	size_t len = strlen(s->text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->text + len, sizeof(s->text) - len, format, ap);
	va_end(ap);
	atomic_fetch_add(&s->notes, 1);
}

static void
on_event(void *arg, const char *type, const char *id, const muster_reply *data)
{
	const char *agent_id = muster_reply_text(data, "agent_id");

	note(arg, "%s/%s/%s;", type, id, agent_id != NULL ? agent_id : "");
}

static void
on_state(void *arg, bool connected, const muster_error *error)
{
	assert_true(connected == (error == NULL));
	note(arg, "%s%s;", connected ? "+" : "-", connected ? "" : muster_error_code(error));
}

static int
setup(void **state)
{
	struct seen *s = calloc(1, sizeof(*s));

	server_start(&s->a);
	server_start(&s->b);
	s->client = muster_client_new(fmt("%s,%s", s->a.url, s->b.url));
	muster_client_set_timeouts(s->client, 2000, 2000);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct seen *s = *state;

	muster_watch_free(s->watch);
	muster_client_free(s->client);
	server_stop(&s->a);
	server_stop(&s->b);
	free(s);
	api_reset();
	return 0;
}

static void
begin(struct seen *s, const char *since, const char *types)
{
	const struct muster_watch_options options = {
		.since = since, .types = types, .on_event = on_event, .on_state = on_state, .arg = s
	};

	s->watch = muster_watch_new(s->client, &options);
	assert_non_null(s->watch);
}

/* Steps until the recorded callbacks end with `text`. */
static void
run_until(struct seen *s, const char *text)
{
	long deadline = now_ms() + WAIT_MS;
	size_t len = strlen(text);

	while (strlen(s->text) < len || strcmp(s->text + strlen(s->text) - len, text) != 0) {
		s->next = muster_watch_step(s->watch, STEP_MS);
		if (now_ms() > deadline)
			fail_msg("%s does not come: %s", text, s->text);
	}
}

/* Steps until the server has `n` requests. */
static void
run_until_asked(struct seen *s, struct server *server, size_t n)
{
	long deadline = now_ms() + WAIT_MS;

	while (server_count(server) < n) {
		muster_watch_step(s->watch, STEP_MS);
		assert_true(now_ms() < deadline);
	}
}

static void
each_event_is_called_back(void **state)
{
	struct seen *s = *state;

	server_stream(&s->a, EVENTS " HTTP", "0-1");
	begin(s, NULL, NULL);
	run_until(s, "+;");
	assert_string_equal(muster_watch_last_id(s->watch), "0-1");
	server_push(
	    &s->a, ": hello\n\nid: 1-0\nevent: agent.assigned\ndata: {\"agent_id\":\"a\"}\n\n");
	run_until(s, "agent.assigned/1-0/a;");
	server_push(
	    &s->a, "id: 2-0\nevent: agent.moved\ndata: {\"agent_id\":\"b\"}\n\nid: 3-0\nevent");
	run_until(s, "agent.moved/2-0/b;");
	server_push(&s->a, ": hold.entered\ndata: not JSON\n\n");
	run_until(s, "hold.entered/3-0/;");
	assert_string_equal(s->text, "+;agent.assigned/1-0/a;agent.moved/2-0/b;hold.entered/3-0/;");
	assert_string_equal(muster_watch_last_id(s->watch), "3-0");
	assert_string_equal(header_of(s->a.requests[0], "Last-Event-ID"), "");
	assert_string_equal(header_of(s->a.requests[0], "Accept"), "text/event-stream");
}

static void
it_continues_at_the_next_address(void **state)
{
	struct seen *s = *state;

	server_stream(&s->a, EVENTS "?types=agent.moved%2Cagent.released HTTP", "0-1");
	server_stream(&s->b, EVENTS "?types=agent.moved%2Cagent.released HTTP", "0-1");
	begin(s, "7-0", "agent.moved,agent.released");
	run_until(s, "+;");
	assert_string_equal(header_of(server_wait(&s->a, 1), "Last-Event-ID"), "7-0");
	/* The last event is incomplete, so it will be sent again. */
	server_push(&s->a, "id: 8-0\nevent: e\ndata: {}\n\nid: 9-0\nevent: e\ndata: {}\n");
	run_until(s, "e/8-0/;");
	server_cut(&s->a);
	run_until(s, "-unreachable;+;");
	assert_string_equal(header_of(server_wait(&s->b, 1), "Last-Event-ID"), "8-0");
	server_push(&s->b, "id: 9-0\nevent: e\ndata: {}\n\n");
	run_until(s, "e/9-0/;");
	assert_string_equal(s->text, "+;e/8-0/;-unreachable;+;e/9-0/;");
}

static void
a_reconnection_without_an_id_is_a_resync(void **state)
{
	struct seen *s = *state;

	server_stream(&s->a, EVENTS, NULL);
	server_stream(&s->b, EVENTS, NULL);
	server_stream(&s->a, EVENTS, NULL);
	begin(s, NULL, NULL);
	run_until_asked(s, &s->a, 1);
	server_cut(&s->a);
	run_until(s, "-unreachable;");
	/* on_state was never told that the stream started, so no event was missed. */
	run_until_asked(s, &s->b, 1);
	server_push(&s->b, "event: e\ndata: {}\n\n");
	run_until(s, "e//;");
	server_cut(&s->b);
	run_until(s, "-unreachable;");
	run_until_asked(s, &s->a, 2);
	server_push(&s->a, "event: f\ndata: {}\n\n");
	run_until(s, "f//;");
	assert_string_equal(s->text, "-unreachable;+;e//;-unreachable;+;resync//;f//;");
}

static void
an_id_without_events_is_enough_to_continue(void **state)
{
	struct seen *s = *state;

	server_stream(&s->a, EVENTS, "6-0");
	server_stream(&s->b, EVENTS, "6-0");
	begin(s, NULL, NULL);
	run_until(s, "+;");
	server_cut(&s->a);
	run_until(s, "-unreachable;+;");
	assert_string_equal(header_of(server_wait(&s->b, 1), "Last-Event-ID"), "6-0");
	assert_string_equal(s->text, "+;-unreachable;+;");
}

static void
a_resync_keeps_the_connection(void **state)
{
	struct seen *s = *state;

	server_stream(&s->a, EVENTS, NULL);
	begin(s, "1-0", NULL);
	run_until(s, "+;");
	server_push(&s->a, "event: resync\ndata: {}\n\nid: 5-0\nevent: e\ndata: {}\n\n");
	run_until(s, "e/5-0/;");
	assert_string_equal(s->text, "+;resync/1-0/;e/5-0/;");
	assert_int_equal(server_count(&s->a), 1);
}

static void
a_silent_connection_is_lost(void **state)
{
	struct seen *s = *state;
	long begun;
	int i;

	server_stream(&s->a, EVENTS, "0-1");
	server_stream(&s->b, EVENTS, "0-1");
	begin(s, "1-0", NULL);
	watch_set_silence(s->watch, 300);
	run_until(s, "+;");
	/* Comments alone keep the connection. */
	begun = now_ms();
	for (i = 0; now_ms() - begun < 700; i++) {
		server_push(&s->a, ": still there\n\n");
		muster_watch_step(s->watch, STEP_MS);
	}
	assert_true(i > 2);
	assert_string_equal(s->text, "+;");
	begun = now_ms();
	run_until(s, "-unreachable;+;");
	assert_in_range(now_ms() - begun, 200, 5000);
	assert_int_equal(server_count(&s->b), 1);
}

static void
an_address_that_never_answers_is_left(void **state)
{
	struct seen *s = *state;

	server_expect(&s->a, EVENTS, HANG, "");
	server_stream(&s->b, EVENTS, "0-1");
	begin(s, NULL, NULL);
	run_until(s, "-unreachable;+;");
	server_go(&s->a);
}

static void
retryable_refusals_are_retried(void **state)
{
	struct seen *s = *state;

	server_problem(&s->a, EVENTS, 503, "store_unavailable");
	server_problem(&s->b, EVENTS, 404, "not_found");
	server_json(&s->a, EVENTS, 200, "{}");
	server_stream(&s->b, EVENTS, "0-1");
	begin(s, NULL, NULL);
	run_until(s, "+;");
	assert_string_equal(s->text, "-store_unavailable;-not_found;-bad_answer;+;");
}

static void
a_rejected_watch_stops(void **state)
{
	struct seen *s = *state;

	server_problem(&s->a, EVENTS, 400, "invalid_field");
	begin(s, NULL, "nonsense");
	run_until(s, "-invalid_field;");
	assert_int_equal(s->next, -1);
	assert_int_equal(muster_watch_step(s->watch, STEP_MS), -1);
	assert_string_equal(muster_error_code(muster_watch_error(s->watch)), "invalid_field");
	assert_string_equal(s->text, "-invalid_field;");
}

static void
an_event_that_is_too_large_ends_the_connection(void **state)
{
	struct seen *s = *state;
	char *much = malloc(200001);
	int i;

	memset(much, 'x', 200000);
	much[200000] = '\0';
	server_stream(&s->a, EVENTS, "0-1");
	server_stream(&s->b, EVENTS, "0-1");
	begin(s, "1-0", NULL);
	run_until(s, "+;");
	for (i = 0; i < 6; i++) {
		server_push(&s->a, much);
		muster_watch_step(s->watch, STEP_MS);
	}
	run_until(s, "-unreachable;+;");
	assert_string_equal(s->text, "+;-unreachable;+;");
	free(much);
}

static bool
has_two_notes(void *arg)
{
	return atomic_load(&((struct seen *)arg)->notes) >= 2;
}

static bool
has_five_notes(void *arg)
{
	return atomic_load(&((struct seen *)arg)->notes) >= 5;
}

static void
a_thread_calls_back_and_ends_at_once(void **state)
{
	struct seen *s = *state;
	long begun;

	server_stream(&s->a, EVENTS, "0-1");
	begin(s, NULL, NULL);
	assert_true(muster_watch_start(s->watch));
	assert_false(muster_watch_start(s->watch));
	server_push(&s->a, "id: 1-0\nevent: e\ndata: {}\n\n");
	server_stream(&s->b, EVENTS, "0-1");
	/* The cut may discard data that was not read yet. */
	assert_true(poll_until(has_two_notes, s, WAIT_MS));
	server_cut(&s->a);
	assert_string_equal(header_of(server_wait(&s->b, 1), "Last-Event-ID"), "1-0");
	server_push(&s->b, "id: 2-0\nevent: f\ndata: {}\n\n");
	assert_true(poll_until(has_five_notes, s, WAIT_MS));
	begun = now_ms();
	muster_watch_free(s->watch);
	s->watch = NULL;
	assert_true(now_ms() - begun < 900);
	assert_string_equal(s->text, "+;e/1-0/;-unreachable;+;f/2-0/;");
}

static void
threads_end_without_waiting_for_an_answer(void **state)
{
	struct seen *s = *state;
	long begun = now_ms();
	size_t i;

	muster_client_set_timeouts(s->client, 1000, 2000);
	for (i = 0; i < 5; i++) {
		server_expect(&s->a, EVENTS, HANG, "");
		begin(s, NULL, NULL);
		assert_true(muster_watch_start(s->watch));
		server_wait(&s->a, i + 1);
		muster_watch_free(s->watch);
		s->watch = NULL;
	}
	assert_true(now_ms() - begun < 1500);
	server_go(&s->a);
}

static void
wrong_options_are_rejected(void **state)
{
	struct seen *s = *state;
	const struct muster_watch_options bad[] = { { .arg = s },
		{ .on_event = on_event, .node_id = "a b" },
		{ .on_event = on_event, .agent_id = "" }, { .on_event = on_event, .since = "" },
		{ .on_event = on_event, .since = "1-0\r\nX: y" } };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(muster_watch_new(s->client, &bad[i]));
}

#define watch_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest watch[] = {
		watch_test(each_event_is_called_back),
		watch_test(it_continues_at_the_next_address),
		watch_test(a_reconnection_without_an_id_is_a_resync),
		watch_test(an_id_without_events_is_enough_to_continue),
		watch_test(a_resync_keeps_the_connection),
		watch_test(a_silent_connection_is_lost),
		watch_test(an_address_that_never_answers_is_left),
		watch_test(retryable_refusals_are_retried),
		watch_test(a_rejected_watch_stops),
		watch_test(an_event_that_is_too_large_ends_the_connection),
		watch_test(a_thread_calls_back_and_ends_at_once),
		watch_test(threads_end_without_waiting_for_an_answer),
		watch_test(wrong_options_are_rejected),
	};

	return cmocka_run_group_tests(watch, NULL, NULL);
}
