/* Replies of scripts: rows, items and entries, and those of another form than is declared. */
#include "redis/script_reply.h"

#include "fixture.h"

#include "redis/reply_reader.h"

#define HEAD   "$2\r\nok\r\n$3\r\n1-0\r\n"
#define STREAM "$10\r\nlost\t2-0\tk\r\n"
#define ENTRY  "*2\r\n$3\r\n2-0\r\n*2\r\n$4\r\ntype\r\n$1\r\nt\r\n"

static struct reply_reader reader;
static struct arena arena;

/* Reads `text` as the reply of this script. */
static bool
read_text(struct script_reply *r, enum script_id id, const char *text)
{
	const struct reply *reply;

	reply_reader_feed(&reader, text, strlen(text));
	assert_true(reply_reader_next(&reader, &reply));
	assert_non_null(reply);
	return script_reply_read(r, reply, id, &arena);
}

static int
teardown(void **state)
{
	(void)state;
	reply_reader_reset(&reader);
	arena_fini(&arena);
	return 0;
}

static void
a_row_has_a_value_in_each_column(void **state)
{
	struct script_reply r;

	(void)state;
	assert_true(read_text(&r, SCRIPT_NODE_EVACUATE, "*3\r\n" HEAD "$7\r\nn\t12\t-5\r\n"));
	assert_int_equal(r.outcome, OUTCOME_OK);
	assert_string_equal(r.event, "1-0");
	assert_int_equal(r.n_rows, 0);
	assert_int_equal(r.head.n, EVACUATION_ROW_COUNT);
	assert_string_equal(script_row_text(&r.head, EVACUATION_ROW_NODE_ID), "n");
	assert_int_equal(script_row_len(&r.head, EVACUATION_ROW_MOVED), 2);
	assert_string_equal(script_row_text(&r.head, EVACUATION_ROW_MOVED), "12");
	assert_int_equal(script_row_int(&r.head, EVACUATION_ROW_MOVED), 12);
	assert_int_equal(script_row_int(&r.head, EVACUATION_ROW_PENDING), -5);
	assert_true(script_row_number(&r.head, EVACUATION_ROW_PENDING) == -5);
	assert_true(read_text(&r, SCRIPT_NODE_EVACUATE, "*3\r\n" HEAD "$2\r\n\t\t\r\n"));
	assert_string_equal(script_row_text(&r.head, EVACUATION_ROW_NODE_ID), "");
	assert_int_equal(script_row_int(&r.head, EVACUATION_ROW_PENDING), 0);
}

static void
a_part_of_a_row_is_a_row(void **state)
{
	static const struct script_cell cells[] = { { "a", 1 }, { "b", 1 }, { "c", 1 } };
	const struct script_row row = { cells, 3 };
	struct script_row part = script_row_part(&row, 1, 2);

	(void)state;
	assert_int_equal(part.n, 2);
	assert_string_equal(script_row_text(&part, 1), "c");
}

static void
further_rows_follow_the_first(void **state)
{
	struct script_reply r, copy;
	struct arena kept = { 0 };

	(void)state;
	assert_true(read_text(&r, SCRIPT_STATE_CHECK,
	    "*5\r\n" HEAD "$3\r\nc\t2\r\n$5\r\nk\ts\td\r\n$5\r\nl\tt\te\r\n"));
	script_reply_copy(&copy, &r, &kept);
	/* The copy outlives the reply. */
	assert_true(read_text(&r, SCRIPT_STATE_CHECK, "*3\r\n" HEAD "$3\r\n\t99\r\n"));
	assert_int_equal(r.n_rows, 0);
	assert_string_equal(copy.event, "1-0");
	assert_string_equal(script_row_text(&copy.head, CHECK_ROW_CHECKED), "2");
	assert_int_equal(copy.n_rows, 2);
	assert_string_equal(script_row_text(&copy.rows[0], VIOLATION_ROW_KIND), "k");
	assert_string_equal(script_row_text(&copy.rows[1], VIOLATION_ROW_DETAIL), "e");
	arena_fini(&kept);
}

static void
each_item_is_a_reply_of_its_own(void **state)
{
	struct script_reply r;
	struct script_item item;

	(void)state;
	assert_true(read_text(&r, SCRIPT_AGENT_RELEASE,
	    "*5\r\n" HEAD "$12\r\ndeleted\t1-0\t\r\n$19\r\nfailed\t\tSTALE_EPOCH\r\n"
	    "$19\r\nfailed\t\tUNHEARD_OF \r\n"));
	assert_int_equal(r.n_rows, 3);
	script_item_read(&item, &r.rows[0]);
	assert_int_equal(item.e, ERR_OK);
	assert_int_equal(item.reply.outcome, OUTCOME_DELETED);
	assert_string_equal(item.reply.event, "1-0");
	assert_null(item.reply.error);
	script_item_read(&item, &r.rows[1]);
	assert_int_equal(item.e, ERR_STALE_EPOCH);
	assert_string_equal(item.reply.error, "STALE_EPOCH");
	script_item_read(&item, &r.rows[2]);
	assert_int_equal(item.e, ERR_INTERNAL);
}

