/* The cache with a scripted stream: what it answers from memory, and what makes it drop an
 * entry. */
#include "fixture.h"

#include "muster/watch.h"

#define EVENTS "GET /api/cluster/events?types="

struct cached {
	struct server server;
	muster_client *client;
	muster_cache *cache;
};

static bool
is_live(void *arg)
{
	return muster_cache_live(arg);
}

static bool
is_dead(void *arg)
{
	return !muster_cache_live(arg);
}

static bool
is_empty(void *arg)
{
	return muster_cache_size(arg) == 0;
}

static void
begin(struct cached *c, size_t most)
{
	server_stream(&c->server, EVENTS, "4-0");
	c->cache = muster_cache_new(c->client, most);
	assert_non_null(c->cache);
	assert_true(poll_until(is_live, c->cache, WAIT_MS));
	server_wait_stream(&c->server);
}

static int
setup(void **state)
{
	struct cached *c = calloc(1, sizeof(*c));

	server_start(&c->server);
	c->client = muster_client_new(c->server.url);
	*state = c;
	return 0;
}

static int
teardown(void **state)
{
	struct cached *c = *state;

	muster_cache_free(c->cache);
	muster_client_free(c->client);
	server_stop(&c->server);
	free(c);
	api_reset();
	return 0;
}

static const char *
assignment(const char *agent, const char *node, int epoch)
{
	return fmt("{\"agent_id\":\"%s\",\"node_id\":\"%s\",\"epoch\":%d,\"node\":{\"ip_address\":"
	           "\"10.0.0.9\",\"port\":77}}",
	    agent, node, epoch);
}

/* Expects one request for the agent, and answers it with this node and epoch. */
static void
will_ask(struct cached *c, const char *agent, const char *node, int epoch)
{
	server_json(&c->server, fmt("GET /api/cluster/assignments/%s ", agent), 200,
	    assignment(agent, node, epoch));
}

static void
check_owner(struct cached *c, const char *agent, bool cached, const char *node, int epoch)
{
	struct muster_owner owner;

	assert_true(muster_cache_lookup(c->cache, c->client, agent, &owner));
	assert_string_equal(owner.node_id, node);
	assert_int_equal(owner.epoch, epoch);
	assert_true(owner.cached == cached);
	assert_string_equal(owner.ip_address, "10.0.0.9");
	assert_int_equal(owner.port, 77);
}

/* Sends an event and waits until the cache has handled it: a marker event after it makes the
 * marker's agent disappear. */
static void
tell(struct cached *c, const char *type, const char *data)
{
	struct muster_owner owner;

	server_json(
	    &c->server, "GET /api/cluster/assignments/marker ", 200, assignment("marker", "m", 1));
	assert_true(muster_cache_lookup(c->cache, c->client, "marker", &owner));
	server_push(&c->server, fmt("event: %s\ndata: %s\n\n", type, data));
	server_push(
	    &c->server, "event: agent.released\ndata: {\"agent_id\":\"marker\",\"epoch\":1}\n\n");
}

static bool
marker_is_gone(void *arg)
{
	struct cached *c = arg;

	return muster_cache_size(c->cache) <= 1;
}

static void
a_second_lookup_is_answered_from_memory(void **state)
{
	struct cached *c = *state;

	begin(c, 0);
	will_ask(c, "a", "n", 5);
	check_owner(c, "a", false, "n", 5);
	check_owner(c, "a", true, "n", 5);
	assert_int_equal(muster_cache_size(c->cache), 1);
}

static void
an_event_drops_the_entry(void **state)
{
	static const char *const types[] = { "agent.moved", "agent.pending", "agent.assigned",
		"agent.released" };
	struct cached *c = *state;
	int i;

	begin(c, 0);
	for (i = 0; i < 4; i++) {
		will_ask(c, "a", "n", 10 + i);
		check_owner(c, "a", false, "n", 10 + i);
		server_push(&c->server,
		    fmt("event: %s\ndata: {\"agent_id\":\"a\",\"epoch\":%d}\n\n", types[i],
		        i < 3 ? 11 + i : 13));
		assert_true(poll_until(is_empty, c->cache, WAIT_MS));
	}
}

static void
an_event_with_an_older_epoch_changes_nothing(void **state)
{
	struct cached *c = *state;

	begin(c, 0);
	will_ask(c, "a", "n", 20);
	check_owner(c, "a", false, "n", 20);
	tell(c, "agent.moved", "{\"agent_id\":\"a\",\"epoch\":20}");
	assert_true(poll_until(marker_is_gone, c, WAIT_MS));
	check_owner(c, "a", true, "n", 20);
	tell(c, "agent.released", "{\"agent_id\":\"a\",\"epoch\":19}");
	assert_true(poll_until(marker_is_gone, c, WAIT_MS));
	check_owner(c, "a", true, "n", 20);
	tell(c, "agent.moved", "{\"agent_id\":\"another\",\"epoch\":99}");
	assert_true(poll_until(marker_is_gone, c, WAIT_MS));
	check_owner(c, "a", true, "n", 20);
}

