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

/* The option as such, in the environment and in the JSON file. */
static void
the_password_of_redis_may_be_in_a_file(void **state)
{
	struct cluster *c = *state;
	const char *path = fmt("%s/password", c->dir), *config = fmt("%s/muster.json", c->dir);
	int port = redis_on_tcp(c);
	const char *where = fmt("redis://127.0.0.1:%d", port);
	struct musterd *m;

	redis_do(c, "ACL SETUSER muster on >se:c@et ~muster:* +@all");
	assert_true(file_write(path, "se:c@et\n"));
	m = musterd_start(
	    c, "-redis", fmt("redis://muster:@127.0.0.1:%d", port), "-redis-password-file", path);
	assert_non_null(strstr(redis_do(c, "CLIENT LIST TYPE normal"), " user=muster "));
	assert_false(musterd_says(m, "se:c@et", 0));
	redis_do(c, "CONFIG SET requirepass pw");
	assert_true(file_write(path, "pw"));
	m = musterd_start(c, "-redis", where, "-redis-password-file", path);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	setenv("MUSTER_REDIS_PASSWORD_FILE", path, 1);
	m = musterd_start(c, "-redis", where);
	unsetenv("MUSTER_REDIS_PASSWORD_FILE");
	check_json(api(m->port, 200, "GET", NODES, NULL), "count", "1");
	assert_true(file_write(config, fmt("{\"redis-password-file\":\"%s\"}", path)));
	m = musterd_start(c, "-redis", where, "-config", config);
	check_json(api(m->port, 200, "GET", NODES, NULL), "count", "1");
}

/* Expects that musterd does not start with this URL and password file, and says why. */
static void
expect_refused(const char *where, const char *path, const char *why)
{
	const char *options[] = { "-port", "0", "-redis", where, "-redis-password-file", path,
		NULL };
	char *text;
	int status = musterd_run(options, &text);

	if (status != 2 || strstr(text, why) == NULL || strstr(text, "secret") != NULL)
		fail_msg("%d: %s", status, text);
	free(text);
}

static void
a_password_file_that_is_of_no_use_stops_the_start(void **state)
{
	struct cluster *c = *state;
	const char *path = fmt("%s/password", c->dir), *none = fmt("%s/none", c->dir);

	expect_refused("redis://127.0.0.1:1", none, "none: No such file or directory");
	expect_refused("redis://127.0.0.1:1", c->dir, "Is a directory");
	assert_true(file_write(path, "\n"));
	expect_refused(
	    "redis://127.0.0.1:1", path, fmt("redis-password-file: %s: it is empty", path));
	assert_true(file_write(path, "secret\nlines\n"));
	expect_refused("redis://127.0.0.1:1", path, "password: it has more than one line");
	assert_true(file_write(path, "secret"));
	expect_refused(
	    "redis://:secret@127.0.0.1:1", path, "password: the URL of -redis has a password too");
	expect_refused("redis+sentinel://u:secret@127.0.0.1:1/m", path,
	    "password: the URL of -redis has a password too");
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
		cluster_test(the_password_of_redis_may_be_in_a_file),
		cluster_test(a_password_file_that_is_of_no_use_stops_the_start),
		cluster_test(readyz_reports_a_redis_that_refuses_the_login),
		cluster_test(a_redis_that_may_evict_causes_a_warning),
	};

	return test_program(process_redis);
}
