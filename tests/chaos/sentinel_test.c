/* The sentinels of the suite do a failover, and accept a killed server again. */
#include "chaos/sentinel.h"
#include "support/cluster.h"

#include <sys/stat.h>

struct change {
	struct sentinel_set *s;
	struct sentinel_server *was;
};

static bool
another_is_primary(void *arg)
{
	struct change *c = arg;
	struct sentinel_server *now = sentinel_primary(c->s);

	return now != NULL && now != c->was;
}

static bool
is_in_sync(void *arg)
{
	return sentinel_in_sync(arg);
}

static void
a_killed_primary_is_replaced_and_returns_as_a_replica(void **state)
{
	struct sentinel_set s;
	struct change change = { .s = &s };
	char url[160];

	(void)state;
	assert_int_equal(mkdir(fmt("%s/sentinel", test_dir()), 0700), 0);
	assert_true(sentinel_start(&s, fmt("%s/sentinel", test_dir())));
	assert_string_equal(sentinel_url(&s, url, sizeof(url)),
	    fmt("redis+sentinel://127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/muster",
	        s.sentinel[0].port, s.sentinel[1].port, s.sentinel[2].port));
	change.was = sentinel_primary(&s);
	assert_ptr_equal(change.was, &s.redis[0]);
	process_kill(change.was->pid);
	change.was->pid = 0;
	assert_false(sentinel_in_sync(&s));
	assert_true(poll_until(another_is_primary, &change, API_WAIT_MS));
	assert_true(sentinel_start_replica(&s, change.was));
	assert_true(poll_until(is_in_sync, &s, API_WAIT_MS));
	assert_true(sentinel_primary(&s) != change.was);
	sentinel_stop(&s);
}

int
main(void)
{
	const struct CMUnitTest sentinel[] = {
		cmocka_unit_test(a_killed_primary_is_replaced_and_returns_as_a_replica),
	};

	return test_program(sentinel);
}
