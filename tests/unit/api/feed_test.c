/* The feed: pages of the stream for one who catches up race with the live events for all. */
#include "api/feed.h"

#include "unit/redis/fixture.h"

#include <stdio.h>

#define LIST      "event_list"
#define ENTRY(id) "*2\r\n$3\r\n" id "\r\n*2\r\n$4\r\ntype\r\n$1\r\nx\r\n"
/* What XREAD replies with one entry. */
#define NEW(id) "*1\r\n*2\r\n$3\r\nkey\r\n*1\r\n" ENTRY(id)
/* What event_list replies with as many entries as make `members` members. */
#define PAGE(members, last, entries) \
	"*" members "\r\n$2\r\nok\r\n$0\r\n\r\n$13\r\nknown\t" last "\tkey\r\n" entries

/* The fakes serve one connection each: one for the pages, and one for the reader of the stream. */
static struct {
	struct client client;
	struct fake pages, live;
	struct redis_url live_url;
	struct feed *feed;
	struct subscription *subscription;
	char got[128]; /* the ids of the events, and "live" */
} t;

static void
on_event(void *arg, const struct event_entry *e)
{
	size_t len = strlen(t.got);

	(void)arg;
	snprintf(t.got + len, sizeof(t.got) - len, "%s ", e->id);
}

static void
on_live(void *arg, const char *position)
{
	size_t len = strlen(t.got);

	(void)arg;
	snprintf(t.got + len, sizeof(t.got) - len, "live:%s ", position);
}

static void
on_resync(void *arg, const char *position, const char *reason)
{
	size_t len = strlen(t.got);

	(void)arg;
	snprintf(t.got + len, sizeof(t.got) - len, "%s:%s ", reason, position);
}

static const struct feed_listener listener = {
	.event = on_event, .live = on_live, .resync = on_resync
};

static const struct event_filter all;

/* Starts the feed, and subscribes since this event. The first page gets no reply. */
static void
start(const char *since)
{
	static const struct fake_line pages[] = { { LIST, NULL }, { NULL } };
	static const struct fake_line live[] = { { LIST, PAGE("3", "5-0", "") }, { "XREAD", NULL },
		{ NULL } };
	struct redis_options options;
	char why[128];

	memset(&t, 0, sizeof(t));
	fake_start(&t.pages, pages);
	fake_start_tcp(&t.live, live);
	client_start(&t.client, t.pages.url);
	client_wait_ready(&t.client);
	options = t.client.options;
	assert_int_equal(redis_url_init(&t.live_url, t.live.url, why, sizeof(why)), ERR_OK);
	options.url = t.live_url;
	t.feed = feed_new(t.client.base, &options, t.client.c, "muster:{unit}:");
	t.subscription = feed_subscribe(t.feed, &all, since, &listener, NULL);
	fake_wait_calls(&t.live, &t.client, "XREAD", 1);
}

static void
stop(void)
{
	redis_connection_free(t.client.c);
	t.client.c = NULL;
	feed_free(t.feed);
	client_stop(&t.client);
	redis_url_fini(&t.live_url);
	fake_stop(&t.pages);
	fake_fini(&t.pages);
	fake_stop(&t.live);
	fake_fini(&t.live);
}

static bool
has_got(void *arg)
{
	return strlen(t.got) >= strlen(arg);
}

static bool
is_at(void *arg)
{
	return strcmp(feed_position(t.feed), arg) == 0;
}

/* A new event, which the reader of the stream sees. */
static void
add(const char *reply, const char *id)
{
	size_t n = fake_calls(&t.live, "XREAD");

	fake_say(&t.live, reply);
	client_until(&t.client, is_at, (void *)(uintptr_t)id);
	fake_wait_calls(&t.live, &t.client, "XREAD", n + 1);
}

static void
expect(const char *got)
{
	client_until(&t.client, has_got, (void *)(uintptr_t)got);
	assert_string_equal(t.got, got);
}

/* The page has an event that the reader of the stream has not seen yet. */
static void
an_event_of_a_page_does_not_come_live_again(void **state)
{
	(void)state;
	start("3-0");
	fake_wait_calls(&t.pages, &t.client, LIST, 1);
	add(NEW("6-0"), "6-0");
	assert_string_equal(t.got, "");
	fake_say(&t.pages, PAGE("7", "7-0", ENTRY("4-0") ENTRY("5-0") ENTRY("6-0") ENTRY("7-0")));
	expect("4-0 5-0 6-0 7-0 live:7-0 ");
	add(NEW("7-0"), "7-0");
	add(NEW("8-0"), "8-0");
	expect("4-0 5-0 6-0 7-0 live:7-0 8-0 ");
	feed_unsubscribe(t.subscription);
	stop();
}

/* The reader of the stream has seen an event that the page has not. */
static void
an_event_that_comes_during_a_page_is_on_the_next_one(void **state)
{
	(void)state;
	start("3-0");
	fake_wait_calls(&t.pages, &t.client, LIST, 1);
	add(NEW("6-0"), "6-0");
	fake_say(&t.pages, PAGE("5", "5-0", ENTRY("4-0") ENTRY("5-0")));
	fake_wait_calls(&t.pages, &t.client, LIST, 2);
	assert_string_equal(fake_argument(&t.pages, LIST, EVENT_LIST_ARG_SINCE), "5-0");
	add(NEW("7-0"), "7-0");
	fake_say(&t.pages, PAGE("5", "7-0", ENTRY("6-0") ENTRY("7-0")));
	expect("4-0 5-0 6-0 7-0 live:7-0 ");
	feed_unsubscribe(t.subscription);
	stop();
}

static void
one_who_wants_new_events_is_live_at_once(void **state)
{
	(void)state;
	start("");
	expect("live:5-0 ");
	add(NEW("6-0"), "6-0");
	expect("live:5-0 6-0 ");
	assert_int_equal(fake_calls(&t.pages, LIST), 0);
	feed_unsubscribe(t.subscription);
	stop();
}

/* The page comes after the subscriber has gone, or after the feed was freed. */
static void
a_late_page_is_given_to_nobody(void **state)
{
	(void)state;
	start("3-0");
	fake_wait_calls(&t.pages, &t.client, LIST, 1);
	feed_unsubscribe(t.subscription);
	fake_say(&t.pages, PAGE("5", "5-0", ENTRY("4-0") ENTRY("5-0")));
	while (redis_connection_in_flight(t.client.c) > 0)
		event_base_loop(t.client.base, EVLOOP_ONCE);
	add(NEW("6-0"), "6-0");
	assert_string_equal(t.got, "");
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_of_a_page_does_not_come_live_again),
		cmocka_unit_test(an_event_that_comes_during_a_page_is_on_the_next_one),
		cmocka_unit_test(one_who_wants_new_events_is_live_at_once),
		cmocka_unit_test(a_late_page_is_given_to_nobody),
	};

	return test_program(tests);
}
