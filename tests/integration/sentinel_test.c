/* Sentinels as people have them: with a password, and with users of their own. */
#include "support/cluster.h"

#include <hiredis/hiredis.h>
#include <stdio.h>

#define READY "/readyz"

/* A sentinel that knows the cluster's Redis as "m"; `access` are lines of its configuration. */
struct sentinel {
	pid_t pid;
	int port;
};

/* Runs a command as a user. Returns its reply as text, or NULL. */
static const char *
ask(const struct sentinel *s, const char *user, const char *password, const char *command)
{
	redisContext *c = redisConnect("127.0.0.1", s->port);
	redisReply *auth = NULL, *r = NULL;
	const char *text = NULL;

	if (c != NULL && c->err == 0 && user != NULL)
		auth = redisCommand(c, "AUTH %s %s", user, password);
	if (c != NULL && c->err == 0)
		r = redisCommand(c, command);
	if (r != NULL && r->type != REDIS_REPLY_ERROR)
		text = r->type == REDIS_REPLY_ARRAY ? "" : fmt("%s", r->str);
	freeReplyObject(auth);
	freeReplyObject(r);
	redisFree(c);
	return text;
}

static bool
is_up(void *arg)
{
	struct sentinel *s = arg;

	return ask(s, "test", "test", "PING") != NULL;
}

static struct sentinel
sentinel_start_with(struct cluster *c, const char *access)
{
	struct sentinel s = { .port = unused_port() };
	char path[160];
	char *argv[] = { "redis-server", path, "--sentinel", NULL };

	snprintf(path, sizeof(path), "%s/sentinel-%d.conf", c->dir, s.port);
	assert_true(file_write(path,
	    fmt("port %d\ndir %s\nsentinel monitor m 127.0.0.1 %d 1\n%s"
	        "user test on >test +@all\n",
	        s.port, c->dir, redis_on_tcp(c), access)));
	s.pid = process_start(argv, fmt("%s/sentinel-%d.log", c->dir, s.port));
	assert_true(s.pid > 0);
	assert_true(poll_until(is_up, &s, PROCESS_WAIT_MS));
	return s;
}

/* The URL of the sentinel, with this query. */
static const char *
url(const struct sentinel *s, const char *query)
{
	return fmt("redis+sentinel://127.0.0.1:%d/m%s", s->port, query);
}

/* Expects that musterd, with the sentinel at this URL, finds no Redis and says this in /readyz. */
static void
expect_lost(struct cluster *c, const char *where, const char *reason)
{
	struct musterd *m = musterd_start_blind(c, "-redis", where);
	const char *got = "";
	long deadline = now_ms() + API_WAIT_MS;

	while (strstr(got, reason) == NULL && now_ms() < deadline)
		got = get_str(api(m->port, 503, "GET", READY, NULL), "reasons.redis");
	if (strstr(got, reason) == NULL)
		fail_msg("%s: %s", where, got);
	musterd_kill(m);
}

static void
a_sentinel_with_a_password_is_asked_with_it(void **state)
{
	struct cluster *c = *state;
	struct sentinel s = sentinel_start_with(c, "requirepass a&b\n");
	const char *path = fmt("%s/password", c->dir);
	struct musterd *m;

	expect_lost(c, url(&s, ""), "NOAUTH");
	expect_lost(c, url(&s, "?sentinel_password=no"), "WRONGPASS");
	expect_lost(c, fmt("redis+sentinel://127.0.0.1:%d,127.0.0.1:%d/m", unused_port(), s.port),
	    "NOAUTH");
	m = musterd_start(c, "-redis", url(&s, "?sentinel_password=a%26b"));
	assert_false(musterd_says(m, "a%26b", 0) || musterd_says(m, "a&b", 0));
	assert_true(file_write(path, "a&b\n"));
	musterd_start(c, "-redis", url(&s, ""), "-sentinel-password-file", path);
	process_kill(s.pid);
}

