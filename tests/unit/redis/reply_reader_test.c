/* Replies: hiredis' own reader, with its own functions, says what each of them must be. */
#include "base/memory.h"
#include "redis/reply_reader.h"

#include "redis/command.h"

#include <hiredis/hiredis.h>
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
	command_add_word(b, text, len);
}

/* Adds a value of some kind, with others inside if `depth` is above 0. */
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
		command_add_start(b, n);
		for (i = 0; i < n; i++)
			add_value(b, depth - 1);
	}
}

static void
assert_same(const struct reply *r, const redisReply *expected)
{
	static const int types[] = { [REPLY_NIL] = REDIS_REPLY_NIL,
		[REPLY_TEXT] = REDIS_REPLY_STRING,
		[REPLY_STATUS] = REDIS_REPLY_STATUS,
		[REPLY_ERROR] = REDIS_REPLY_ERROR,
		[REPLY_INTEGER] = REDIS_REPLY_INTEGER,
		[REPLY_ARRAY] = REDIS_REPLY_ARRAY };
	size_t i;

	assert_int_equal(types[r->kind], expected->type);
	assert_int_equal(r->integer, expected->integer);
	assert_int_equal(r->n_members, expected->elements);
	assert_int_equal(r->text != NULL, expected->str != NULL);
	assert_int_equal(r->len, expected->str != NULL ? expected->len : 0);
	if (r->text != NULL)
		assert_memory_equal(r->text, expected->str, r->len + 1);
	for (i = 0; i < r->n_members; i++)
		assert_same(&r->members[i], expected->element[i]);
}

/* Takes the replies that are complete. Returns how many there are. */
static size_t
compare(struct reply_reader *r, redisReader *oracle)
{
	const struct reply *reply;
	size_t n = 0;

	for (;;) {
		void *expected = NULL;

		assert_true(reply_reader_next(r, &reply));
		assert_int_equal(redisReaderGetReply(oracle, &expected), REDIS_OK);
		assert_int_equal(reply != NULL, expected != NULL);
		if (reply == NULL)
			return n;
		assert_same(reply, expected);
		freeReplyObject(expected);
		n++;
	}
}

static void
replies_are_what_hiredis_reads_however_they_are_cut(void **state)
{
	struct reply_reader r = { 0 };
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
			reply_reader_feed(&r, b.data + at, len);
			redisReaderFeed(oracle, b.data + at, len);
			replies -= compare(&r, oracle);
			at += len;
		}
		assert_int_equal(replies, 0);
		buf_fini(&b);
	}
	redisReaderFree(oracle);
	reply_reader_reset(&r);
}

/* Reads `text`, which is one reply. */
static const struct reply *
read_reply(struct reply_reader *r, const char *text)
{
	const struct reply *reply;

	reply_reader_feed(r, text, strlen(text));
	assert_true(reply_reader_next(r, &reply));
	assert_non_null(reply);
	return reply;
}

/* The same memory serves one reply after the other. */
static void
replies_of_usual_size_cost_no_malloc(void **state)
{
	enum { WARM = 100 };
	struct reply_reader r = { 0 };
	const struct arena_chunk *chunk = NULL;
	const char *room = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < 1000 + WARM; i++) {
		read_reply(&r, "*3\r\n$7\r\ncreated\r\n$3\r\n1-0\r\n$9\r\na\tb\tc\td\te\r\n");
		if (i == WARM) {
			chunk = r.arena.newest;
			room = r.parser->buf;
		}
		if (i > WARM) {
			assert_ptr_equal(r.arena.newest, chunk);
			assert_ptr_equal(r.parser->buf, room);
		}
	}
	reply_reader_reset(&r);
}

static void
a_large_reply_is_read_and_its_memory_given_back(void **state)
{
	enum { MEMBERS = 20000 };
	struct reply_reader r = { 0 };
	const struct reply *reply;
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	command_add_start(&b, MEMBERS);
	for (i = 0; i < MEMBERS; i++)
		command_add_word(&b, "0123456789", 10);
	for (i = 0; i < b.len; i += 1000) {
		assert_true(reply_reader_next(&r, &reply));
		assert_null(reply);
		reply_reader_feed(&r, b.data + i, i + 1000 < b.len ? 1000 : b.len - i);
	}
	assert_true(reply_reader_next(&r, &reply));
	assert_int_equal(reply->n_members, MEMBERS);
	for (i = 0; i < MEMBERS; i++)
		assert_string_equal(reply->members[i].text, "0123456789");
	assert_true(r.arena.size > MEMBERS * sizeof(struct reply));
	assert_string_equal(read_reply(&r, "+OK\r\n")->text, "OK");
	assert_true(r.arena.size <= ARENA_KEPT_MAX);
	buf_fini(&b);
	reply_reader_reset(&r);
	assert_int_equal(r.arena.size, 0);
}

