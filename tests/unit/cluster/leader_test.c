/*
 * The leader before a Redis whose replies come late: what it believes about its lease, and when it
 * does the housekeeping.
 */
#include "cluster/leader.h"

#include "unit/cluster/fixture.h"

#include <stdio.h>

#define CAMPAIGN "leader_campaign"
#define EXPIRE   "node_expire"
#define RENEW    "node_renew"
#define RESIGN   "leader_resign"

/* Columns of a campaign's row: leader, term, end of the lease, Redis' clock, life of heartbeats. */
#define WON(term)        "c1\t" term "\t5000\t1000000\t60000"
#define LOST(expires_ms) "c2\t3\t" expires_ms "\t1000000\t60000"
#define EXPIRED          "0\t0\toff\t1000000"

/* With the life of heartbeats that is set here, the lease is renewed every 100 ms. */
enum { LEASE_MS = 400, LONG_MS = 3600000, HEARTBEAT_TTL_MS = 600 };

static struct scene scene;
static struct leader *leader;
static int resigned;

/* Starts a leader whose campaigns and tasks get these replies. */
static void
start(const struct fake_line *lines, int64_t lease_ms)
{
	scene_start(&scene, lines);
	scene.config.lease_ttl = lease_ms;
	scene.config.heartbeat_ttl = HEARTBEAT_TTL_MS;
	leader = leader_new(scene.client.base, scene.client.c, &scene.config, &scene.id);
	leader_connected(leader);
}

static void
stop(void)
{
	scene_stop(&scene);
	leader_free(leader);
	scene_fini(&scene);
}

static void
on_resigned(void *arg)
{
	(void)arg;
	resigned++;
}

static bool
has_resigned(void *arg)
{
	(void)arg;
	return resigned > 0;
}

static void
resign(void)
{
	resigned = 0;
	leader_resign(leader, on_resigned, NULL);
}

static bool
is_past(void *arg)
{
	return now_ms() > *(long *)arg;
}

/* How many tasks of the housekeeping were sent. */
static size_t
tasks(void)
{
	static const char *const names[] = { RENEW, EXPIRE, "node_evacuate", "pending_place",
		"orphan_detect", "index_drop" };
	size_t i, n = 0;

	for (i = 0; i < ARRAY_LEN(names); i++)
		n += fake_calls(&scene.fake, names[i]);
	return n;
}

static void
the_lease_counts_from_when_it_was_asked_for(void **state)
{
	const struct fake_line lines[] = { { CAMPAIGN, NULL }, { NULL } };
	long end;

	(void)state;
	start(lines, LEASE_MS);
	scene_wait_calls(&scene, CAMPAIGN, 1);
	end = now_ms() + LEASE_MS;
	client_until(&scene.client, is_past, &end);
	/* The lease that this reply grants is over by now. */
	fake_say(&scene.fake, scene_reply(&scene, "leader", WON("5")));
	scene_wait_calls(&scene, CAMPAIGN, 2);
	assert_int_equal(tasks(), 0);
	stop();
}

/* Whether a reply says that another leads, or is an error. */
static void
a_renewal_that_fails_ends_the_tasks(void **state)
{
	static const char *const replies[] = { NULL, "-BUSY Redis is busy\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(replies); i++) {
		const struct fake_line lines[] = {
			{ CAMPAIGN, scene_reply(&scene, "leader", WON("5")), 1 },
			{ CAMPAIGN,
			    replies[i] != NULL ? replies[i]
			                       : scene_reply(&scene, "follower", LOST("5000")),
			    1 },
			{ CAMPAIGN, NULL },
			{ RENEW, scene_reply(&scene, "ok", "0\t") },
			{ EXPIRE, scene_reply(&scene, "ok", EXPIRED) },
			{ NULL },
		};

		start(lines, LONG_MS);
		scene_wait_calls(&scene, RENEW, 1);
		/* The next campaign gets no reply. */
		scene_wait_calls(&scene, CAMPAIGN, 3);
		scene_wait_idle(&scene);
		stop();
	}
}

