/* The protocol of Redis; hiredis, whose replies have the same form, has the last word. */
#include "redis/resp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned seed = 20240229;

static unsigned
below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static void
add_text(struct buf *b)
{
	char text[300];
	size_t i, len = below(10) == 0 ? below(sizeof(text)) : below(12);

	for (i = 0; i < len; i++)
		text[i] = "ab\r\n$*\0\xff"[below(8)];
	resp_add_word(b, text, len);
}

/* Adds a value of some kind, with others inside where `depth` is above 0. */
static void
add_value(struct buf *b, int depth)
{
	unsigned n = below(7), i;

	switch (below(depth > 0 ? 7 : 5)) {
	case 0:
		buf_add_str(b, n > 0 ? "+OK\r\n" : "+\r\n");
		break;
	case 1:
		buf_addf(b, "-ERR %u times\r\n", n);
		break;
	case 2:
		buf_addf(b, ":%d\r\n", (int)below(100000) - 50000);
		break;
	case 3:
		buf_add_str(b, n > 3 ? "$-1\r\n" : "*-1\r\n");
		break;
	case 4:
		add_text(b);
		break;
	default:
		resp_add_start(b, n);
		for (i = 0; i < n; i++)
			add_value(b, depth - 1);
	}
}

static void
assert_same(const redisReply *r, const redisReply *expected)
{
	size_t i;

	assert_int_equal(r->type, expected->type);
	assert_int_equal(r->integer, expected->integer);
	assert_int_equal(r->elements, expected->elements);
	assert_int_equal(r->str != NULL, expected->str != NULL);
	if (r->str != NULL) {
		assert_int_equal(r->len, expected->len);
		assert_memory_equal(r->str, expected->str, r->len + 1);
	}
	for (i = 0; i < r->elements; i++)
		assert_same(r->element[i], expected->element[i]);
}

/* Takes what is complete, which must be what hiredis reads. Returns how many replies. */
static size_t
compare(struct resp_reader *r, redisReader *oracle)
{
	const redisReply *reply;
	size_t n = 0;

	for (;;) {
		void *expected = NULL;
		redisReply *copy;

		assert_true(resp_next(r, &reply));
		assert_int_equal(redisReaderGetReply(oracle, &expected), REDIS_OK);
		assert_int_equal(reply != NULL, expected != NULL);
		if (reply == NULL)
			return n;
		assert_same(reply, expected);
		copy = resp_copy(reply);
		assert_same(copy, expected);
		free(copy);
		freeReplyObject(expected);
		n++;
	}
}

static void
replies_are_what_hiredis_reads_however_they_are_cut(void **state)
{
	struct resp_reader r = { .in = BUF_INIT };
	redisReader *oracle = redisReaderCreate();
	size_t round, replies = 0;
	unsigned i;

	(void)state;
	for (round = 0; round < 3000; round++) {
		struct buf b = BUF_INIT;
		size_t at = 0;

		for (i = below(4); i < 4; i++, replies++)
			add_value(&b, 5);
		while (at < b.len) {
			size_t len = below(3) == 0 ? 1 : 1 + below(200);

			len = len < b.len - at ? len : b.len - at;
			resp_feed(&r, b.data + at, len);
			redisReaderFeed(oracle, b.data + at, len);
			replies -= compare(&r, oracle);
			at += len;
		}
		assert_int_equal(replies, 0);
		buf_fini(&b);
	}
	redisReaderFree(oracle);
	resp_reset(&r);
}

static void
a_large_reply_is_read_and_its_memory_given_back(void **state)
{
	enum { MEMBERS = 20000 };
	struct resp_reader r = { .in = BUF_INIT };
	const redisReply *reply;
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	resp_add_start(&b, MEMBERS);
	for (i = 0; i < MEMBERS; i++)
		resp_add_word(&b, "0123456789", 10);
	for (i = 0; i < b.len; i += 1000) {
		assert_true(resp_next(&r, &reply));
		assert_null(reply);
		resp_feed(&r, b.data + i, i + 1000 < b.len ? 1000 : b.len - i);
	}
	assert_true(resp_next(&r, &reply));
	assert_int_equal(reply->elements, MEMBERS);
	assert_string_equal(reply->element[MEMBERS - 1]->str, "0123456789");
	resp_feed(&r, "+OK\r\n", 5);
	assert_true(resp_next(&r, &reply));
	assert_string_equal(reply->str, "OK");
	assert_true(r.in.cap <= 64 * 1024);
	assert_true(r.room <= 1024);
	buf_fini(&b);
	resp_reset(&r);
}