/* An item with a tab too many does not spoil the others. */
static void
an_item_of_another_form_fails_alone(void **state)
{
	struct script_reply r;
	struct script_item item;

	(void)state;
	capture_begin();
	assert_true(read_text(&r, SCRIPT_AGENT_RELEASE,
	    "*5\r\n" HEAD "$10\r\ndeleted\t1\t\r\n$11\r\ndeleted\t1\t\t\r\n"
	    "$9\r\ndeleted\t1\r\n"));
	assert_non_null(strstr(capture_end(), " error script: agent_release: "));
	script_item_read(&item, &r.rows[0]);
	assert_int_equal(item.e, ERR_OK);
	script_item_read(&item, &r.rows[1]);
	assert_int_equal(item.e, ERR_INTERNAL);
	assert_null(item.reply.error);
	script_item_read(&item, &r.rows[2]);
	assert_int_equal(item.e, ERR_INTERNAL);
}

static void
entries_follow_the_rows(void **state)
{
	struct script_reply r;

	(void)state;
	assert_true(read_text(&r, SCRIPT_EVENT_LIST, "*5\r\n" HEAD STREAM ENTRY ENTRY));
	assert_string_equal(script_row_text(&r.head, STREAM_ROW_KEY), "k");
	assert_int_equal(r.n_entries, 2);
	assert_string_equal(r.entries[1].id, "2-0");
	assert_int_equal(r.entries[1].n_fields, 1);
	assert_string_equal(r.entries[1].fields[0].name, "type");
	assert_string_equal(r.entries[1].fields[0].value, "t");
	assert_int_equal(r.entries[1].fields[0].value_len, 1);
}

static void
another_form_is_refused_and_logged(void **state)
{
	static const struct {
		enum script_id id;
		const char *text;
	} cases[] = {
		{ SCRIPT_NODE_EVACUATE, "*2\r\n" HEAD },                        /* no row */
		{ SCRIPT_NODE_EVACUATE, "*3\r\n" HEAD "$3\r\nn\t1\r\n" },       /* too short */
		{ SCRIPT_NODE_EVACUATE, "*3\r\n" HEAD "$7\r\nn\t1\t1\t1\r\n" }, /* too long */
		{ SCRIPT_NODE_EVACUATE, "*4\r\n" HEAD "$5\r\nn\t1\t1\r\n$1\r\nx\r\n" },
		{ SCRIPT_STATE_CHECK, "*4\r\n" HEAD "$3\r\nc\t2\r\n$3\r\nk\ts\r\n" },
		{ SCRIPT_READY_CHECK, "*3\r\n" HEAD "$1\r\nx\r\n" },
		{ SCRIPT_READY_CHECK, "*2\r\n$4\r\nokay\r\n$0\r\n\r\n" },
		{ SCRIPT_READY_CHECK, "*2\r\n$2\r\nok\r\n$-1\r\n" },
		{ SCRIPT_READY_CHECK, "*1\r\n$2\r\nok\r\n" },
		{ SCRIPT_READY_CHECK, "*0\r\n" },
		{ SCRIPT_READY_CHECK, "$2\r\nok\r\n" },
		{ SCRIPT_EVENT_LIST, "*4\r\n" HEAD STREAM "*1\r\n$3\r\n2-0\r\n" },
		{ SCRIPT_EVENT_LIST, "*4\r\n" HEAD STREAM "*2\r\n$3\r\n2-0\r\n*1\r\n$1\r\nx\r\n" },
		{ SCRIPT_EVENT_LIST, "*4\r\n" HEAD STREAM "*2\r\n$3\r\n2-0\r\n*2\r\n:1\r\n:1\r\n" },
	};
	struct script_reply r;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const char *log;
		bool read;

		capture_begin();
		read = read_text(&r, cases[i].id, cases[i].text);
		log = capture_end();
		if (read || strstr(log, script_sources[cases[i].id].name) == NULL)
			fail_msg("case %zu: %d %s", i, read, log);
	}
}

static void
more_to_do_needs_no_rows(void **state)
{
	struct script_reply r;

	(void)state;
	assert_true(read_text(&r, SCRIPT_NODE_EVACUATE, "*1\r\n$4\r\nmore\r\n"));
	assert_int_equal(r.outcome, OUTCOME_MORE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_row_has_a_value_in_each_column, teardown),
		cmocka_unit_test(a_part_of_a_row_is_a_row),
		cmocka_unit_test_teardown(further_rows_follow_the_first, teardown),
		cmocka_unit_test_teardown(each_item_is_a_reply_of_its_own, teardown),
		cmocka_unit_test_teardown(an_item_of_another_form_fails_alone, teardown),
		cmocka_unit_test_teardown(entries_follow_the_rows, teardown),
		cmocka_unit_test_teardown(another_form_is_refused_and_logged, teardown),
		cmocka_unit_test_teardown(more_to_do_needs_no_rows, teardown),
	};

	return test_program(tests);
}