/* It has seen Redis as a follower, but not for as long as heartbeats last. */
static void
a_new_leader_gives_fresh_heartbeats_first(void **state)
{
	const struct fake_line lines[] = {
		{ CAMPAIGN, scene_reply(&scene, "follower", LOST("1")), 1 },
		{ CAMPAIGN, scene_reply(&scene, "leader", WON("5")), 1 },
		{ RENEW, NULL },
		{ NULL },
	};

	(void)state;
	start(lines, LONG_MS);
	scene_wait_calls(&scene, RENEW, 1);
	scene_wait_calls(&scene, CAMPAIGN, 3);
	/* Nobody is judged before all have one. */
	assert_int_equal(tasks(), 1);
	stop();
}

static void
a_follower_campaigns_when_the_lease_of_another_ends(void **state)
{
	const struct fake_line lines[] = {
		{ CAMPAIGN, scene_reply(&scene, "follower", LOST("1")), 2 },
		{ CAMPAIGN, NULL },
		{ NULL },
	};

	(void)state;
	start(lines, LEASE_MS);
	scene_wait_calls(&scene, CAMPAIGN, 3);
	assert_string_equal(fake_argument(&scene.fake, CAMPAIGN, LEADER_CAMPAIGN_ARG_ID), "c1");
	assert_string_equal(
	    fake_argument(&scene.fake, CAMPAIGN, LEADER_CAMPAIGN_ARG_NONCE), "nonce");
	assert_int_equal(tasks(), 0);
	stop();
}

/* The reply to a campaign comes after the leader has asked to resign. */
static void
a_leader_that_resigned_campaigns_no_more(void **state)
{
	static const char *const outcomes[] = { "leader", "follower" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(outcomes); i++) {
		const struct fake_line lines[] = { { CAMPAIGN, NULL },
			{ RESIGN, scene_reply(&scene, "ok", "") }, { NULL } };

		start(lines, LEASE_MS);
		scene_wait_calls(&scene, CAMPAIGN, 1);
		resign();
		fake_say(&scene.fake, scene_reply(&scene, outcomes[i], WON("5")));
		client_until(&scene.client, has_resigned, NULL);
		/* As after a reconnect. */
		leader_connected(leader);
		scene_wait_answers(&scene, 0);
		scene_wait_idle(&scene);
		assert_int_equal(fake_calls(&scene.fake, CAMPAIGN), 1);
		assert_int_equal(tasks(), 0);
		assert_int_equal(resigned, 1);
		stop();
	}
}

static void
a_failed_resignation_is_an_end_too(void **state)
{
	const struct fake_line lines[] = {
		{ CAMPAIGN, scene_reply(&scene, "leader", WON("5")), 1 },
		{ RENEW, scene_reply(&scene, "ok", "0\t") },
		{ RESIGN, "-BUSY Redis is busy\r\n" },
		{ NULL },
	};

	(void)state;
	start(lines, LEASE_MS);
	scene_wait_calls(&scene, RENEW, 1);
	resign();
	client_until(&scene.client, has_resigned, NULL);
	scene_wait_idle(&scene);
	assert_int_equal(resigned, 1);
	stop();
}

/* Requests fill the connection up to their limit; the lease must not be lost to that. */
static void
a_full_queue_does_not_cost_the_lease(void **state)
{
	const struct fake_line lines[] = {
		{ "HOLD", NULL },
		{ NULL },
	};

	(void)state;
	scene_start(&scene, lines);
	scene_fill(&scene);
	leader = leader_new(scene.client.base, scene.client.c, &scene.config, &scene.id);
	leader_connected(leader);
	scene_wait_calls(&scene, CAMPAIGN, 1);
	resign();
	scene_wait_calls(&scene, RESIGN, 1);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lease_counts_from_when_it_was_asked_for),
		cmocka_unit_test(a_renewal_that_fails_ends_the_tasks),
		cmocka_unit_test(a_new_leader_gives_fresh_heartbeats_first),
		cmocka_unit_test(a_follower_campaigns_when_the_lease_of_another_ends),
		cmocka_unit_test(a_leader_that_resigned_campaigns_no_more),
		cmocka_unit_test(a_failed_resignation_is_an_end_too),
		cmocka_unit_test(a_full_queue_does_not_cost_the_lease),
	};

	return test_program(tests);
}
