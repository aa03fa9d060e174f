/* Redis URLs: all forms, each refusal, and that no password is ever shown. */
#include "redis/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
check_text(const char *got, const char *expected)
{
	if (expected == NULL)
		assert_null(got);
	else
		assert_string_equal(got, expected);
}

static void
every_form_is_understood(void **state)
{
	static const struct {
		const char *text, *host, *path, *user, *password;
		int port, db;
	} cases[] = {
		{ "redis://h", "h", NULL, NULL, NULL, 6379, 0 },
		{ "redis://h/", "h", NULL, NULL, NULL, 6379, 0 },
		{ "redis://127.0.0.1:1", "127.0.0.1", NULL, NULL, NULL, 1, 0 },
		{ "redis://h:65535/15", "h", NULL, NULL, NULL, 65535, 15 },
		{ "redis://[::1]", "::1", NULL, NULL, NULL, 6379, 0 },
		{ "redis://[fe80::1]:7/2", "fe80::1", NULL, NULL, NULL, 7, 2 },
		{ "redis://h/1000000", "h", NULL, NULL, NULL, 6379, 1000000 },
		{ "redis://user:word@h:7/3", "h", NULL, "user", "word", 7, 3 },
		{ "redis://:word@h", "h", NULL, NULL, "word", 6379, 0 },
		{ "redis://word@h", "h", NULL, NULL, "word", 6379, 0 },
		{ "redis://user:@h", "h", NULL, "user", "", 6379, 0 },
		{ "redis://user:a:b@h", "h", NULL, "user", "a:b", 6379, 0 },
		{ "redis://a%40b:p%3A%2f%25%20w+@h", "h", NULL, "a@b", "p:/% w+", 6379, 0 },
		{ "unix:///run/redis.sock", NULL, "/run/redis.sock", NULL, NULL, 0, 0 },
		{ "unix:///run/redis.sock?db=9", NULL, "/run/redis.sock", NULL, NULL, 0, 9 },
		{ "unix:///a%20b.sock", NULL, "/a b.sock", NULL, NULL, 0, 0 },
		{ "unix://user:word@/r.sock?db=0", NULL, "/r.sock", "user", "word", 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct redis_url url;
		char why[128] = "";

		if (redis_url_init(&url, cases[i].text, why, sizeof(why)) != ERR_OK)
			fail_msg("%s: %s", cases[i].text, why);
		check_text(url.host, cases[i].host);
		check_text(url.path, cases[i].path);
		check_text(url.user, cases[i].user);
		check_text(url.password, cases[i].password);
		assert_int_equal(url.port, cases[i].port);
		assert_int_equal(url.db, cases[i].db);
		redis_url_fini(&url);
		assert_null(url.host);
		assert_null(url.password);
	}
}

static void
sentinels_are_named_in_their_order(void **state)
{
	static const char *const hosts[] = { "10.0.0.1", "h", "::1" };
	static const int ports[] = { 5000, 26379, 26380 };
	struct redis_url url;
	char why[128] = "", text[256];
	size_t i;

	(void)state;
	assert_int_equal(
	    redis_url_init(&url,
	        "redis+sentinel://user:w%40rd@10.0.0.1:5000,h,[::1]:26380/my%20master/3", why,
	        sizeof(why)),
	    ERR_OK);
	assert_int_equal(url.n_sentinels, 3);
	for (i = 0; i < 3; i++) {
		assert_string_equal(url.sentinels[i].host, hosts[i]);
		assert_int_equal(url.sentinels[i].port, ports[i]);
	}
	assert_string_equal(url.master, "my master");
	assert_string_equal(url.user, "user");
	assert_string_equal(url.password, "w@rd");
	assert_int_equal(url.db, 3);
	assert_null(url.host);
	assert_string_equal(redis_url_text(&url, text, sizeof(text)),
	    "redis+sentinel://10.0.0.1:5000,.../my master/3");
	redis_url_fini(&url);
	assert_int_equal(url.n_sentinels, 0);
}

static void
sentinels_may_have_a_password_and_a_user(void **state)
{
	struct redis_url url;
	char why[128] = "", text[256];

	(void)state;
	assert_int_equal(redis_url_init(&url,
	                     "redis+sentinel://user:w@a,b/m/3?sentinel_username=al%26ice&"
	                     "sentinel_password=p%3Da@%25%2B+",
	                     why, sizeof(why)),
	    ERR_OK);
	assert_string_equal(url.user, "user");
	assert_string_equal(url.password, "w");
	assert_string_equal(url.sentinel_user, "al&ice");
	assert_string_equal(url.sentinel_password, "p=a@%++");
	assert_string_equal(url.master, "m");
	assert_int_equal(url.db, 3);
	assert_string_equal(
	    redis_url_text(&url, text, sizeof(text)), "redis+sentinel://a:26379,.../m/3");
	redis_url_fini(&url);
	assert_int_equal(redis_url_init(&url, "redis+sentinel://a/m", why, sizeof(why)), ERR_OK);
	assert_null(url.sentinel_user);
	assert_null(url.sentinel_password);
	redis_url_fini(&url);
}

static void
each_refusal_says_why_and_holds_nothing(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "redis: it has no scheme" },
		{ "h:6379", "redis: its scheme is none of redis, unix and redis+sentinel" },
		{ "//h:6379", "redis: it has no scheme" },
		{ "/run/redis.sock", "redis: it has no scheme" },
		{ "http://h", "redis: its scheme is none of redis, unix and redis+sentinel" },
		{ "rediss://h", "redis: its scheme is none of redis, unix and redis+sentinel" },
		{ "redis://", "redis: it names no host" },
		{ "redis:///1", "redis: it names no host" },
		{ "redis://word@", "redis: it names no host" },
		{ "redis://h:0", "redis: its port is not between 1 and 65535" },
		{ "redis://h:65536", "redis: it is not a URL" },
		{ "redis://h:x", "redis: it is not a URL" },
		{ "redis://h/x", "redis: its database is not a number" },
		{ "redis://h/-1", "redis: its database is not a number" },
		{ "redis://h/1x", "redis: its database is not a number" },
		{ "redis://h/1/2", "redis: its database is not a number" },
		{ "redis://h/1000001", "redis: its database is not a number" },
		{ "redis://h/99999999999999999999", "redis: its database is not a number" },
		{ "redis://h?db=1", "redis: it takes no parameters" },
		{ "redis://u:w@h/1?x", "redis: it takes no parameters" },
		{ "redis://a b", "redis: it is not a URL" },
		{ "unix://h/r.sock", "redis: a unix socket is written unix:///path.sock" },
		{ "unix://", "redis: a unix socket is written unix:///path.sock" },
		{ "unix:r.sock", "redis: a unix socket is written unix:///path.sock" },
		{ "unix:///r.sock?", "redis: the only parameter of a unix socket is db=N" },
		{ "unix:///r.sock?db=", "redis: the only parameter of a unix socket is db=N" },
		{ "unix:///r.sock?db=x", "redis: the only parameter of a unix socket is db=N" },
		{ "unix:///r.sock?name=1", "redis: the only parameter of a unix socket is db=N" },
		{ "unix:///r%00.sock", "redis: it is not a URL" },
		{ "redis://h/1#f", "redis: it takes no fragment" },
		{ "redis+sentinel://a:1", "redis: it names no master after the sentinels" },
		{ "redis+sentinel://a:1/", "redis: it names no master after the sentinels" },
		{ "redis+sentinel://a:1//0", "redis: it names no master after the sentinels" },
		{ "redis+sentinel://a:1/m?db=2",
		    "redis: sentinels take the parameters "
		    "sentinel_username and sentinel_password" },
		{ "redis+sentinel://a:1/m?sentinel_password=a&sentinel_password=b",
		    "redis: a parameter is given twice" },
		{ "redis+sentinel://a:1/m?sentinel_password=", "redis: a parameter has no value" },
		{ "redis+sentinel://a:1/m?sentinel_password", "redis: a parameter has no value" },
		{ "redis+sentinel://a:1/m?",
		    "redis: sentinels take the parameters "
		    "sentinel_username and sentinel_password" },
		{ "redis+sentinel://a:1/m/x", "redis: its database is not a number" },
		{ "redis+sentinel://a:0/m", "redis: a sentinel's port is not between 1 and 65535" },
		{ "redis+sentinel://a:65536/m",
		    "redis: a sentinel's port is not between 1 and 65535" },
		{ "redis+sentinel://a:1x/m",
		    "redis: a sentinel's port is not between 1 and 65535" },
		{ "redis+sentinel://a:1,/m", "redis: a sentinel has no host" },
		{ "redis+sentinel:///m", "redis: a sentinel has no host" },
		{ "redis+sentinel://[::1/m", "redis: a sentinel's address lacks its ']'" },
		{ "redis+sentinel://a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a/m",
		    "redis: it names more than 16 sentinels" },
		{ "unix:///r.sock?db=1&x=2", "redis: the only parameter of a unix socket is db=N" },
	};
	static const struct redis_url nothing;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct redis_url url;
		char why[128] = "";

		if (redis_url_init(&url, cases[i].text, why, sizeof(why)) != ERR_INVALID_FIELD)
			fail_msg("%s is accepted", cases[i].text);
		if (strcmp(why, cases[i].why) != 0)
			fail_msg("%s: %s", cases[i].text, why);
		assert_memory_equal(&url, &nothing, sizeof(url));
	}
}

