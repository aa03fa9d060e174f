/* A member of a real cluster stays a node when front-ends or Redis fail. */
#include "support/cluster.h"

#include "muster/member.h"

#include <math.h>
#include <stdatomic.h>

#define NODE "/api/cluster/nodes/edge"

static void
count_event(
    void *arg, enum muster_member_event what, const muster_reply *reply, const muster_error *error)
{
	atomic_int *counts = arg;

	(void)reply;
	(void)error;
	atomic_fetch_add(&counts[what], 1);
}

struct wait {
	atomic_int *count;
	int least;
};

static bool
has_come(void *arg)
{
	const struct wait *w = arg;

	return atomic_load(w->count) >= w->least;
}

static void
wait_count(atomic_int *count, int least)
{
	struct wait w = { count, least };

	assert_true(poll_until(has_come, &w, API_WAIT_MS));
}

static muster_member *
member_of(const struct musterd *one, const struct musterd *other, atomic_int *counts)
{
	muster_client *c =
	    muster_client_new(fmt("127.0.0.1:%d,127.0.0.1:%d", one->port, other->port));
	muster_member *m = muster_member_new(c, "edge");

	muster_client_free(c);
	assert_non_null(m);
	assert_true(muster_member_set_address(m, "10.0.0.7", 9000));
	assert_true(muster_member_set_capacity(m, 5, -1));
	muster_member_set_callback(m, count_event, counts);
	return m;
}

static void
a_member_is_a_node_until_it_leaves(void **state)
{
	struct musterd *d = musterd_start(*state, "-heartbeat-ttl", "1s", "-grace", "0");
	atomic_int counts[5] = { 0 };
	muster_member *m = member_of(d, d, counts);
	long begun = now_ms();

	muster_member_report_usage(m, 25, 50, NAN, 1.5);
	assert_true(muster_member_start(m));
	wait_json(d->port, NODE, "cpu_usage", "25.0", API_WAIT_MS);
	check_json(api(d->port, 200, "GET", NODE, NULL), "port", "9000");
	check_json(api(d->port, 200, "GET", NODE, NULL), "max_agents", "5");
	api(d->port, 201, "POST", "/api/cluster/assignments", "{\"agent_id\":\"a\"}");
	/* It stays a node for much longer than one heartbeat TTL. */
	wait_count(&counts[MUSTER_MEMBER_BEAT], 8);
	assert_true(now_ms() - begun > 1500);
	check_json(api(d->port, 200, "GET", NODE, NULL), "incarnation", "1");
	check_json(api(d->port, 200, "GET", NODE, NULL), "healthy", "true");
	assert_int_equal(atomic_load(&counts[MUSTER_MEMBER_REGISTERED]), 1);
	muster_member_report_draining(m, true);
	wait_json(d->port, NODE, "status", "\"draining\"", API_WAIT_MS);
	muster_member_report_draining(m, false);
	muster_member_report_health(m, false);
	wait_json(d->port, NODE, "healthy", "false", API_WAIT_MS);
	check_json(api(d->port, 200, "GET", NODE, NULL), "status", "\"online\"");
	assert_true(muster_member_leave(m, NULL));
	api_problem(d->port, 404, "node_not_found", "GET", NODE, NULL);
	check_json(
	    api(d->port, 200, "GET", "/api/cluster/assignments/a", NULL), "status", "\"pending\"");
	muster_member_free(m);
}

struct loop {
	muster_member *member;
	atomic_int *beats;
};

static bool
has_beaten_five_times(void *arg)
{
	struct loop *l = arg;

	assert_true(muster_member_step(l->member) >= 0);
	return atomic_load(l->beats) >= 5;
}

static void
a_member_may_be_stepped_without_a_thread(void **state)
{
	struct musterd *d = musterd_start(*state, "-heartbeat-ttl", "600ms", "-grace", "0");
	atomic_int counts[5] = { 0 };
	muster_member *m = member_of(d, d, counts);
	struct loop l = { m, &counts[MUSTER_MEMBER_BEAT] };

	assert_true(poll_until(has_beaten_five_times, &l, API_WAIT_MS));
	check_json(api(d->port, 200, "GET", NODE, NULL), "incarnation", "1");
	check_json(api(d->port, 200, "GET", NODE, NULL), "healthy", "true");
	/* Nobody steps the member any more. */
	wait_json(d->port, NODE, "status", "\"offline\"", API_WAIT_MS);
	assert_true(muster_member_step(m) >= 0);
	check_json(api(d->port, 200, "GET", NODE, NULL), "status", "\"online\"");
	assert_true(muster_member_leave(m, NULL));
	muster_member_free(m);
}

static void
a_member_may_be_drained(void **state)
{
	struct musterd *d = musterd_start(*state, "-heartbeat-ttl", "600ms");
	atomic_int counts[5] = { 0 };
	muster_member *m = member_of(d, d, counts);
	int beats;

	assert_true(muster_member_start(m));
	wait_count(&counts[MUSTER_MEMBER_BEAT], 1);
	api(d->port, 200, "POST", NODE, "{\"status\":\"draining\"}");
	beats = atomic_load(&counts[MUSTER_MEMBER_BEAT]);
	wait_count(&counts[MUSTER_MEMBER_BEAT], beats + 3);
	check_json(api(d->port, 200, "GET", NODE, NULL), "status", "\"draining\"");
	muster_member_free(m);
}

