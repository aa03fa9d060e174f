/* The reader of the stream: where it starts, and what it starts with again. */
#include "redis/stream_reader.h"

#include "unit/redis/fixture.h"

#include <stdio.h>

#define LIST        "event_list"
#define KNOWN(last) "*3\r\n$2\r\nok\r\n$0\r\n\r\n$13\r\nknown\t" last "\tkey\r\n"
#define LOST(last)  "*3\r\n$2\r\nok\r\n$0\r\n\r\n$12\r\nlost\t" last "\tkey\r\n"
#define ENTRY(id) \
	"*1\r\n*2\r\n$3\r\nkey\r\n*1\r\n*2\r\n$3\r\n" id "\r\n*2\r\n$4\r\ntype\r\n$1\r\nx\r\n"
#define NOTHING "*-1\r\n"

static struct {
	struct client client;
	struct fake fake;
	struct stream_reader *reader;
	int live, entries;
	bool lost;
	char position[STREAM_ID_SIZE]; /* of the last call of on_live */
	char last[STREAM_ID_SIZE];     /* the last entry */
} t;

static void
on_entry(void *arg, const struct stream_entry *entry)
{
	(void)arg;
	t.entries++;
	snprintf(t.last, sizeof(t.last), "%s", entry->id);
}

static void
on_live(void *arg, const char *position, bool lost)
{
	(void)arg;
	t.live++;
	t.lost = lost;
	snprintf(t.position, sizeof(t.position), "%s", position);
}

static bool
is_live(void *arg)
{
	return t.live >= *(int *)arg;
}

static bool
has_entries(void *arg)
{
	return t.entries >= *(int *)arg;
}

static void
start(const struct fake_line *lines)
{
	memset(&t, 0, sizeof(t));
	fake_start(&t.fake, lines);
	client_init(&t.client, t.fake.url);
	t.reader = stream_reader_new(
	    t.client.base, &t.client.options, "muster:{unit}:", on_entry, on_live, NULL);
	stream_reader_start(t.reader);
	client_until(&t.client, is_live, &(int){ 1 });
}

static void
stop(void)
{
	stream_reader_free(t.reader);
	client_stop(&t.client);
	fake_stop(&t.fake);
	fake_fini(&t.fake);
}

static void
it_starts_at_the_end_of_the_stream(void **state)
{
	static const struct fake_line lines[] = { { LIST, KNOWN("5-0") },
		{ "XREAD", ENTRY("6-0"), 1 }, { "XREAD", NULL }, { NULL } };

	(void)state;
	start(lines);
	assert_true(t.lost);
	assert_string_equal(t.position, "5-0");
	client_until(&t.client, has_entries, &(int){ 1 });
	assert_string_equal(t.last, "6-0");
	assert_string_equal(stream_reader_position(t.reader), "6-0");
	fake_wait_calls(&t.fake, &t.client, "XREAD", 2);
	stop();
}

/* Whoever subscribes after a pause has not seen what happened meanwhile. */
static void
one_that_was_stopped_forgets_where_it_was(void **state)
{
	static const struct fake_line lines[] = { { LIST, KNOWN("5-0"), 1 }, { LIST, KNOWN("8-0") },
		{ "XREAD", NULL }, { NULL } };

	(void)state;
	start(lines);
	stream_reader_stop(t.reader);
	assert_string_equal(stream_reader_position(t.reader), "");
	stream_reader_start(t.reader);
	client_until(&t.client, is_live, &(int){ 2 });
	assert_string_equal(fake_argument(&t.fake, LIST, EVENT_LIST_ARG_SINCE), "");
	assert_true(t.lost);
	assert_string_equal(t.position, "8-0");
	assert_int_equal(t.entries, 0);
	stop();
}

/* Not so after a lost connection, if the stream still has what follows. */
static void
one_that_lost_its_connection_goes_on_where_it_was(void **state)
{
	static const struct {
		const char *reply, *position;
		bool lost;
	} then[] = {
		{ KNOWN("9-0"), "6-0", false },
		{ LOST("2-0"), "2-0", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(then); i++) {
		const struct fake_line lines[] = { { LIST, KNOWN("5-0"), 1 },
			{ LIST, then[i].reply }, { "XREAD", ENTRY("6-0"), 1 },
			{ "XREAD", NULL, 1, true }, { "XREAD", NULL }, { NULL } };

		start(lines);
		client_until(&t.client, is_live, &(int){ 2 });
		assert_string_equal(fake_argument(&t.fake, LIST, EVENT_LIST_ARG_SINCE), "6-0");
		assert_int_equal(t.lost, then[i].lost);
		assert_string_equal(t.position, then[i].position);
		assert_string_equal(stream_reader_position(t.reader), then[i].position);
		assert_int_equal(t.entries, 1);
		stop();
	}
}

static void
a_failed_question_is_repeated(void **state)
{
	static const struct fake_line lines[] = { { LIST, "-LOADING Redis is loading\r\n", 2 },
		{ LIST, KNOWN("5-0") }, { "XREAD", "-LOADING Redis is loading\r\n", 1 },
		{ "XREAD", NOTHING, 1 }, { "XREAD", NULL }, { NULL } };

	(void)state;
	start(lines);
	fake_wait_calls(&t.fake, &t.client, "XREAD", 3);
	assert_int_equal(fake_calls(&t.fake, LIST), 4);
	assert_int_equal(fake_connections(&t.fake), 1);
	assert_int_equal(t.live, 2);
	assert_int_equal(t.entries, 0);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_at_the_end_of_the_stream),
		cmocka_unit_test(one_that_was_stopped_forgets_where_it_was),
		cmocka_unit_test(one_that_lost_its_connection_goes_on_where_it_was),
		cmocka_unit_test(a_failed_question_is_repeated),
	};

	return test_program(tests);
}
