/* A member with a scripted front-end: what it sends and when, and what makes it stop. */
#include "fixture.h"

#include "muster/member.h"

#include <math.h>

#define NODES "POST /api/cluster/nodes HTTP"
#define BEAT  "POST /api/cluster/nodes/n HTTP"

/* Answers to a registration and to a heartbeat. */
#define NODE(incarnation) \
	"{\"id\":\"n\",\"incarnation\":" #incarnation ",\"heartbeat_ttl_ms\":9000}"
#define BEAT_REPLY(term, interval)                                                                 \
	"{\"node\":{},\"leader_id\":\"l\",\"term\":" #term ",\"heartbeat_interval_ms\":" #interval \
	",\"heartbeat_ttl_ms\":9000}"

struct fixture {
	struct server server;
	muster_client *client;
	muster_member *member;
	pthread_mutex_t lock;
	char text[1024]; /* the callbacks: "registered 1;", "beat;", "missed CODE;" */
};

static void
on_event(
    void *arg, enum muster_member_event what, const muster_reply *reply, const muster_error *error)
{
	static const char *const names[] = { "registered", "beat", "missed", "replaced",
		"refused" };
	struct fixture *f = arg;
	size_t len = strlen(f->text), room = sizeof(f->text) - len;

	assert_true((reply == NULL) == (error != NULL));
	pthread_mutex_lock(&f->lock);
	if (what == MUSTER_MEMBER_REGISTERED)
		snprintf(f->text + len, room, "registered %d;",
		    (int)muster_reply_int(reply, "incarnation"));
	else
		snprintf(f->text + len, room, "%s %s;", names[what],
		    error != NULL ? muster_error_code(error) : "");
	pthread_mutex_unlock(&f->lock);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	server_start(&f->server);
	f->client = muster_client_new(f->server.url);
	muster_client_set_rounds(f->client, 1);
	f->member = muster_member_new(f->client, "n");
	assert_non_null(f->member);
	muster_member_set_callback(f->member, on_event, f);
	pthread_mutex_init(&f->lock, NULL);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	muster_member_free(f->member);
	muster_client_free(f->client);
	server_stop(&f->server);
	pthread_mutex_destroy(&f->lock);
	free(f);
	api_reset();
	return 0;
}

/* Steps whenever a step is due, until there are `n` requests. */
static int
step_until(struct fixture *f, size_t n)
{
	long deadline = now_ms() + WAIT_MS;
	int next = 0;

	while (server_count(&f->server) < n) {
		next = muster_member_step(f->member);
		assert_true(now_ms() < deadline);
	}
	return next;
}

static void
it_registers_with_what_was_set(void **state)
{
	struct fixture *f = *state;
	muster_member *m = f->member;

	assert_true(muster_member_set_address(m, "10.0.0.9", 9000));
	assert_true(muster_member_set_hostname(m, "host"));
	assert_true(muster_member_set_role(m, "standby"));
	assert_true(muster_member_set_capacity(m, 7, 3));
	assert_true(muster_member_set_zone(m, "z"));
	assert_true(muster_member_add_service(m, "a"));
	assert_true(muster_member_add_service(m, "b"));
	assert_true(muster_member_add_label(m, "k", "v"));
	assert_true(muster_member_add_resource(m, "gpu", 2));
	server_json(&f->server, NODES, 201, NODE(1));
	assert_int_equal(muster_member_step(m), 0);
	assert_string_equal(body_of(f->server.requests[0]),
	    "{\"id\":\"n\",\"ip_address\":\"10.0.0.9\",\"port\":9000,\"hostname\":\"host\","
	    "\"role\":\"standby\",\"max_agents\":7,\"weight\":3,\"zone\":\"z\","
	    "\"services\":[\"a\",\"b\"],\"labels\":{\"k\":\"v\"},\"resources\":{\"gpu\":2}}");
	assert_int_equal(muster_member_incarnation(m), 1);
}

static void
values_outside_their_limits_are_rejected(void **state)
{
	struct fixture *f = *state;
	muster_member *m = f->member;
	char much[300], name[16];
	int i;

	memset(much, 'x', sizeof(much));
	much[256] = '\0';
	assert_false(muster_member_set_address(m, "host", 1));
	assert_false(muster_member_set_address(m, NULL, 65536));
	assert_false(muster_member_set_address(m, NULL, -1));
	assert_false(muster_member_set_hostname(m, ""));
	assert_false(muster_member_set_hostname(m, much));
	assert_false(muster_member_set_role(m, "leader"));
	assert_false(muster_member_set_capacity(m, -1, -1));
	assert_false(muster_member_set_capacity(m, 1, 1000001));
	assert_false(muster_member_set_zone(m, "a b"));
	assert_false(muster_member_add_service(m, ""));
	assert_false(muster_member_add_label(m, "a b", "v"));
	assert_false(muster_member_add_resource(m, "a b", 1));
	assert_false(muster_member_add_resource(m, "gpu", -1));
	assert_false(muster_member_add_resource(m, "gpu", INT64_C(1000000000001)));
	assert_true(muster_member_add_label(m, "k", much));
	much[256] = 'x';
	much[257] = '\0';
	assert_false(muster_member_add_label(m, "k", much));
	for (i = 0; i < 17; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		assert_true(muster_member_add_resource(m, name, 1) == (i < 16));
	}
	for (i = 0; i < 65; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		assert_true(muster_member_add_service(m, name) == (i < 64));
	}
	assert_null(muster_member_new(f->client, "a b"));
}

