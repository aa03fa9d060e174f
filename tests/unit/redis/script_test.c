/* Script calls: by hash, by text where Redis does not know the hash, and repeated ones. */
#include "redis/script.h"

#include "fixture.h"

#include <stdio.h>

#define PREFIX "muster:{unit}:"
#define OK     "*2\r\n$2\r\nok\r\n$0\r\n\r\n"
#define MORE   "*1\r\n$4\r\nmore\r\n"

static struct client client;
static struct fake fake;

static void
start(const struct fake_line *lines)
{
	fake_start(&fake, lines);
	client_start(&client, fake.url);
	client_wait_ready(&client);
}

static void
stop(void)
{
	client_stop(&client);
	fake_stop(&fake);
}

/* Notes "ok", "ok" and a strategy where the reply has a row, or the error, as the answer's text. */
static void
note_outcome(void *arg, enum err e, const struct script_reply *r)
{
	struct answer *a = arg;

	answer_note_script(a, e, r);
	if (e == ERR_OK) {
		assert_int_equal(r->outcome, OUTCOME_OK);
		snprintf(a->text, sizeof(a->text), "ok%s%s", r->head.n > 0 ? " " : "",
		    r->head.n > 0 ? script_row_text(&r->head, SWITCH_ROW_STRATEGY) : "");
	}
}

/* Calls a script without arguments and waits for its answer. */
static struct answer
call(enum script_id id)
{
	struct answer a = { .client = &client };
	struct script_args args;

	script_args_init(&args, id);
	script_call(client.c, PREFIX, &args, note_outcome, &a);
	client_wait(&client, &a);
	assert_int_equal(a.times, 1);
	return a;
}

/* How often a real Redis has run a command, from INFO commandstats. */
static long
calls_of(struct cluster *c, const char *command)
{
	const char *at =
	    strstr(redis_do(c, "INFO commandstats"), fmt("cmdstat_%s:calls=", command));

	return at != NULL ? strtol(strchr(at, '=') + 1, NULL, 10) : 0;
}

static void
an_unknown_hash_is_followed_by_the_text_once(void **state)
{
	struct cluster *c = *state;
	const struct script_source *s = &script_sources[SCRIPT_READY_CHECK];
	struct answer a;

	client_start(&client, c->url);
	client_wait_ready(&client);
	redis_do(c, "SCRIPT FLUSH");
	a = call(SCRIPT_READY_CHECK);
	assert_int_equal(a.e, ERR_OK);
	assert_string_equal(a.text, "ok");
	assert_int_equal(calls_of(c, "evalsha"), 1);
	assert_int_equal(calls_of(c, "eval"), 1);
	/* Redis knows the text under our hash now. */
	assert_string_equal(redis_do(c, fmt("SCRIPT EXISTS %s", s->sha1)), "1");
	assert_int_equal(call(SCRIPT_READY_CHECK).e, ERR_OK);
	assert_int_equal(calls_of(c, "evalsha"), 2);
	assert_int_equal(calls_of(c, "eval"), 1);
	redis_do(c, "SCRIPT FLUSH");
	assert_int_equal(call(SCRIPT_READY_CHECK).e, ERR_OK);
	assert_int_equal(calls_of(c, "eval"), 2);
	client_stop(&client);
}

static void
the_hash_of_each_script_is_that_of_its_text(void **state)
{
	struct cluster *c = *state;
	redisContext *r = redisConnectUnix(c->socket);
	int i;

	for (i = 0; i < SCRIPT_COUNT; i++) {
		const struct script_source *s = &script_sources[i];
		redisReply *reply = redisCommand(r, "SCRIPT LOAD %b", s->text, s->len);

		assert_non_null(reply);
		assert_string_equal(reply->str, s->sha1);
		assert_int_equal(strlen(s->sha1), 40);
		freeReplyObject(reply);
	}
	redisFree(r);
}

/* Expects that word `i` of the last command that the fake has seen is these bytes. */
static void
check_word(size_t i, const char *data, size_t len)
{
	assert_true(i < fake.last->elements);
	assert_int_equal(fake.last->element[i]->len, len);
	assert_memory_equal(fake.last->element[i]->str, data, len);
}

