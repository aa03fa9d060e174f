/* The watch and the cache with the real event stream, while front-ends die. */
#include "support/cluster.h"

#include "muster/watch.h"

#include <stdio.h>

enum { AGENTS = 200 };

#define ASSIGNMENTS "/api/cluster/assignments"

struct follower {
	char owners[AGENTS][16]; /* according to the events only */
	int resyncs, connections;
	char last[64]; /* the type of the last event */
};

static void
on_event(void *arg, const char *type, const char *id, const muster_reply *data)
{
	struct follower *f = arg;
	const char *agent = muster_reply_text(data, "agent_id");
	const char *owner = muster_reply_text(data, "node_id");

	(void)id;
	snprintf(f->last, sizeof(f->last), "%s", type);
	if (strcmp(type, "resync") == 0)
		f->resyncs++;
	else if (agent != NULL && agent[0] == 'a')
		snprintf(f->owners[strtol(agent + 1, NULL, 10)], sizeof(f->owners[0]), "%s",
		    owner != NULL ? owner : "");
}

static void
on_state(void *arg, bool connected, const muster_error *error)
{
	struct follower *f = arg;

	(void)error;
	f->connections += connected;
}

static muster_client *
client_of(const struct musterd *a, const struct musterd *b)
{
	return muster_client_new(fmt("127.0.0.1:%d,127.0.0.1:%d", a->port, b->port));
}

/* Steps until the last event has this type. */
static void
follow_until(muster_watch *w, struct follower *f, const char *type)
{
	long deadline = now_ms() + API_WAIT_MS;

	while (strcmp(f->last, type) != 0) {
		assert_true(muster_watch_step(w, 100) >= 0);
		if (now_ms() > deadline)
			fail_msg("%s does not come; the last is '%s'", type, f->last);
	}
}

static void
connect_watch(muster_watch *w, const struct follower *f, int n)
{
	long deadline = now_ms() + API_WAIT_MS;

	while (f->connections < n) {
		assert_true(muster_watch_step(w, 100) >= 0);
		assert_true(now_ms() < deadline);
	}
}

/* The events must give the same owners as the cluster's list. */
static void
check_owners(const struct follower *f, int port)
{
	json_t *list = api(port, 200, "GET", ASSIGNMENTS "?limit=1000", NULL);
	json_t *agent;
	size_t i;
	int n = 0;

	for (i = 0; i < AGENTS; i++)
		n += f->owners[i][0] != '\0';
	assert_int_equal(json_array_size(json_find(list, "assignments")), n);
	json_array_foreach(json_find(list, "assignments"), i, agent)
	{
		long k = strtol(get_str(agent, "agent_id") + 1, NULL, 10);

		assert_string_equal(f->owners[k], get_str(agent, "node_id"));
	}
}

static void
events_and_list_agree_after_a_front_end_dies(void **state)
{
	struct musterd *a = musterd_start(*state, "-heartbeat-ttl", "1h");
	struct musterd *b = musterd_start(*state, "-heartbeat-ttl", "1h");
	struct follower f = { .resyncs = 0 };
	const struct muster_watch_options options = {
		.on_event = on_event, .on_state = on_state, .arg = &f
	};
	muster_client *c = client_of(a, b);
	muster_watch *w = muster_watch_new(c, &options);
	int i;

	connect_watch(w, &f, 1);
	for (i = 0; i < 4; i++)
		api(b->port, 201, "POST", "/api/cluster/nodes",
		    fmt("{\"id\":\"n%d\",\"max_agents\":100}", i));
	for (i = 0; i < AGENTS; i++) {
		api(b->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i));
		if (i % 3 == 0)
			api(b->port, 204, "DELETE", fmt(ASSIGNMENTS "/a%d", i), NULL);
		if (i % 8 == 0)
			muster_watch_step(w, 0);
		if (i == AGENTS / 2)
			musterd_kill(a);
	}
	api(b->port, 200, "DELETE", "/api/cluster/nodes/n3", NULL);
	api(b->port, 200, "POST", "/api/cluster/balance", "{\"strategy\":\"random\"}");
	follow_until(w, &f, "strategy.changed");
	check_owners(&f, b->port);
	assert_int_equal(f.resyncs, 0);
	assert_int_equal(f.connections, 2);
	muster_watch_free(w);
	muster_client_free(c);
}

