/* The scripts of the leader's lease, called one by one. */
#include "support/scripts.h"

#include <stdio.h>

static void
campaign_takes_a_free_lease_and_renews_its_own(void **state)
{
	struct scripts *s = *state;
	char term[32];
	const char *acquired;

	elect(s, term);
	assert_string_equal(scripts_redis(s, "GET " PREFIX "lease"), fmt("l nonce %s", term));
	acquired = scripts_redis(s, "HGET " PREFIX "leader acquired_at");
	assert_string_equal(acquired, term);
	like(call(s, LEADER_CAMPAIGN, "m", "other", "http://m", "1000", BEATS),
	    fmt("follower||l|%s|3??????|1????????????|3600000", term));
	/* Another process with the same id is not the leader either. */
	like(call(s, LEADER_CAMPAIGN, "l", "second", "http://l", "1000", BEATS),
	    fmt("follower||l|%s|*", term));
	like(scripts_redis(s, "PTTL " PREFIX "lease"), "3??????");
	like(call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", "9000", BEATS),
	    fmt("leader||l|%s|????|1????????????|3600000", term));
	assert_true(strtoll(scripts_redis(s, "HGET " PREFIX "leader renewed_at"), NULL, 10) >=
	    strtoll(acquired, NULL, 10));
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "leader acquired_at"), acquired);
	like(scripts_redis(s, "XRANGE " PREFIX "events - +"), "*leader.elected|node_id|l|term|*");
}

/* As after the clock of Redis was set back: a lease never lasts longer than its TTL. */
static void
campaign_shortens_a_lease_that_lasts_too_long(void **state)
{
	struct scripts *s = *state;

	call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", "5000", BEATS);
	scripts_redis(s, "PEXPIRE " PREFIX "lease 3600000");
	like(call(s, LEADER_CAMPAIGN, "m", "other", "http://m", "9000", BEATS),
	    "follower||l|*|????|*");
}

static void
terms_strictly_increase(void **state)
{
	struct scripts *s = *state;
	long long last = 0, term;
	char text[32];
	int i;

	for (i = 0; i < 20; i++) {
		elect(s, text);
		term = strtoll(text, NULL, 10);
		assert_true(term > last);
		last = term;
		if (i % 2)
			call(s, LEADER_RESIGN, "l", "nonce");
		else
			scripts_redis(s, "DEL " PREFIX "lease");
	}
	/* As after the clock was set back; and if a node has seen a later term. */
	scripts_redis(s, "HSET " PREFIX "leader term %lld", last + 1000000);
	elect(s, text);
	assert_true(strtoll(text, NULL, 10) == last + 1000001);
	scripts_redis(s, "DEL " PREFIX "lease");
	scripts_redis(s, "HSET " PREFIX "leader term_seen %lld", last + 2000000);
	elect(s, text);
	assert_true(strtoll(text, NULL, 10) == last + 2000001);
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "leader transitions"), "22");
}

static void
get_returns_the_leader(void **state)
{
	struct scripts *s = *state;
	const char *digest;
	char term[32];

	refused_bare(s, "NO_LEADER", LEADER_GET);
	elect(s, term);
	digest = scripts_digest(s);
	like(call_bare(s, LEADER_GET),
	    fmt("ok||l|%s|http://l|%s|%s|3600000|3*|1", term, term, term));
	assert_string_equal(scripts_digest(s), digest);
	scripts_redis(s, "DEL " PREFIX "lease");
	refused_bare(s, "NO_LEADER", LEADER_GET);
}

static void
promote_hands_over_the_lead_at_once(void **state)
{
	struct scripts *s = *state;
	char term[32];
	const char *text;

	elect(s, term);
	add_node(s, "n", "1", "");
	refused(s, "NODE_NOT_FOUND", LEADER_PROMOTE, "none");
	refused(s, "NOT_A_CANDIDATE", LEADER_PROMOTE, "n");
	call(s, LEADER_CAMPAIGN, "m", "other", "http://m", HOUR, BEATS);
	text = call(s, LEADER_PROMOTE, "m");
	like(text, "ok|*-*|m|*|http://m|*|*|3600000|3*|2");
	assert_true(strtoll(part(text, 3), NULL, 10) > strtoll(term, NULL, 10));
	assert_string_equal(
	    scripts_redis(s, "GET " PREFIX "lease"), fmt("m other %s", part(text, 3)));
	like(call(s, LEADER_PROMOTE, "m"), fmt("ok||m|%s|*", part(text, 3)));
	like(call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", HOUR, BEATS), "follower||m|*");
	refused(s, "NOT_LEADER", NODE_RENEW, LEADER, "10", "");
	like(scripts_redis(s, "XRANGE " PREFIX "events - +"),
	    "*leader.lost|node_id|l*elected|node_id|m*");
}

/* The candidate has been restarted, and the lease of its dead predecessor has not ended yet. */
static void
promote_does_not_leave_the_lease_to_a_dead_predecessor(void **state)
{
	struct scripts *s = *state;
	const char *text;

	call(s, LEADER_CAMPAIGN, "m", "dead", "http://m:1", HOUR, BEATS);
	like(call(s, LEADER_CAMPAIGN, "m", "alive", "http://m:2", HOUR, BEATS), "follower||m|*");
	text = call(s, LEADER_PROMOTE, "m");
	like(text, "ok|*-*|m|*|http://m:2|*|*|3600000|3*|2");
	assert_string_equal(
	    scripts_redis(s, "GET " PREFIX "lease"), fmt("m alive %s", part(text, 3)));
	like(call(s, LEADER_CAMPAIGN, "m", "alive", "http://m:2", HOUR, BEATS), "leader||m|*");
	like(call(s, LEADER_CAMPAIGN, "m", "dead", "http://m:1", HOUR, BEATS), "follower||m|*");
}

static void
resign_only_gives_up_its_own_lease(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	call(s, LEADER_CAMPAIGN, "m", "other", "http://m", HOUR, BEATS);
	assert_string_equal(call(s, LEADER_RESIGN, "l", "wrong"), "ok|");
	assert_string_equal(call(s, LEADER_RESIGN, "m", "nonce"), "ok|");
	assert_string_equal(
	    scripts_redis(s, "EXISTS " PREFIX "candidate:l " PREFIX "candidate:m " PREFIX "lease"),
	    "3");
	assert_string_equal(call(s, LEADER_RESIGN, "m", "other"), "ok|");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "candidate:m"), "0");
	like(call(s, LEADER_RESIGN, "l", "nonce"), "ok|*-*");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "candidate:l " PREFIX "lease"), "0");
	refused_bare(s, "NO_LEADER", LEADER_GET);
}

static void
every_script_for_the_leader_was_called(void **state)
{
	(void)state;
	scripts_check_called("leader");
}

int
main(void)
{
	const struct CMUnitTest scripts_leader[] = {
		scripts_test(campaign_takes_a_free_lease_and_renews_its_own),
		scripts_test(campaign_shortens_a_lease_that_lasts_too_long),
		scripts_test(terms_strictly_increase),
		scripts_test(get_returns_the_leader),
		scripts_test(promote_hands_over_the_lead_at_once),
		scripts_test(promote_does_not_leave_the_lease_to_a_dead_predecessor),
		scripts_test(resign_only_gives_up_its_own_lease),
		cmocka_unit_test(every_script_for_the_leader_was_called),
	};

	return test_program(scripts_leader);
}