static void
arguments_go_out_byte_by_byte(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA",
		                                      "-NOSCRIPT No matching script.\r\n" },
		{ "EVAL", "*3\r\n$2\r\nok\r\n$0\r\n\r\n$3\r\na\tb\r\n" }, { NULL } };
	const struct script_source *s = &script_sources[SCRIPT_BALANCE_SET];
	struct answer a = { .client = &client };
	struct script_args args;

	(void)state;
	start(lines);
	script_args_init(&args, SCRIPT_BALANCE_SET);
	script_args_add(&args, BALANCE_SET_ARG_WORD, "a\0b\r\n\xff$3", 8);
	script_args_add_str(&args, BALANCE_SET_ARG_KEY, "");
	script_args_addf(&args, BALANCE_SET_ARG_REQUEST, "%d-%s", 7, "x");
	script_args_add_str(&args, BALANCE_SET_ARG_KEEP_MS, "1");
	script_call(client.c, PREFIX, &args, note_outcome, &a);
	/* The call has taken over the arguments. */
	assert_int_equal(args.count, 0);
	client_wait(&client, &a);
	assert_int_equal(a.e, ERR_OK);
	assert_string_equal(a.text, "ok a");
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 1);
	assert_int_equal(fake_calls(&fake, "EVAL"), 1);
	assert_int_equal(fake.last->elements, 8);
	check_word(0, "EVAL", 4);
	check_word(1, s->text, s->len);
	check_word(2, "1", 1);
	check_word(3, PREFIX, strlen(PREFIX));
	check_word(4, "a\0b\r\n\xff$3", 8);
	check_word(5, "", 0);
	check_word(6, "7-x", 3);
	check_word(7, "1", 1);
	fake_fini(&fake);
}

static void
a_script_with_more_to_do_is_called_again(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", MORE, 3 }, { "EVALSHA", OK },
		{ NULL } };
	struct answer a;

	(void)state;
	start(lines);
	a = call(SCRIPT_READY_CHECK);
	assert_int_equal(a.e, ERR_OK);
	assert_string_equal(a.text, "ok");
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 4);
	assert_int_equal(fake_calls(&fake, "EVAL"), 0);
	check_word(1, script_sources[SCRIPT_READY_CHECK].sha1, 40);
	check_word(3, PREFIX, strlen(PREFIX));
	fake_fini(&fake);
}

/* A row with a value in its first two columns of an assignment's. */
#define ROW(x) "$22\r\n" x "\tn\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\r\n"
#define PAGE   "*5\r\n$4\r\npage\r\n$0\r\n\r\n$2\r\nc1\r\n" ROW("r") ROW("s")
#define LAST   "*4\r\n$2\r\nok\r\n$0\r\n\r\n$2\r\nc2\r\n" ROW("t")

/* Notes the cursor and the rows' first columns, each followed by a space. */
static void
note_page(void *arg, enum err e, const struct script_reply *r)
{
	struct answer *a = arg;
	size_t i, n;

	answer_note_script(a, e, r);
	assert_int_equal(e, ERR_OK);
	n = (size_t)snprintf(
	    a->text, sizeof(a->text), "%s ", script_row_text(&r->head, PAGE_ROW_NEXT_CURSOR));
	for (i = 0; i < r->n_rows; i++) {
		assert_string_equal(script_row_text(&r->rows[i], ASSIGNMENT_ROW_NODE_ID), "n");
		n += (size_t)snprintf(a->text + n, sizeof(a->text) - n, "%s ",
		    script_row_text(&r->rows[i], ASSIGNMENT_ROW_AGENT_ID));
	}
}

