/* A process and its Redis: the client's name, passwords and users, and warnings about settings. */
#include "support/cluster.h"

#define NODES "/api/cluster/nodes"

static void
passwords_and_users_of_redis_work(void **state)
{
	struct cluster *c = *state;
	int port = redis_on_tcp(c);
	struct musterd *m;

	redis_do(c, "ACL SETUSER muster on >se:cret ~muster:* +@all");
	m = musterd_start(c, "-redis", fmt("redis://muster:se%%3Acret@127.0.0.1:%d/3", port));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	assert_non_null(strstr(redis_do(c, "CLIENT LIST TYPE normal"), " user=muster "));
	assert_non_null(strstr(redis_do(c, "INFO keyspace"), "db3:"));
	assert_null(strstr(redis_do(c, "INFO keyspace"), "db0:"));
	redis_do(c, "CONFIG SET requirepass pw");
	m = musterd_start(c, "-redis", fmt("redis://:pw@127.0.0.1:%d/3", port));
	check_json(api(m->port, 200, "GET", NODES, NULL), "count", "1");
}

struct trouble {
	struct musterd *m;
	const char *what;
};

static bool
is_in_trouble(void *arg)
{
	struct trouble *t = arg;
	json_t *p = NULL, *v;

	if (api_try(t->m->port, "GET", "/readyz", NULL, &p) != 503)
		return false;
	v = json_find(p, "reasons.redis");
	return json_is_string(v) && strstr(json_string_value(v), t->what) != NULL;
}

static void
check_trouble(struct musterd *m, const char *what)
{
	struct trouble t = { m, what };
	json_t *p;

	assert_true(poll_until(is_in_trouble, &t, API_WAIT_MS));
	p = api_problem(m->port, 503, "store_unavailable", "GET", "/readyz", NULL);
	assert_string_equal(get_str(p, "detail"), "failing checks: redis");
	api_problem(m->port, 503, "store_unavailable", "GET", NODES, NULL);
	api(m->port, 200, "GET", "/livez", NULL);
}

static void
readyz_reports_a_redis_that_refuses_the_login(void **state)
{
	struct cluster *c = *state;
	struct musterd *m;

	redis_do(c, "ACL SETUSER muster on >pw ~muster:* +@all");
	m = musterd_start_blind(
	    c, "-redis", fmt("redis://muster:wrong@127.0.0.1:%d", redis_on_tcp(c)));
	check_trouble(m, "WRONGPASS");
	assert_false(musterd_says(m, "wrong", 0));
	m = musterd_start_blind(c, "-redis", fmt("redis://127.0.0.1:%d", unused_port()));
	check_trouble(m, "refused");
	redis_do(c, "REPLICAOF 127.0.0.1 1");
	m = musterd_start_blind(c, "-cluster", "n1");
	check_trouble(m, "not a master");
	redis_do(c, "REPLICAOF NO ONE");
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	wait_json(m->port, NODES "/n1", "status", "\"online\"", API_WAIT_MS);
}

static void
a_redis_that_may_evict_causes_a_warning(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start_plain(c);

	assert_false(musterd_says(m, "maxmemory-policy", 0));
	redis_do(c, "CONFIG SET maxmemory-policy allkeys-lru");
	m = musterd_start_plain(c);
	assert_true(musterd_says(m, "maxmemory-policy is allkeys-lru", API_WAIT_MS));
}

int
main(void)
{
	const struct CMUnitTest process_redis[] = {
		cluster_test(passwords_and_users_of_redis_work),
		cluster_test(readyz_reports_a_redis_that_refuses_the_login),
		cluster_test(a_redis_that_may_evict_causes_a_warning),
	};

	return test_program(process_redis);
}
