/* Coalesced calls: what shares a call, what waits, and that each operation gets its answer once. */
#include "redis/coalesce.h"

#include "fixture.h"

#include <stdio.h>

#define PREFIX "muster:{unit}:"

/* Columns without a value: all but two of an assignment, and all but two of a heartbeat's row. */
#define NINETEEN     "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t"
#define TWENTY_SEVEN NINETEEN "\t\t\t\t\t\t\t\t"

/* Items of a reply, and the start of a reply that has so many members. */
#define ROW(x)      "$26\r\nok\t\t" x "\tr" NINETEEN "\r\n"
#define FAILED      "$31\r\nfailed\t\tASSIGNMENT_NOT_FOUND of\r\n"
#define CREATED(x)  "$32\r\ncreated\t" x "\tr\ts" NINETEEN "\r\n"
#define BEATEN(x)   "$35\r\nok\t" x "\tr\ts" TWENTY_SEVEN "\r\n"
#define REPLY_OF(n) "*" n "\r\n$2\r\nok\r\n$0\r\n\r\n"
#define ONE(x)      REPLY_OF("3") CREATED(x)

enum { OPERATIONS_MAX = 5000 };

static struct client client;
static struct fake fake;
static struct coalescer *co;
static struct answer answers[OPERATIONS_MAX];
static size_t n_answers;

static void
start(const struct fake_line *lines)
{
	fake_start(&fake, lines);
	client_start(&client, fake.url);
	client_wait_ready(&client);
	co = coalescer_new(client.base, client.c, PREFIX);
	memset(answers, 0, sizeof(answers));
	n_answers = 0;
}

/* Expects that each operation had exactly one answer. */
static void
stop(void)
{
	size_t i;

	client_stop(&client);
	coalescer_free(co);
	fake_stop(&fake);
	for (i = 0; i < n_answers; i++)
		assert_int_equal(answers[i].times, 1);
}

/* Notes the number of the outcome, the event and the row's first two columns. */
static void
note(void *arg, enum err e, const struct script_reply *r)
{
	struct answer *a = arg;

	answer_note_script(a, e, r);
	if (e == ERR_OK)
		snprintf(a->text, sizeof(a->text), "%s %s %s %s",
		    r->outcome == OUTCOME_CREATED  ? "created"
		        : r->outcome == OUTCOME_OK ? "ok"
		                                   : "?",
		    r->event, script_row_text(&r->head, 0), script_row_text(&r->head, 1));
}

/* Starts an operation of one item. `further` is each argument that the script takes after the items. */
static struct answer *
ask(enum script_id id, const char *first, const char *second, const char *further)
{
	struct answer *a = &answers[n_answers++];
	const struct script_source *s = &script_sources[id];
	size_t n_args = s->n_args - (s->is_idempotent ? IDEMPOTENCY_ARG_COUNT : 0);
	struct script_args args;
	size_t i;

	a->client = &client;
	script_args_init(&args, id);
	for (i = 0; i < s->n_item_columns; i++)
		script_args_add_str(&args, i, i == 0 ? first : i == 1 ? second : "");
	assert_null(script_args_pack(&args));
	for (i = ITEMS_ARG_ALL + 1; i < n_args; i++)
		script_args_add_str(&args, i, further);
	args.coalesce = true;
	assert_true(coalescer_takes(&args));
	coalescer_call(co, &args, note, a);
	assert_int_equal(args.count, 0);
	return a;
}

static struct answer *
look_up(const char *id)
{
	return ask(SCRIPT_AGENT_GET, id, "", NULL);
}

static struct answer *
create(const char *id, const char *services)
{
	return ask(SCRIPT_AGENT_ASSIGN, id, services, NULL);
}

/* Expects that the last command called this script, with these arguments after the prefix. */
static void
check_last(enum script_id id, const char *first, const char *second)
{
	assert_true(fake.last->elements > 4);
	assert_string_equal(fake.last->element[1]->str, script_sources[id].sha1);
	assert_string_equal(fake.last->element[4]->str, first);
	if (second != NULL)
		assert_string_equal(fake.last->element[5]->str, second);
}