static void
heartbeats_follow_the_interval_of_the_cluster(void **state)
{
	struct fixture *f = *state;
	int next;

	server_json(&f->server, NODES, 201, NODE(4));
	server_json(&f->server, BEAT, 200, BEAT_REPLY(50, 60000));
	muster_member_report_usage(f->member, 12.5, NAN, 200, -1);
	muster_member_report_health(f->member, false);
	muster_member_report_seen(f->member, 10, 70);
	next = step_until(f, 2);
	assert_in_range(next, 50000, 60000);
	assert_string_equal(body_of(f->server.requests[1]),
	    "{\"incarnation\":4,\"cpu_usage\":12.5,\"disk_usage\":100.0,\"healthy\":false,"
	    "\"term_seen\":10,\"epoch_seen\":70}");
	assert_in_range(muster_member_step(f->member), 50000, 60000);
	assert_int_equal(server_count(&f->server), 2);
	assert_string_equal(f->text, "registered 4;beat ;");
	/* The heartbeat that reports draining is sent at once. Its term is from the answer
	 * before. */
	server_json(&f->server, BEAT, 200, BEAT_REPLY(50, 60000));
	muster_member_report_draining(f->member, true);
	assert_in_range(muster_member_step(f->member), 50000, 60000);
	assert_non_null(
	    strstr(body_of(f->server.requests[2]), "\"status\":\"draining\",\"term_seen\":50"));
	server_json(&f->server, BEAT, 200, BEAT_REPLY(50, 1));
	muster_member_report_draining(f->member, false);
	muster_member_step(f->member);
	assert_non_null(strstr(body_of(f->server.requests[3]), "\"status\":\"online\""));
	server_json(&f->server, BEAT, 200, BEAT_REPLY(50, 60000));
	step_until(f, 5);
	assert_null(strstr(body_of(f->server.requests[4]), "status"));
}

static void
a_node_that_is_not_found_registers_again(void **state)
{
	struct fixture *f = *state;

	server_json(&f->server, NODES, 201, NODE(1));
	server_json(&f->server, BEAT, 200, BEAT_REPLY(1, 1));
	server_problem(&f->server, BEAT, 404, "node_not_found");
	server_json(&f->server, NODES, 201, NODE(2));
	server_json(&f->server, BEAT, 200, BEAT_REPLY(1, 60000));
	muster_member_report_draining(f->member, true);
	step_until(f, 5);
	assert_string_equal(
	    f->text, "registered 1;beat ;missed node_not_found;registered 2;beat ;");
	assert_string_not_equal(header_of(f->server.requests[0], "Idempotency-Key"),
	    header_of(f->server.requests[3], "Idempotency-Key"));
	assert_string_equal(body_of(f->server.requests[2]), "{\"incarnation\":1,\"term_seen\":1}");
	/* It reports draining again after registering. */
	assert_string_equal(body_of(f->server.requests[4]),
	    "{\"incarnation\":2,\"status\":\"draining\",\"term_seen\":1}");
	assert_int_equal(muster_member_incarnation(f->member), 2);
}

static void
all_tries_of_a_registration_have_the_same_key(void **state)
{
	struct fixture *f = *state;
	const char *key;
	int next;

	server_expect(&f->server, NODES, CUT, "");
	server_problem(&f->server, NODES, 503, "store_unavailable");
	server_json(&f->server, NODES, 201, NODE(1));
	next = muster_member_step(f->member);
	assert_in_range(next, 1, 150);
	step_until(f, 3);
	key = header_of(f->server.requests[0], "Idempotency-Key");
	assert_int_equal(strlen(key), 32);
	assert_string_equal(header_of(f->server.requests[1], "Idempotency-Key"), key);
	assert_string_equal(header_of(f->server.requests[2], "Idempotency-Key"), key);
	assert_string_equal(f->text, "missed unreachable;missed store_unavailable;registered 1;");
}

static void
a_member_that_was_replaced_stops_for_good(void **state)
{
	struct fixture *f = *state;

	server_json(&f->server, NODES, 201, NODE(1));
	server_problem(&f->server, BEAT, 409, "stale_incarnation");
	step_until(f, 2);
	assert_int_equal(muster_member_step(f->member), -1);
	assert_true(muster_member_stopped(f->member));
	assert_string_equal(f->text, "registered 1;replaced stale_incarnation;");
	assert_true(muster_member_leave(f->member, NULL));
	assert_int_equal(server_count(&f->server), 2);
}

static void
a_refused_registration_stops_the_member(void **state)
{
	struct fixture *f = *state;

	server_problem(&f->server, NODES, 400, "invalid_field");
	assert_int_equal(muster_member_step(f->member), -1);
	assert_true(muster_member_stopped(f->member));
	assert_string_equal(f->text, "refused invalid_field;");
}