static bool
is_subscribed(void *arg)
{
	const char *all = ask(arg, "test", "test", "CLIENT LIST");

	return all != NULL && strstr(all, " sub=1 ") != NULL && strstr(all, " user=alice ") != NULL;
}

/* The rights that the documentation of Redis gives to a client of sentinels. */
static void
a_user_of_the_sentinel_can_be_given(void **state)
{
	struct cluster *c = *state;
	struct sentinel s = sentinel_start_with(c,
	    "user default off\nuser alice on >word &* -@all +auth +client|getname +client|id "
	    "+client|setname +command +hello +ping +role +sentinel|get-master-addr-by-name "
	    "+sentinel|master +sentinel|myid +sentinel|replicas +sentinel|sentinels +subscribe\n");
	const char *path = fmt("%s/password", c->dir);

	expect_lost(c, url(&s, "?sentinel_password=word"), "WRONGPASS");
	musterd_start(c, "-redis", url(&s, "?sentinel_username=alice&sentinel_password=word"));
	assert_true(poll_until(is_subscribed, &s, API_WAIT_MS));
	assert_true(file_write(path, "word\r\n"));
	musterd_start(
	    c, "-redis", url(&s, "?sentinel_username=alice"), "-sentinel-password-file", path);
	process_kill(s.pid);
}

/* So that a password can be introduced, or taken away, one sentinel after the other. */
static void
a_password_that_the_sentinel_does_not_want_does_no_harm(void **state)
{
	struct cluster *c = *state;
	struct sentinel s = sentinel_start_with(c, "");

	musterd_start(c, "-redis", url(&s, "?sentinel_password=word"));
	process_kill(s.pid);
}

static void
a_sentinel_that_does_not_know_the_master_is_named(void **state)
{
	struct cluster *c = *state;
	struct sentinel s = sentinel_start_with(c, "");
	int dead = unused_port();

	expect_lost(c, fmt("redis+sentinel://127.0.0.1:%d/other", s.port),
	    fmt("127.0.0.1:%d: it does not know the master", s.port));
	expect_lost(c, fmt("redis+sentinel://127.0.0.1:%d/m", dead),
	    fmt("127.0.0.1:%d: Connection refused", dead));
	process_kill(s.pid);
}

/* Expects that musterd does not start, and says this. */
static void
expect_refused(const char *where, const char *path, const char *why)
{
	const char *options[] = { "-port", "0", "-redis", where, "-sentinel-password-file", path,
		NULL };
	char *text;
	int status = musterd_run(options, &text);

	if (status != 2 || strstr(text, why) == NULL)
		fail_msg("%d: %s", status, text);
	free(text);
}

static void
a_password_file_that_is_of_no_use_stops_the_start(void **state)
{
	struct cluster *c = *state;
	const char *path = fmt("%s/password", c->dir), *none = fmt("%s/none", c->dir);
	static const char sentinels[] = "redis+sentinel://127.0.0.1:1/m";

	expect_refused(sentinels, none, "none: No such file or directory");
	assert_true(file_write(path, "\n"));
	expect_refused(sentinels, path, "password: it is empty");
	assert_true(file_write(path, "two\nlines\n"));
	expect_refused(sentinels, path, "password: it has more than one line");
	assert_true(file_write(path, "word"));
	expect_refused(
	    "redis://127.0.0.1:1", path, "password: the URL of -redis names no sentinels");
	expect_refused("redis+sentinel://127.0.0.1:1/m?sentinel_password=w", path,
	    "password: the URL of -redis has a sentinel_password too");
}

int
main(void)
{
	const struct CMUnitTest sentinel[] = {
		cluster_test(a_sentinel_with_a_password_is_asked_with_it),
		cluster_test(a_user_of_the_sentinel_can_be_given),
		cluster_test(a_password_that_the_sentinel_does_not_want_does_no_harm),
		cluster_test(a_sentinel_that_does_not_know_the_master_is_named),
		cluster_test(a_password_file_that_is_of_no_use_stops_the_start),
	};

	return test_program(sentinel);
}