static void
operations_of_one_turn_share_a_call(void **state)
{
	static const struct fake_line lines[] = {
		{ "EVALSHA", REPLY_OF("5") ROW("1") FAILED ROW("3"), 1 }, { NULL }
	};
	struct answer *a, *b, *c;

	(void)state;
	start(lines);
	a = look_up("a");
	b = look_up("b");
	c = look_up("c");
	client_wait(&client, c);
	assert_string_equal(a->text, "ok  1 r");
	assert_int_equal(b->e, ERR_ASSIGNMENT_NOT_FOUND);
	assert_string_equal(b->text, "ASSIGNMENT_NOT_FOUND of");
	assert_string_equal(c->text, "ok  3 r");
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 1);
	check_last(SCRIPT_AGENT_GET, "a\nb\nc\n", NULL);
	fake_fini(&fake);
}

static void
a_single_operation_is_all_or_nothing(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", ONE("7"), 1 }, { NULL } };
	struct answer *a;

	(void)state;
	start(lines);
	a = create("a", "");
	client_wait(&client, a);
	assert_string_equal(a->text, "created 7 r s");
	stop();
	check_last(SCRIPT_AGENT_ASSIGN, "a\n", "1");
	assert_int_equal(fake.last->elements, 6);
	fake_fini(&fake);
}

/* The script gets to the first two operations only; the third is sent again. */
static void
operations_left_over_are_sent_again(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA",
		                                      REPLY_OF("4") CREATED("1") CREATED("2"), 1 },
		{ "EVALSHA", ONE("3"), 1 }, { NULL } };
	struct answer *a, *c;

	(void)state;
	start(lines);
	a = create("a", "");
	create("b", "s,t");
	c = create("c", "");
	client_wait(&client, a);
	assert_int_equal(c->times, 0);
	client_wait(&client, c);
	assert_string_equal(c->text, "created 3 r s");
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 2);
	check_last(SCRIPT_AGENT_ASSIGN, "c\n", "1");
	fake_fini(&fake);
}

static void
a_line_has_the_columns_up_to_the_last_that_is_not_empty(void **state)
{
	static const struct fake_line lines[] = {
		{ "EVALSHA", REPLY_OF("4") CREATED("1") CREATED("2"), 1 }, { NULL }
	};
	struct answer *b;

	(void)state;
	start(lines);
	create("a", "");
	b = create("b", "s,t");
	client_wait(&client, b);
	stop();
	check_last(SCRIPT_AGENT_ASSIGN, "a\nb\ts,t\n", "0");
	fake_fini(&fake);
}

/* The further arguments are those of the first operation: they are the same in all of them. */
static void
further_arguments_follow_the_items(void **state)
{
	static const struct fake_line lines[] = {
		{ "EVALSHA", REPLY_OF("4") BEATEN("1") BEATEN("2"), 1 }, { NULL }
	};
	struct answer *a, *b;

	(void)state;
	start(lines);
	a = ask(SCRIPT_NODE_HEARTBEAT, "a", "", "9000");
	b = ask(SCRIPT_NODE_HEARTBEAT, "b", "7", "9000");
	client_wait(&client, b);
	assert_string_equal(a->text, "ok 1 r s");
	assert_string_equal(b->text, "ok 2 r s");
	stop();
	check_last(SCRIPT_NODE_HEARTBEAT, "a\nb\t7\n", "0");
	assert_string_equal(fake.last->element[6]->str, "9000");
	fake_fini(&fake);
}

static void
look_up_many(size_t n)
{
	char id[16];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "w%zu", i);
		look_up(id);
	}
	event_base_loop(client.base, EVLOOP_NONBLOCK);
}