static void
a_watch_only_gets_events_that_match_its_filters(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "1h");
	struct follower f = { .resyncs = 0 };
	const struct muster_watch_options options = { .on_event = on_event,
		.on_state = on_state,
		.arg = &f,
		.types = "agent.released,agent.assigned",
		.agent_id = "a7" };
	muster_client *c = client_of(m, m);
	muster_watch *w = muster_watch_new(c, &options);

	connect_watch(w, &f, 1);
	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"n\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a6\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a7\"}");
	follow_until(w, &f, "agent.assigned");
	assert_string_equal(f.owners[7], "n");
	assert_string_equal(f.owners[6], "");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a6", NULL);
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a7", NULL);
	follow_until(w, &f, "agent.released");
	assert_string_equal(f.owners[7], "");
	muster_watch_free(w);
	muster_client_free(c);
}

static void
an_unknown_event_id_is_a_resync(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "1h");
	struct follower f = { .resyncs = 0 };
	const struct muster_watch_options options = {
		.on_event = on_event, .on_state = on_state, .arg = &f, .since = "99999999999999-0"
	};
	muster_client *c = client_of(m, m);
	muster_watch *w = muster_watch_new(c, &options);

	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"n\"}");
	follow_until(w, &f, "resync");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a1\"}");
	follow_until(w, &f, "agent.assigned");
	assert_int_equal(f.resyncs, 1);
	muster_watch_free(w);
	muster_client_free(c);
}

struct lookups {
	muster_cache *cache;
	muster_client *client;
	struct muster_owner owner;
	const char *node, *ip_address; /* the values to wait for */
};

static bool
cache_is_live(void *arg)
{
	return muster_cache_live(((struct lookups *)arg)->cache);
}

static bool
is_cached_at(void *arg)
{
	struct lookups *l = arg;

	return muster_cache_lookup(l->cache, l->client, "a1", &l->owner) && l->owner.cached &&
	    strcmp(l->owner.node_id, l->node) == 0 &&
	    strcmp(l->owner.ip_address, l->ip_address) == 0;
}

static bool
is_gone(void *arg)
{
	struct lookups *l = arg;

	return !muster_cache_lookup(l->cache, l->client, "a1", &l->owner);
}

static void
the_cache_follows_changes(void **state)
{
	struct musterd *a = musterd_start(*state, "-heartbeat-ttl", "1h");
	struct musterd *b = musterd_start(*state, "-heartbeat-ttl", "1h");
	struct lookups l = { .client = client_of(a, b), .node = "n1", .ip_address = "10.0.0.1" };

	l.cache = muster_cache_new(l.client, 0);
	api(b->port, 201, "POST", "/api/cluster/nodes",
	    "{\"id\":\"n1\",\"ip_address\":\"10.0.0.1\",\"port\":7}");
	api(b->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a1\"}");
	assert_true(poll_until(cache_is_live, &l, API_WAIT_MS));
	assert_true(poll_until(is_cached_at, &l, API_WAIT_MS));
	assert_int_equal(l.owner.port, 7);
	/* The node gets another address. */
	api(b->port, 200, "POST", "/api/cluster/nodes",
	    "{\"id\":\"n1\",\"ip_address\":\"10.0.0.2\",\"port\":7}");
	l.ip_address = "10.0.0.2";
	assert_true(poll_until(is_cached_at, &l, API_WAIT_MS));
	/* The node leaves, and the agent moves. */
	api(b->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"n2\"}");
	api(b->port, 200, "DELETE", "/api/cluster/nodes/n1", NULL);
	l.node = "n2";
	l.ip_address = "127.0.0.1";
	assert_true(poll_until(is_cached_at, &l, API_WAIT_MS));
	musterd_kill(a);
	assert_true(poll_until(is_cached_at, &l, API_WAIT_MS));
	api(b->port, 204, "DELETE", ASSIGNMENTS "/a1", NULL);
	assert_true(poll_until(is_gone, &l, API_WAIT_MS));
	assert_string_equal(
	    muster_error_code(muster_client_error(l.client)), "assignment_not_found");
	muster_cache_free(l.cache);
	muster_client_free(l.client);
}

int
main(void)
{
	const struct CMUnitTest client_watch[] = {
		cluster_test(events_and_list_agree_after_a_front_end_dies),
		cluster_test(a_watch_only_gets_events_that_match_its_filters),
		cluster_test(an_unknown_event_id_is_a_resync),
		cluster_test(the_cache_follows_changes),
	};

	return test_program(client_watch);
}