static void
the_text_shows_no_password(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "redis://user:secret@h:7/3", "redis://h:7/3" },
		{ "redis://:secret@h", "redis://h:6379/0" },
		{ "redis://secret@h", "redis://h:6379/0" },
		{ "unix://user:secret@/r.sock?db=2", "unix:///r.sock?db=2" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct redis_url url;
		char out[128], why[128];

		assert_int_equal(redis_url_init(&url, cases[i].text, why, sizeof(why)), ERR_OK);
		assert_ptr_equal(redis_url_text(&url, out, sizeof(out)), out);
		assert_string_equal(out, cases[i].shown);
		redis_url_fini(&url);
	}
}

/* The text of a refusal may be logged too. */
static void
no_refusal_repeats_the_password(void **state)
{
	static const char *const texts[] = { "redis://user:secret@h:0", "http://user:secret@h",
		"redis://user:secret@", "redis://user:secret@h?x", "redis://user:secret@h h" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		struct redis_url url;
		char why[256] = "";

		assert_int_equal(
		    redis_url_init(&url, texts[i], why, sizeof(why)), ERR_INVALID_FIELD);
		assert_true(strncmp(why, "redis: ", 7) == 0);
		assert_null(strstr(why, "secret"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_understood),
		cmocka_unit_test(sentinels_are_named_in_their_order),
		cmocka_unit_test(sentinels_may_have_a_password_and_a_user),
		cmocka_unit_test(each_refusal_says_why_and_holds_nothing),
		cmocka_unit_test(the_text_shows_no_password),
		cmocka_unit_test(no_refusal_repeats_the_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