/* Redis does not answer the call that is under way: what waits for it is sent after a while. */
static void
operations_do_not_wait_for_long(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", NULL }, { NULL } };
	size_t i;

	(void)state;
	start(lines);
	look_up("x");
	fake_wait_calls(&fake, &client, "EVALSHA", 1);
	/* An operation of another kind does not wait for it. */
	create("a", "");
	event_base_loop(client.base, EVLOOP_NONBLOCK);
	assert_int_equal(redis_connection_in_flight(client.c), 2);
	look_up_many(COALESCE_BESIDE_MIN - 1);
	assert_int_equal(redis_connection_in_flight(client.c), 2);
	fake_wait_calls(&fake, &client, "EVALSHA", 3);
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 3);
	check_last(SCRIPT_AGENT_GET, "w0\nw1\nw2\n", NULL);
	for (i = 0; i < n_answers; i++)
		assert_int_equal(answers[i].e, ERR_OUTCOME_UNKNOWN);
	fake_fini(&fake);
}

/* Two calls at a time keep Redis busy. There is never a third one. */
static void
enough_operations_are_worth_a_second_call(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", NULL }, { NULL } };

	(void)state;
	start(lines);
	look_up("x");
	fake_wait_calls(&fake, &client, "EVALSHA", 1);
	look_up_many(COALESCE_BESIDE_MIN);
	assert_int_equal(redis_connection_in_flight(client.c), COALESCE_UNDER_WAY_MAX);
	look_up_many(COALESCE_BESIDE_MIN);
	assert_int_equal(redis_connection_in_flight(client.c), COALESCE_UNDER_WAY_MAX);
	stop();
	fake_fini(&fake);
}

static void
a_call_has_a_limit_of_operations(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", NULL }, { NULL } };
	size_t k;

	(void)state;
	start(lines);
	for (k = 0; k < COALESCE_ITEMS_MAX + 1; k++)
		look_up("x");
	fake_wait_calls(&fake, &client, "EVALSHA", 2);
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 2);
	assert_string_equal(fake.last->element[4]->str, "x\n");
	fake_fini(&fake);
}

static void
large_operations_are_divided_among_calls(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", NULL }, { NULL } };
	char large[COALESCE_BYTES_MAX / 3];
	size_t i;

	(void)state;
	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	start(lines);
	for (i = 0; i < 4; i++)
		create("a", large);
	fake_wait_calls(&fake, &client, "EVALSHA", 2);
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 2);
	check_last(SCRIPT_AGENT_ASSIGN, fmt("a\t%s\na\t%s\n", large, large), "0");
	fake_fini(&fake);
}

static void
operations_keep_their_order(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", REPLY_OF("4") ROW("1") ROW("2"), 1 },
		{ "EVALSHA", REPLY_OF("4") CREATED("1") CREATED("2"), 1 }, { NULL } };
	struct answer *a, *b;

	(void)state;
	start(lines);
	b = look_up("b");
	a = look_up("a");
	client_wait(&client, a);
	assert_string_equal(b->text, "ok  1 r");
	assert_string_equal(a->text, "ok  2 r");
	create("b", "s");
	a = create("a", "");
	client_wait(&client, a);
	stop();
	check_last(SCRIPT_AGENT_ASSIGN, "b\ts\na\n", "0");
	fake_fini(&fake);
}

static void
a_failure_of_the_call_is_that_of_all_in_it(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", "-OOM no memory\r\n", 1 },
		{ "EVALSHA", REPLY_OF("2"), 1 },
		{ "EVALSHA", REPLY_OF("5") ROW("1") ROW("2") ROW("3"), 1 }, { NULL } };
	struct answer *a, *b;
	int i;

	(void)state;
	start(lines);
	a = look_up("a");
	b = look_up("b");
	client_wait(&client, b);
	assert_int_equal(a->e, ERR_STORE_UNAVAILABLE);
	assert_string_equal(a->text, "OOM no memory");
	assert_int_equal(b->e, ERR_STORE_UNAVAILABLE);
	/* Replies with no item, and with one too many. */
	capture_begin();
	for (i = 0; i < 2; i++) {
		a = look_up("a");
		b = look_up("b");
		client_wait(&client, b);
		assert_int_equal(a->e, ERR_INTERNAL);
		assert_int_equal(b->e, ERR_INTERNAL);
	}
	assert_non_null(strstr(capture_end(), "3 answers to 2 operations"));
	stop();
	fake_fini(&fake);
}