static void
a_member_survives_the_death_of_its_front_end(void **state)
{
	struct musterd *a = musterd_start(*state, "-heartbeat-ttl", "1500ms", "-grace", "0");
	struct musterd *b = musterd_start(*state, "-heartbeat-ttl", "1500ms", "-grace", "0");
	atomic_int counts[5] = { 0 };
	muster_member *m = member_of(a, b, counts);
	int beats;

	assert_true(muster_member_start(m));
	wait_count(&counts[MUSTER_MEMBER_BEAT], 2);
	musterd_kill(a);
	beats = atomic_load(&counts[MUSTER_MEMBER_BEAT]);
	wait_count(&counts[MUSTER_MEMBER_BEAT], beats + 4);
	check_json(api(b->port, 200, "GET", NODE, NULL), "incarnation", "1");
	check_json(api(b->port, 200, "GET", NODE, NULL), "status", "\"online\"");
	assert_int_equal(atomic_load(&counts[MUSTER_MEMBER_MISSED]), 0);
	muster_member_free(m);
}

static void
a_deleted_node_registers_again_and_reports_its_tokens(void **state)
{
	struct cluster *c = *state;
	struct musterd *d = musterd_start(c, "-heartbeat-ttl", "600ms");
	atomic_int counts[5] = { 0 };
	muster_member *m = member_of(d, d, counts);
	long long seen;

	assert_true(muster_member_start(m));
	wait_count(&counts[MUSTER_MEMBER_BEAT], 1);
	seen = get_int(
	    api(d->port, 201, "POST", "/api/cluster/assignments", "{\"agent_id\":\"a\"}"), "epoch");
	muster_member_report_seen(m, 0, seen + 1000000);
	redis_do(c, "FLUSHALL");
	wait_count(&counts[MUSTER_MEMBER_REGISTERED], 2);
	wait_json(d->port, NODE, "status", "\"online\"", API_WAIT_MS);
	wait_count(&counts[MUSTER_MEMBER_BEAT], atomic_load(&counts[MUSTER_MEMBER_BEAT]) + 2);
	assert_true(
	    get_int(api(d->port, 201, "POST", "/api/cluster/assignments", "{\"agent_id\":\"b\"}"),
	        "epoch") > seen + 1000000);
	muster_member_free(m);
}

/* SIGTERM comes before the member's next heartbeat can tell that it was replaced. */
static void
a_late_departure_does_not_remove_the_successor(void **state)
{
	struct musterd *d =
	    musterd_start(*state, "-heartbeat-interval", "1h", "-heartbeat-ttl", "2h");
	atomic_int counts[5] = { 0 };
	muster_member *m = member_of(d, d, counts);

	assert_true(muster_member_start(m));
	wait_count(&counts[MUSTER_MEMBER_BEAT], 1);
	api(d->port, 200, "POST", "/api/cluster/nodes", "{\"id\":\"edge\"}");
	assert_true(muster_member_leave(m, NULL));
	check_json(api(d->port, 200, "GET", NODE, NULL), "incarnation", "2");
	assert_int_equal(atomic_load(&counts[MUSTER_MEMBER_REPLACED]), 0);
	muster_member_free(m);
}

static void
a_member_stops_when_another_process_takes_its_id(void **state)
{
	struct musterd *d = musterd_start(*state, "-heartbeat-ttl", "600ms");
	atomic_int counts[5] = { 0 };
	muster_member *m = member_of(d, d, counts);

	assert_true(muster_member_start(m));
	wait_count(&counts[MUSTER_MEMBER_BEAT], 1);
	api(d->port, 200, "POST", "/api/cluster/nodes", "{\"id\":\"edge\"}");
	wait_count(&counts[MUSTER_MEMBER_REPLACED], 1);
	assert_true(muster_member_stopped(m));
	assert_true(muster_member_leave(m, NULL));
	/* The node of the other process stays. */
	check_json(api(d->port, 200, "GET", NODE, NULL), "incarnation", "2");
	muster_member_free(m);
}

static void
a_member_waits_until_redis_is_back(void **state)
{
	struct cluster *c = *state;
	struct musterd *d = musterd_start(c, "-heartbeat-ttl", "600ms");
	atomic_int counts[5] = { 0 };
	muster_member *m = member_of(d, d, counts);

	redis_kill(c);
	assert_true(muster_member_start(m));
	wait_count(&counts[MUSTER_MEMBER_MISSED], 2);
	assert_int_equal(atomic_load(&counts[MUSTER_MEMBER_REGISTERED]), 0);
	redis_start(c);
	wait_count(&counts[MUSTER_MEMBER_BEAT], 1);
	check_json(api(d->port, 200, "GET", NODE, NULL), "incarnation", "1");
	muster_member_free(m);
}

int
main(void)
{
	const struct CMUnitTest client_member[] = {
		cluster_test(a_member_is_a_node_until_it_leaves),
		cluster_test(a_member_may_be_stepped_without_a_thread),
		cluster_test(a_member_may_be_drained),
		cluster_test(a_member_survives_the_death_of_its_front_end),
		cluster_test(a_deleted_node_registers_again_and_reports_its_tokens),
		cluster_test(a_late_departure_does_not_remove_the_successor),
		cluster_test(a_member_stops_when_another_process_takes_its_id),
		cluster_test(a_member_waits_until_redis_is_back),
	};

	return test_program(client_member);
}