/* True if the reader refuses `text` before anything else comes. */
static bool
is_refused(const char *text)
{
	struct reply_reader r = { 0 };
	const struct reply *reply;
	bool good;

	reply_reader_feed(&r, text, strlen(text));
	do
		good = reply_reader_next(&r, &reply);
	while (good && reply != NULL);
	/* It stays so, and only a reset helps. */
	if (!good) {
		reply_reader_feed(&r, "+OK\r\n", 5);
		assert_false(reply_reader_next(&r, &reply));
		reply_reader_reset(&r);
		assert_string_equal(read_reply(&r, "+OK\r\n")->text, "OK");
	}
	reply_reader_reset(&r);
	return !good;
}

static void
what_is_no_reply_is_refused_at_once(void **state)
{
	static const char *const bad[] = { "hello\r\n", "\r\n", "*-5\r\n", "$-5\r\n", "$x\r\n",
		"$\r\n", ":\r\n", ":-\r\n", ":1x\r\n", ":99999999999999999999\r\n",
		":9223372036854775808\r\n", ":+1\r\n", "$3\r\nabcd\r\n", "$3\r\nabc\n\n",
		"$3\r\nabc\rx", "$1\rxa\r\n", "*600000000\r\n", "*2\r\n+OK\r\n?",
		"*2\r\n*1\r\n+OK\r\n?" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		if (!is_refused(bad[i]))
			fail_msg("accepted: %s", bad[i]);
	assert_false(is_refused("$3\r\nabc\r\n"));
}

static void
integers_are_exact_to_both_ends(void **state)
{
	struct reply_reader r = { 0 };

	(void)state;
	assert_true(read_reply(&r, ":9223372036854775807\r\n")->integer == INT64_MAX);
	assert_true(read_reply(&r, ":-9223372036854775808\r\n")->integer == INT64_MIN);
	reply_reader_reset(&r);
}

/* True if the reader refuses arrays of one member, this many in each other. */
static bool
is_depth_refused(int depth)
{
	struct buf b = BUF_INIT;
	bool refused;
	int i;

	for (i = 0; i < depth; i++)
		buf_add_str(&b, "*1\r\n");
	buf_add_str(&b, "$1\r\nx\r\n");
	refused = is_refused(buf_str(&b));
	buf_fini(&b);
	return refused;
}

static void
depth_has_a_limit(void **state)
{
	(void)state;
	assert_false(is_depth_refused(REPLY_DEPTH_MAX));
	assert_true(is_depth_refused(REPLY_DEPTH_MAX + 1));
	assert_true(is_depth_refused(100000));
}

/* Feeds `start`, then `piece` over and over. Returns how many bytes the reader takes. */
static size_t
bytes_until_refused(const char *start, const char *piece, size_t len)
{
	struct reply_reader r = { 0 };
	const struct reply *reply;
	size_t fed = strlen(start);

	reply_reader_feed(&r, start, fed);
	while (reply_reader_next(&r, &reply) && fed < 2 * (size_t)REPLY_SIZE_MAX) {
		assert_null(reply);
		reply_reader_feed(&r, piece, len);
		fed += len;
	}
	reply_reader_reset(&r);
	return fed;
}

static void
a_line_and_a_reply_have_a_limit(void **state)
{
	enum { PIECE = 4 * 1024 * 1024 };
	char *piece = xmalloc(PIECE);

	(void)state;
	assert_in_range(bytes_until_refused("-", "words words words ", 18), REPLY_LINE_MAX,
	    REPLY_LINE_MAX + 100);
	memset(piece, '\n', PIECE);
	assert_in_range(bytes_until_refused("$9999999999\r\n", piece, PIECE),
	    REPLY_SIZE_MAX - PIECE, REPLY_SIZE_MAX + PIECE);
	memcpy(piece, "$4194292\r\n", 10);
	memcpy(piece + PIECE - 2, "\r\n", 2);
	assert_in_range(bytes_until_refused("*100\r\n", piece, PIECE), REPLY_SIZE_MAX - 2 * PIECE,
	    REPLY_SIZE_MAX + PIECE);
	free(piece);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_what_hiredis_reads_however_they_are_cut),
		cmocka_unit_test(replies_of_usual_size_cost_no_malloc),
		cmocka_unit_test(a_large_reply_is_read_and_its_memory_given_back),
		cmocka_unit_test(what_is_no_reply_is_refused_at_once),
		cmocka_unit_test(integers_are_exact_to_both_ends),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(a_line_and_a_reply_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