/* One of three lookups meets a key of another type, and fails the call: the others go well. */
static void
an_operation_that_fails_its_call_fails_alone(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", "-WRONGTYPE for b\r\n", 1 },
		{ "EVALSHA", REPLY_OF("3") ROW("1"), 1 }, { "EVALSHA", "-WRONGTYPE of b\r\n", 1 },
		{ "EVALSHA", REPLY_OF("3") ROW("3"), 1 }, { NULL } };
	struct answer *a, *b, *c;

	(void)state;
	start(lines);
	capture_begin();
	a = look_up("a");
	b = look_up("b");
	c = look_up("c");
	client_wait(&client, c);
	assert_non_null(strstr(capture_end(), "WRONGTYPE of b"));
	assert_string_equal(a->text, "ok  1 r");
	assert_int_equal(b->e, ERR_INTERNAL);
	assert_string_equal(b->text, "WRONGTYPE of b");
	assert_string_equal(c->text, "ok  3 r");
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 4);
	fake_fini(&fake);
}

static void
too_many_operations_are_refused_at_once(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", NULL }, { NULL } };
	struct answer *a = NULL;
	size_t i;

	(void)state;
	start(lines);
	for (i = 0; i < REDIS_IN_FLIGHT_MAX; i++)
		a = look_up("x");
	assert_int_equal(a->times, 0);
	a = look_up("x");
	assert_int_equal(a->times, 1);
	assert_int_equal(a->e, ERR_OVERLOADED);
	assert_int_equal(create("y", "")->times, 0);
	/* What waits when the coalescer is freed is answered. */
	stop();
	assert_int_equal(answers[0].e, ERR_STORE_UNAVAILABLE);
	assert_string_equal(answers[0].text, "connection: closed by us");
	fake_fini(&fake);
}

static void
without_a_connection_the_answer_comes_at_once(void **state)
{
	static const struct fake_line lines[] = { { "ROLE", NULL }, { NULL } };
	struct answer *b;

	(void)state;
	fake_start(&fake, lines);
	client_start(&client, fake.url);
	co = coalescer_new(client.base, client.c, PREFIX);
	memset(answers, 0, sizeof(answers));
	n_answers = 0;
	look_up("a");
	b = look_up("b");
	client_wait(&client, b);
	assert_int_equal(b->e, ERR_STORE_UNAVAILABLE);
	assert_false(b->replied);
	stop();
	fake_fini(&fake);
}

static void
only_operations_that_may_share_a_call_are_taken(void **state)
{
	struct script_args args;

	(void)state;
	script_args_init(&args, SCRIPT_AGENT_GET);
	args.coalesce = true;
	script_args_add_str(&args, AGENT_GET_ITEM_AGENT_ID, "a");
	assert_false(coalescer_takes(&args)); /* no item yet */
	assert_null(script_args_pack(&args));
	assert_true(coalescer_takes(&args));
	args.coalesce = false;
	assert_false(coalescer_takes(&args));
	script_args_fini(&args);
	script_args_init(&args, SCRIPT_STATS_GET);
	args.coalesce = true;
	assert_false(coalescer_takes(&args));
	script_args_fini(&args);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_of_one_turn_share_a_call),
		cmocka_unit_test(a_single_operation_is_all_or_nothing),
		cmocka_unit_test(operations_left_over_are_sent_again),
		cmocka_unit_test(a_line_has_the_columns_up_to_the_last_that_is_not_empty),
		cmocka_unit_test(further_arguments_follow_the_items),
		cmocka_unit_test(operations_do_not_wait_for_long),
		cmocka_unit_test(enough_operations_are_worth_a_second_call),
		cmocka_unit_test(a_call_has_a_limit_of_operations),
		cmocka_unit_test(large_operations_are_divided_among_calls),
		cmocka_unit_test(operations_keep_their_order),
		cmocka_unit_test(a_failure_of_the_call_is_that_of_all_in_it),
		cmocka_unit_test(an_operation_that_fails_its_call_fails_alone),
		cmocka_unit_test(too_many_operations_are_refused_at_once),
		cmocka_unit_test(without_a_connection_the_answer_comes_at_once),
		cmocka_unit_test(only_operations_that_may_share_a_call_are_taken),
	};

	return test_program(tests);
}
