/* Server-Sent Events: lines become the right events, however the bytes are split. */
#include "client/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Appends the event as "type/id/data;". */
static void
note(void *arg, const char *type, const char *id, const char *data)
{
	buf_addf(arg, "%s/%s/%s;", type, id, data);
}

static const struct {
	const char *in, *out;
} cases[] = {
	{ "data: x\n\n", "message//x;" },
	{ "event: agent.moved\nid: 5-1\ndata: {\"a\":1}\n\n", "agent.moved/5-1/{\"a\":1};" },
	{ "data: x\r\n\r\ndata: y\r\n\r\n", "message//x;message//y;" },
	{ "data: x\r\rdata: y\r\r", "message//x;message//y;" },
	{ "data: x\n\r\ndata: y\r\n\n", "message//x;message//y;" },
	{ "data:x\n\n", "message//x;" },
	{ "data:  x\n\n", "message// x;" },
	{ "data\n\n", "message//;" },
	{ "data: a\ndata: b\n\n", "message//a\nb;" },
	{ "data\ndata\n\n", "message//\n;" },
	{ ": comment\n\n", "" },
	{ ":\ndata: x\n: another\n\n", "message//x;" },
	{ "\xef\xbb\xbf"
	  "data: x\n\n",
	    "message//x;" },
	{ "data: x\n\n\xef\xbb\xbf"
	  "data: y\n\n",
	    "message//x;" },
	{ "id: 1\ndata: x\n\ndata: y\n\n", "message/1/x;message/1/y;" },
	{ "id: 1\n\ndata: y\n\n", "message/1/y;" },
	{ "id: 1\ndata: x\n\nid\ndata: y\n\n", "message/1/x;message//y;" },
	{ "event: a\n\ndata: x\n\n", "message//x;" },
	{ "event: a\ndata: x\n\ndata: y\n\n", "a//x;message//y;" },
	{ "retry: 100\nother: 1\ndata: x\n\n", "message//x;" },
	{ "data: a: b\n\n", "message//a: b;" },
	{ "dat: x\ndatum: y\nDATA: z\n\n", "" },
	{ "data: x\n", "" },
	{ "\n\n\n", "" },
};

enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static void
check_pieces(const char *in, size_t first, const char *out)
{
	struct buf got = BUF_INIT;
	struct sse s;

	sse_init(&s, note, &got);
	assert_true(sse_feed(&s, in, first));
	assert_true(sse_feed(&s, in + first, strlen(in) - first));
	assert_string_equal(buf_str(&got), out);
	sse_fini(&s);
	buf_fini(&got);
}

static void
events_are_the_same_however_the_bytes_are_split(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < CASES; i++)
		for (cut = 0; cut <= strlen(cases[i].in); cut++)
			check_pieces(cases[i].in, cut, cases[i].out);
}

static void
events_can_arrive_byte_by_byte(void **state)
{
	struct buf got = BUF_INIT, all = BUF_INIT;
	struct sse s;
	size_t i;

	(void)state;
	sse_init(&s, note, &got);
	for (i = 0; i < 1000; i++)
		buf_addf(&all, "id: %zu\r\nevent: e\r\ndata: %zu\r\n\r\n", i, i * i);
	for (i = 0; i < all.len; i++)
		assert_true(sse_feed(&s, all.data + i, 1));
	assert_non_null(strstr(buf_str(&got), "e/0/0;e/1/1;e/2/4;"));
	assert_non_null(strstr(buf_str(&got), ";e/999/998001;"));
	sse_fini(&s);
	buf_fini(&got);
	buf_fini(&all);
}

static void
a_new_connection_discards_an_incomplete_event(void **state)
{
	static const char half[] = "id: 1\ndata: x\n\nid: 2\nevent: e\ndata: half\nda";
	struct buf got = BUF_INIT;
	struct sse s;

	(void)state;
	sse_init(&s, note, &got);
	assert_true(sse_feed(&s, half, sizeof(half) - 1));
	assert_string_equal(buf_str(&s.last_id), "1");
	sse_restart(&s);
	assert_true(sse_feed(&s, "data: y\n\n", 9));
	assert_string_equal(buf_str(&got), "message/1/x;message/1/y;");
	sse_set_last_id(&s, "7-0");
	assert_true(sse_feed(&s, "data: z\n\n", 9));
	assert_string_equal(buf_str(&got), "message/1/x;message/1/y;message/7-0/z;");
	sse_fini(&s);
	buf_fini(&got);
}

static void
lines_and_events_have_a_limit(void **state)
{
	char *much = malloc(SSE_EVENT_MAX);
	struct buf got = BUF_INIT;
	struct sse s;

	(void)state;
	memset(much, 'x', SSE_EVENT_MAX);
	sse_init(&s, note, &got);
	assert_true(sse_feed(&s, much, SSE_EVENT_MAX));
	assert_false(sse_feed(&s, "x", 1));
	sse_restart(&s);
	assert_true(sse_feed(&s, "data:", 5));
	assert_true(sse_feed(&s, much, SSE_EVENT_MAX / 2));
	assert_true(sse_feed(&s, "\ndata:", 6));
	assert_false(sse_feed(&s, much, SSE_EVENT_MAX / 2));
	assert_string_equal(buf_str(&got), "");
	sse_fini(&s);
	buf_fini(&got);
	free(much);
}

int
main(void)
{
	const struct CMUnitTest sse[] = {
		cmocka_unit_test(events_are_the_same_however_the_bytes_are_split),
		cmocka_unit_test(events_can_arrive_byte_by_byte),
		cmocka_unit_test(a_new_connection_discards_an_incomplete_event),
		cmocka_unit_test(lines_and_events_have_a_limit),
	};

	return cmocka_run_group_tests(sse, NULL, NULL);
}