static void
a_failed_heartbeat_is_retried_soon(void **state)
{
	struct fixture *f = *state;

	server_json(&f->server, NODES, 201, NODE(1));
	server_problem(&f->server, BEAT, 503, "store_unavailable");
	server_problem(&f->server, BEAT, 400, "invalid_field");
	server_json(&f->server, BEAT, 200, BEAT_REPLY(1, 60000));
	step_until(f, 4);
	assert_string_equal(
	    f->text, "registered 1;missed store_unavailable;missed invalid_field;beat ;");
	assert_false(muster_member_stopped(f->member));
}

/* A Redis that has lost the registration, or the terms and epochs seen, refuses the numbers. */
static void
a_member_whose_numbers_are_refused_registers_again(void **state)
{
	struct fixture *f = *state;

	server_json(&f->server, NODES, 201, NODE(4));
	server_json(&f->server, BEAT, 400,
	    "{\"code\":\"invalid_field\",\"title\":\"t\",\"status\":400,"
	    "\"detail\":\"term_seen: 50 was never given out, the highest is 7\"}");
	server_json(&f->server, NODES, 200, NODE(5));
	server_json(&f->server, BEAT, 200, BEAT_REPLY(1, 60000));
	muster_member_report_seen(f->member, 50, 70);
	step_until(f, 4);
	assert_non_null(strstr(body_of(f->server.requests[1]), "\"term_seen\":50"));
	assert_string_equal(body_of(f->server.requests[3]), "{\"incarnation\":5}");
	assert_string_equal(f->text, "registered 4;missed invalid_field;registered 5;beat ;");
}

static void
a_thread_registers_beats_and_leaves(void **state)
{
	struct fixture *f = *state;
	const muster_error *e = NULL;

	server_json(&f->server, NODES, 201, NODE(1));
	server_json(&f->server, BEAT, 200, BEAT_REPLY(1, 60000));
	assert_true(muster_member_start(f->member));
	assert_false(muster_member_start(f->member));
	server_wait(&f->server, 2);
	server_json(&f->server, BEAT, 200, BEAT_REPLY(1, 60000));
	muster_member_report_draining(f->member, true);
	server_wait(&f->server, 3);
	server_problem(
	    &f->server, "DELETE /api/cluster/nodes/n?incarnation=1 HTTP", 503, "store_unavailable");
	assert_false(muster_member_leave(f->member, &e));
	assert_string_equal(muster_error_code(e), "store_unavailable");
	server_json(&f->server, "DELETE /api/cluster/nodes/n?incarnation=1 HTTP", 200,
	    "{\"node_id\":\"n\",\"moved\":0,\"pending\":0}");
	assert_true(muster_member_leave(f->member, NULL));
	assert_true(muster_member_leave(f->member, NULL));
	assert_int_equal(muster_member_incarnation(f->member), 0);
	assert_int_equal(server_count(&f->server), 5);
}

static void
a_member_that_never_registered_does_not_leave(void **state)
{
	struct fixture *f = *state;
	const muster_error *e = NULL;

	assert_true(muster_member_leave(f->member, NULL));
	server_problem(&f->server, NODES, 503, "store_unavailable");
	step_until(f, 1);
	assert_true(muster_member_leave(f->member, NULL));
	assert_int_equal(server_count(&f->server), 1);
	/* A registration whose answer was lost may have succeeded, and the node may be another
	 * process's by now. */
	server_problem(&f->server, NODES, 504, "outcome_unknown");
	server_problem(&f->server, NODES, 503, "store_unavailable");
	step_until(f, 3);
	assert_false(muster_member_leave(f->member, &e));
	assert_non_null(strstr(muster_error_detail(e), "it is unknown whether 'n' is registered"));
	assert_int_equal(server_count(&f->server), 3);
}

static void
free_does_not_wait_for_a_hanging_request(void **state)
{
	struct fixture *f = *state;
	long begun;

	server_expect(&f->server, NODES, HANG, "");
	assert_true(muster_member_start(f->member));
	server_wait(&f->server, 1);
	begun = now_ms();
	muster_member_free(f->member);
	f->member = NULL;
	assert_true(now_ms() - begun < 3000);
}

#define member_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest member[] = {
		member_test(it_registers_with_what_was_set),
		member_test(values_outside_their_limits_are_rejected),
		member_test(heartbeats_follow_the_interval_of_the_cluster),
		member_test(a_node_that_is_not_found_registers_again),
		member_test(all_tries_of_a_registration_have_the_same_key),
		member_test(a_member_that_was_replaced_stops_for_good),
		member_test(a_refused_registration_stops_the_member),
		member_test(a_failed_heartbeat_is_retried_soon),
		member_test(a_member_whose_numbers_are_refused_registers_again),
		member_test(a_thread_registers_beats_and_leaves),
		member_test(a_member_that_never_registered_does_not_leave),
		member_test(free_does_not_wait_for_a_hanging_request),
	};

	return cmocka_run_group_tests(member, NULL, NULL);
}