static void
what_is_no_reply_is_refused_at_once(void **state)
{
	static const char *const bad[] = { "hello\r\n", "\r\n", "*-5\r\n", "$-5\r\n", "$x\r\n",
		"$\r\n", ":\r\n", ":-\r\n", ":1x\r\n", ":99999999999999999999\r\n",
		":9223372036854775808\r\n", ":+1\r\n", "$3\r\nabcd\r\n", "$3\r\nabc\n\n",
		"$1\rxa\r\n", "+OK\rx", "*600000000\r\n", "$9999999999\r\n", "*2\r\n+OK\r\n?" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		struct resp_reader r = { .in = BUF_INIT };
		const redisReply *reply;

		resp_feed(&r, bad[i], strlen(bad[i]));
		if (resp_next(&r, &reply))
			fail_msg("taken: %s", bad[i]);
		resp_reset(&r);
	}
}

static void
integers_are_exact_to_both_ends(void **state)
{
	static const char both[] = ":9223372036854775807\r\n:-9223372036854775808\r\n";
	struct resp_reader r = { .in = BUF_INIT };
	const redisReply *reply;

	(void)state;
	resp_feed(&r, both, strlen(both));
	assert_true(resp_next(&r, &reply));
	assert_true(reply->integer == INT64_MAX);
	assert_true(resp_next(&r, &reply));
	assert_true(reply->integer == INT64_MIN);
	resp_reset(&r);
}

/* Whether arrays of one, so many in each other, are taken. */
static bool
takes_depth(int depth)
{
	struct resp_reader r = { .in = BUF_INIT };
	const redisReply *reply;
	bool taken;
	int i;

	for (i = 0; i < depth; i++)
		resp_feed(&r, "*1\r\n", 4);
	resp_feed(&r, "$1\r\nx\r\n", 7);
	taken = resp_next(&r, &reply);
	resp_reset(&r);
	return taken;
}

static void
depth_and_the_length_of_a_line_have_a_limit(void **state)
{
	struct resp_reader r = { .in = BUF_INIT };
	const redisReply *reply;
	size_t fed = 0;

	(void)state;
	assert_true(takes_depth(16));
	assert_false(takes_depth(17));
	assert_false(takes_depth(100000));
	resp_feed(&r, "-", 1);
	while (resp_next(&r, &reply) && fed < 1000000) {
		assert_null(reply);
		resp_feed(&r, "words words words ", 18);
		fed += 18;
	}
	assert_in_range(fed, 60000, 70000);
	resp_reset(&r);
}

static void
a_command_is_what_hiredis_writes(void **state)
{
	const char *argv[] = { "EVALSHA", "", "a\0b\r\n", "1" };
	const size_t lens[] = { 7, 0, 5, 1 };
	struct buf b = BUF_INIT;
	char *expected;
	int len = redisFormatCommandArgv(&expected, 4, argv, lens);

	(void)state;
	resp_add_command(&b, 4, argv, lens);
	assert_int_equal(b.len, len);
	assert_memory_equal(b.data, expected, b.len);
	redisFreeCommand(expected);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_what_hiredis_reads_however_they_are_cut),
		cmocka_unit_test(a_large_reply_is_read_and_its_memory_given_back),
		cmocka_unit_test(what_is_no_reply_is_refused_at_once),
		cmocka_unit_test(integers_are_exact_to_both_ends),
		cmocka_unit_test(depth_and_the_length_of_a_line_have_a_limit),
		cmocka_unit_test(a_command_is_what_hiredis_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