static struct answer
call_list(const char *limit)
{
	struct answer a = { .client = &client };
	struct script_args args;

	script_args_init(&args, SCRIPT_AGENT_LIST);
	script_args_add_str(&args, AGENT_LIST_ARG_LIMIT, limit);
	script_args_add_str(&args, AGENT_LIST_ARG_CURSOR, "");
	script_args_add_str(&args, AGENT_LIST_ARG_NODE_ID, "node");
	script_args_add_str(&args, AGENT_LIST_ARG_STATUS, "");
	script_args_add_str(&args, AGENT_LIST_ARG_SERVICE, "");
	script_call(client.c, PREFIX, &args, note_page, &a);
	client_wait(&client, &a);
	assert_int_equal(a.times, 1);
	return a;
}

static void
a_page_of_a_list_may_take_several_calls(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", PAGE, 2 }, { "EVALSHA", LAST },
		{ NULL } };
	static const struct fake_line whole[] = { { "EVALSHA", LAST }, { NULL } };

	(void)state;
	start(lines);
	assert_string_equal(call_list("100").text, "c2 r s r s t ");
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 3);
	check_word(4, "96", 2);
	check_word(5, "c1", 2);
	check_word(6, "node", 4);
	fake_fini(&fake);
	start(whole);
	assert_string_equal(call_list("1").text, "c2 t ");
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 1);
	fake_fini(&fake);
}

/* After ten calls the page ends, however few rows it has. */
static void
a_page_of_a_list_ends_after_ten_calls(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", PAGE }, { NULL } };

	(void)state;
	start(lines);
	assert_string_equal(call_list("1000").text, "c1 r s r s r s r s r s r s r s r s r s r s ");
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 10);
	fake_fini(&fake);
}

/* Redis may forget the script between two calls. */
static void
each_step_may_need_the_text(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA",
		                                      "-NOSCRIPT No matching script.\r\n" },
		{ "EVAL", MORE, 2 }, { "EVAL", OK }, { NULL } };

	(void)state;
	start(lines);
	assert_int_equal(call(SCRIPT_READY_CHECK).e, ERR_OK);
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 3);
	assert_int_equal(fake_calls(&fake, "EVAL"), 3);
	fake_fini(&fake);
}

static void
a_failure_between_two_steps_ends_the_call(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", MORE, 2 },
		{ "EVALSHA", "-NOT_LEADER gone\r\n" }, { NULL } };
	struct answer a;

	(void)state;
	start(lines);
	a = call(SCRIPT_READY_CHECK);
	assert_int_equal(a.e, ERR_NOT_LEADER);
	assert_string_equal(a.text, "NOT_LEADER gone");
	stop();
	assert_int_equal(fake_calls(&fake, "EVALSHA"), 3);
	fake_fini(&fake);
}

static void
a_script_that_never_ends_is_given_up(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", MORE }, { NULL } };
	struct answer a;

	(void)state;
	start(lines);
	capture_begin();
	a = call(SCRIPT_READY_CHECK);
	assert_non_null(strstr(capture_end(), " error script: ready_check: "));
	assert_int_equal(a.e, ERR_INTERNAL);
	assert_false(a.replied);
	assert_string_equal(client_do(&client, "PING"), "OK");
	stop();
	fake_fini(&fake);
}

static void
the_text_is_not_sent_twice(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA",
		                                      "-NOSCRIPT No matching script.\r\n" },
		{ "EVAL", "-NOSCRIPT No matching script.\r\n" }, { NULL } };
	struct answer a;

	(void)state;
	start(lines);
	capture_begin();
	a = call(SCRIPT_READY_CHECK);
	capture_end();
	assert_int_equal(a.e, ERR_INTERNAL);
	stop();
	assert_int_equal(fake_calls(&fake, "EVAL"), 1);
	fake_fini(&fake);
}