static void
a_registration_drops_the_entries_of_the_node(void **state)
{
	struct cached *c = *state;

	begin(c, 0);
	will_ask(c, "a", "n", 5);
	will_ask(c, "b", "other", 6);
	check_owner(c, "a", false, "n", 5);
	check_owner(c, "b", false, "other", 6);
	server_push(&c->server, "event: node.registered\ndata: {\"node_id\":\"n\"}\n\n");
	assert_true(poll_until(marker_is_gone, c, WAIT_MS));
	check_owner(c, "b", true, "other", 6);
	will_ask(c, "a", "n", 5);
	check_owner(c, "a", false, "n", 5);
}

static void
a_resync_drops_all_entries(void **state)
{
	struct cached *c = *state;

	begin(c, 0);
	will_ask(c, "a", "n", 5);
	check_owner(c, "a", false, "n", 5);
	server_push(&c->server, "event: resync\ndata: {}\n\n");
	assert_true(poll_until(is_empty, c->cache, WAIT_MS));
	assert_true(muster_cache_live(c->cache));
	will_ask(c, "a", "n", 6);
	check_owner(c, "a", false, "n", 6);
}

static void
without_a_stream_each_lookup_asks_the_cluster(void **state)
{
	struct cached *c = *state;

	begin(c, 0);
	will_ask(c, "a", "n", 5);
	check_owner(c, "a", false, "n", 5);
	/* The watch reconnects to an address that hangs: there is no stream, but no error
	 * either. */
	server_expect(&c->server, EVENTS, HANG, "");
	server_cut(&c->server);
	assert_true(poll_until(is_dead, c->cache, WAIT_MS));
	assert_int_equal(muster_cache_size(c->cache), 0);
	will_ask(c, "a", "n", 6);
	check_owner(c, "a", false, "n", 6);
	will_ask(c, "a", "n", 7);
	check_owner(c, "a", false, "n", 7);
	assert_int_equal(muster_cache_size(c->cache), 0);
	server_wait(&c->server, 5);
	server_go(&c->server);
}

struct slow_lookup {
	struct cached *c;
	struct muster_owner owner;
	bool good;
};

static void *
look_up(void *arg)
{
	struct slow_lookup *l = arg;
	muster_client *client = muster_client_copy(l->c->client);

	l->good = muster_cache_lookup(l->c->cache, client, "a", &l->owner);
	muster_client_free(client);
	return NULL;
}

static void
an_answer_overtaken_by_an_event_is_not_cached(void **state)
{
	struct cached *c = *state;
	struct slow_lookup l = { .c = c };
	pthread_t thread;

	begin(c, 0);
	server_expect(&c->server, "GET /api/cluster/assignments/a ", HANG,
	    json_answer(200, assignment("a", "old", 5)));
	assert_int_equal(pthread_create(&thread, NULL, look_up, &l), 0);
	server_wait(&c->server, 2);
	tell(c, "agent.moved", "{\"agent_id\":\"a\",\"epoch\":6}");
	assert_true(poll_until(is_empty, c->cache, WAIT_MS));
	server_go(&c->server);
	pthread_join(thread, NULL);
	assert_true(l.good);
	assert_string_equal(l.owner.node_id, "old");
	will_ask(c, "a", "new", 6);
	check_owner(c, "a", false, "new", 6);
	check_owner(c, "a", true, "new", 6);
}

static void
when_full_the_oldest_entry_is_dropped(void **state)
{
	struct cached *c = *state;
	int i;

	begin(c, 2);
	for (i = 0; i < 3; i++) {
		const char *agent = fmt("a%d", i);

		will_ask(c, agent, "n", 5);
		check_owner(c, agent, false, "n", 5);
	}
	assert_int_equal(muster_cache_size(c->cache), 2);
	check_owner(c, "a1", true, "n", 5);
	check_owner(c, "a2", true, "n", 5);
	will_ask(c, "a0", "n", 5);
	check_owner(c, "a0", false, "n", 5);
}

static void
a_missing_agent_is_not_cached(void **state)
{
	struct cached *c = *state;
	struct muster_owner owner;

	begin(c, 0);
	server_problem(&c->server, "GET /api/cluster/assignments/a ", 404, "assignment_not_found");
	assert_false(muster_cache_lookup(c->cache, c->client, "a", &owner));
	assert_string_equal(
	    muster_error_code(muster_client_error(c->client)), "assignment_not_found");
	assert_int_equal(muster_cache_size(c->cache), 0);
	assert_false(muster_cache_lookup(c->cache, c->client, "a b", &owner));
	will_ask(c, "a", "n", 5);
	check_owner(c, "a", false, "n", 5);
}

#define cache_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest cache[] = {
		cache_test(a_second_lookup_is_answered_from_memory),
		cache_test(an_event_drops_the_entry),
		cache_test(an_event_with_an_older_epoch_changes_nothing),
		cache_test(a_registration_drops_the_entries_of_the_node),
		cache_test(a_resync_drops_all_entries),
		cache_test(without_a_stream_each_lookup_asks_the_cluster),
		cache_test(an_answer_overtaken_by_an_event_is_not_cached),
		cache_test(when_full_the_oldest_entry_is_dropped),
		cache_test(a_missing_agent_is_not_cached),
	};

	return cmocka_run_group_tests(cache, NULL, NULL);
}