static void
a_reply_of_another_shape_is_an_internal_error(void **state)
{
	static const char *const replies[] = { "+OK\r\n", ":1\r\n", "$2\r\nok\r\n", "$-1\r\n",
		"*-1\r\n", "*0\r\n", "*1\r\n$2\r\nok\r\n", "*1\r\n$-1\r\n",
		"*2\r\n$3\r\nbad\r\n$0\r\n\r\n", "*2\r\n$2\r\nok\r\n$-1\r\n",
		"*3\r\n$2\r\nok\r\n$0\r\n\r\n$1\r\nr\r\n", "*3\r\n$2\r\nok\r\n$0\r\n\r\n:1\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(replies); i++) {
		const struct fake_line lines[] = { { "EVALSHA", replies[i] }, { NULL } };
		struct answer a;

		start(lines);
		capture_begin();
		a = call(SCRIPT_READY_CHECK);
		assert_non_null(strstr(capture_end(), " error script: ready_check: "));
		assert_int_equal(a.e, ERR_INTERNAL);
		assert_false(a.replied);
		/* The connection is still of use. */
		assert_string_equal(client_do(&client, "PING"), "OK");
		assert_int_equal(client.ready, 1);
		stop();
		fake_fini(&fake);
	}
}

static void
what_a_script_raises_is_its_error_and_not_logged(void **state)
{
	struct cluster *c = *state;
	struct answer a = { .client = &client };
	struct script_args args;

	client_start(&client, c->url);
	client_wait_ready(&client);
	capture_begin();
	script_args_init(&args, SCRIPT_BALANCE_SET);
	script_args_add_str(&args, BALANCE_SET_ARG_WORD, "nonsense");
	script_call(client.c, PREFIX, &args, note_outcome, &a);
	client_wait(&client, &a);
	assert_string_equal(capture_end(), "");
	assert_int_equal(a.e, ERR_UNKNOWN_STRATEGY);
	assert_non_null(strstr(a.text, "UNKNOWN_STRATEGY "));
	assert_non_null(strstr(a.text, "nonsense"));
	client_stop(&client);
}

static void
without_a_connection_a_call_is_answered_at_once(void **state)
{
	struct answer a = { .client = &client };
	struct script_args args;

	(void)state;
	client_start(&client, fmt("unix://%s/nobody.sock", test_dir()));
	script_args_init(&args, SCRIPT_NODE_GET);
	script_args_add_str(&args, NODE_GET_ARG_ID, "freed with the call");
	script_call(client.c, PREFIX, &args, note_outcome, &a);
	assert_int_equal(a.times, 1);
	assert_int_equal(a.e, ERR_STORE_UNAVAILABLE);
	client_stop(&client);
}

static void
a_call_in_flight_is_answered_when_the_connection_goes(void **state)
{
	static const struct fake_line lines[] = { { "EVALSHA", NULL }, { NULL } };
	struct answer a = { .client = &client };
	struct script_args args;

	(void)state;
	start(lines);
	script_args_init(&args, SCRIPT_NODE_GET);
	script_args_add_str(&args, NODE_GET_ARG_ID, "freed with the call");
	script_call(client.c, PREFIX, &args, note_outcome, &a);
	assert_int_equal(a.times, 0);
	stop();
	assert_int_equal(a.times, 1);
	assert_int_equal(a.e, ERR_OUTCOME_UNKNOWN);
	fake_fini(&fake);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cluster_test(an_unknown_hash_is_followed_by_the_text_once),
		cluster_test(the_hash_of_each_script_is_that_of_its_text),
		cmocka_unit_test(arguments_go_out_byte_by_byte),
		cmocka_unit_test(a_script_with_more_to_do_is_called_again),
		cmocka_unit_test(a_page_of_a_list_may_take_several_calls),
		cmocka_unit_test(a_page_of_a_list_ends_after_ten_calls),
		cmocka_unit_test(each_step_may_need_the_text),
		cmocka_unit_test(a_failure_between_two_steps_ends_the_call),
		cmocka_unit_test(a_script_that_never_ends_is_given_up),
		cmocka_unit_test(the_text_is_not_sent_twice),
		cmocka_unit_test(a_reply_of_another_shape_is_an_internal_error),
		cluster_test(what_a_script_raises_is_its_error_and_not_logged),
		cmocka_unit_test(without_a_connection_a_call_is_answered_at_once),
		cmocka_unit_test(a_call_in_flight_is_answered_when_the_connection_goes),
	};

	return test_program(tests);
}
