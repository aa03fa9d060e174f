/* The identity of a process: what the options make of it, and the text of each refusal. */
#include "cluster/identity.h"

#include "base/buf.h"
#include "cluster/machine_address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PORT = 8151 };

static char why[512];

/* Makes an identity with this option set, or with the defaults if `option` is NULL. */
static enum err
init(struct identity *id, const char *option, const char *value)
{
	struct buf word = BUF_INIT;
	char *argv[] = { "prog", NULL, NULL };
	struct config c;
	enum err e;

	if (option != NULL) {
		buf_addf(&word, "-%s=%s", option, value);
		argv[1] = word.data;
	}
	why[0] = '\0';
	if (config_init(&c, option != NULL ? 2 : 1, argv, why, sizeof(why)) != ERR_OK)
		fail_msg("%s", why);
	e = identity_init(id, &c, PORT, why, sizeof(why));
	config_fini(&c);
	buf_fini(&word);
	return e;
}

static void
accepted(struct identity *id, const char *option, const char *value)
{
	if (init(id, option, value) != ERR_OK)
		fail_msg("%s", why);
}

/* Expects a refusal whose sentence has `says` in it, and that `id` then holds nothing. */
static void
refused(enum err e, const char *option, const char *value, const char *says)
{
	static const struct identity nothing;
	struct identity id;

	if (init(&id, option, value) != e || strstr(why, says) == NULL)
		fail_msg("-%s=%s: '%s' instead of '%s'", option, value, why, says);
	/* The sentence starts with the option's name. */
	assert_true(strncmp(why, option, strlen(option)) == 0);
	assert_int_equal(why[strlen(option)], ':');
	assert_memory_equal(&id, &nothing, sizeof(id));
}

static void
a_pure_front_end_is_its_host_and_port(void **state)
{
	char hostname[256], candidate[300];
	struct identity id;

	(void)state;
	assert_int_equal(gethostname(hostname, sizeof(hostname)), 0);
	snprintf(candidate, sizeof(candidate), "%s:%d", hostname, PORT);
	accepted(&id, NULL, NULL);
	assert_string_equal(id.hostname, hostname);
	assert_string_equal(id.candidate, candidate);
	assert_string_equal(id.prefix, "muster:{default}:");
	assert_string_equal(id.address, "127.0.0.1");
	assert_int_equal(id.port, PORT);
	assert_string_equal(id.url, "http://127.0.0.1:8151");
	assert_string_equal(id.services, "");
	assert_string_equal(id.labels, "");
	assert_int_equal(strlen(id.nonce), NONCE_SIZE - 1);
	identity_fini(&id);
	assert_null(id.prefix);
}

static void
names_are_taken_over(void **state)
{
	struct identity id;

	(void)state;
	accepted(&id, "cluster", "node-1");
	assert_string_equal(id.candidate, "node-1");
	identity_fini(&id);
	accepted(&id, "namespace", "eu.prod");
	assert_string_equal(id.prefix, "muster:{eu.prod}:");
	identity_fini(&id);
}

static void
services_lose_their_repeats(void **state)
{
	static const struct {
		const char *list, *services;
	} cases[] = {
		{ "", "" }, { "a", "a" }, { "a,b", "a,b" }, { "b,a,b,a", "b,a" },
		{ "a,ab,b,ab", "a,ab,b" }, /* a part of another is not a repeat */
	};
	struct identity id;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		accepted(&id, "services", cases[i].list);
		assert_string_equal(id.services, cases[i].services);
		identity_fini(&id);
	}
	refused(ERR_INVALID_ID, "services", "a,,b", "services: '' does not match ");
	refused(ERR_INVALID_ID, "services", "a,", "services: ''");
	refused(ERR_INVALID_ID, "services", ",", "services: ''");
	refused(ERR_INVALID_ID, "services", "a, b", "services: ' b'");
	refused(ERR_INVALID_ID, "services", "a;b", "services: 'a;b'");
}

/* Writes "<first>0<last>,<first>1<last>,…" with n items. */
static const char *
many(struct buf *b, const char *first, const char *last, int n)
{
	int i;

	buf_reset(b);
	for (i = 0; i < n; i++)
		buf_addf(b, "%s%s%d%s", i > 0 ? "," : "", first, i, last);
	return buf_str(b);
}

static void
there_are_64_services_and_labels_at_most(void **state)
{
	struct buf b = BUF_INIT;
	struct identity id;

	(void)state;
	accepted(&id, "services", many(&b, "s", "", 64));
	assert_string_equal(id.services, buf_str(&b));
	identity_fini(&id);
	buf_add_str(&b, ",s0,s1");
	accepted(&id, "services", buf_str(&b));
	identity_fini(&id);
	refused(ERR_INVALID_FIELD, "services", many(&b, "s", "", 65), "there are more than 64");
	accepted(&id, "labels", many(&b, "l", "=v", 64));
	identity_fini(&id);
	refused(ERR_INVALID_FIELD, "labels", many(&b, "l", "=v", 65), "at most 64");
	refused(ERR_INVALID_FIELD, "labels", "a=1,a=2", "each once");
	buf_fini(&b);
}

static void
labels_become_pairs(void **state)
{
	static const struct {
		const char *list, *pairs;
	} cases[] = {
		{ "", "" },
		{ "a=1", "a=1" },
		{ "b=x,a=", "a=,b=x" },
		{ "a=1,a-b=2", "a=1,a-b=2" },
		{ "a=b=c", "a=b%3Dc" },
		{ "q=say \"\xc3\xbc\"", "q=say%20%22%C3%BC%22" },
	};
	struct identity id;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		accepted(&id, "labels", cases[i].list);
		assert_string_equal(id.labels, cases[i].pairs);
		identity_fini(&id);
	}
	refused(ERR_INVALID_FIELD, "labels", "a", "labels: 'a' is not key=value");
	refused(ERR_INVALID_FIELD, "labels", "=v", "'=v' is not key=value");
	refused(ERR_INVALID_FIELD, "labels", "a=1,", "'' is not key=value");
	refused(ERR_INVALID_FIELD, "labels", "a=1,b c=2", "'b c=2' is not key=value");
	refused(ERR_INVALID_FIELD, "labels", "a=\xc3", "bytes of UTF-8 are expected");
}

static void
resources_are_amounts(void **state)
{
	struct buf b = BUF_INIT;
	struct identity id;

	(void)state;
	accepted(&id, "resources", "memory_mb=1000000000000,gpu=0");
	assert_string_equal(id.resources, "gpu=0,memory_mb=1000000000000");
	identity_fini(&id);
	accepted(&id, "resources", many(&b, "r", "=1", 16));
	identity_fini(&id);
	refused(ERR_INVALID_FIELD, "resources", many(&b, "r", "=1", 17), "at most 16");
	refused(ERR_INVALID_FIELD, "resources", "gpu=1,gpu=2", "each once");
	refused(ERR_INVALID_FIELD, "resources", "gpu=1000000000001", "whole numbers up to");
	refused(ERR_INVALID_FIELD, "resources", "gpu=-1", "whole numbers up to");
	refused(ERR_INVALID_FIELD, "resources", "gpu=1.5", "whole numbers up to");
	refused(ERR_INVALID_FIELD, "resources", "gpu=", "whole numbers up to");
	refused(ERR_INVALID_FIELD, "resources", "gpu", "'gpu' is not key=value");
	buf_fini(&b);
}

static void
where_others_reach_it_can_be_said(void **state)
{
	static const struct {
		const char *advertise, *address, *url;
		int port;
	} cases[] = {
		{ "10.0.0.2", "10.0.0.2", "http://10.0.0.2:8151", PORT },
		{ "10.0.0.2:80", "10.0.0.2", "http://10.0.0.2:80", 80 },
		{ "host.example:65535", "host.example", "http://host.example:65535", 65535 },
		{ "[::1]:80", "::1", "http://[::1]:80", 80 },
		{ "[::1]", "::1", "http://[::1]:8151", 8151 },
		{ "host", "host", "http://host:8151", PORT },
		{ "fd00::1", "fd00::1", "http://[fd00::1]:8151", PORT },
		{ "::1", "::1", "http://[::1]:8151", PORT },
	};
	struct identity id;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		accepted(&id, "advertise", cases[i].advertise);
		assert_string_equal(id.address, cases[i].address);
		assert_string_equal(id.url, cases[i].url);
		assert_int_equal(id.port, cases[i].port);
		identity_fini(&id);
	}
	refused(ERR_INVALID_FIELD, "advertise", "[::1", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "[::1]80", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "http://h:80", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "a:b:80", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "h h", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "h:4294967376", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "host:", "'host:' is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "host:0", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "host:65536", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "host:-1", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", "host:80x", "is not host or host:port");
	refused(ERR_INVALID_FIELD, "advertise", ":80", "':80' is not host or host:port");
}

static void
a_host_that_is_all_addresses_is_none_to_reach(void **state)
{
	static const struct {
		const char *host;
		int family;
	} cases[] = { { "0.0.0.0", AF_INET }, { "", AF_INET }, { "::", AF_INET6 },
		{ "0::0", AF_INET6 } };
	struct identity id;
	char url[64], *expected;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		accepted(&id, "host", cases[i].host);
		expected = machine_address(cases[i].family);
		assert_string_equal(id.address, expected);
		assert_string_equal(id.ip, expected);
		if (strchr(expected, ':') != NULL)
			snprintf(url, sizeof(url), "http://[%s]:%d", expected, PORT);
		else
			snprintf(url, sizeof(url), "http://%s:%d", expected, PORT);
		assert_string_equal(id.url, url);
		identity_fini(&id);
		free(expected);
	}
	accepted(&id, "host", "10.1.2.3");
	assert_string_equal(id.url, "http://10.1.2.3:8151");
	identity_fini(&id);
	accepted(&id, "host", "fd00::2");
	assert_string_equal(id.address, "fd00::2");
	assert_string_equal(id.url, "http://[fd00::2]:8151");
	identity_fini(&id);
}

static void
every_process_has_a_nonce_of_its_own(void **state)
{
	struct identity a, b;

	(void)state;
	accepted(&a, "cluster", "n");
	accepted(&b, "cluster", "n");
	assert_string_not_equal(a.nonce, b.nonce);
	identity_fini(&a);
	identity_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pure_front_end_is_its_host_and_port),
		cmocka_unit_test(names_are_taken_over),
		cmocka_unit_test(services_lose_their_repeats),
		cmocka_unit_test(there_are_64_services_and_labels_at_most),
		cmocka_unit_test(labels_become_pairs),
		cmocka_unit_test(resources_are_amounts),
		cmocka_unit_test(where_others_reach_it_can_be_said),
		cmocka_unit_test(a_host_that_is_all_addresses_is_none_to_reach),
		cmocka_unit_test(every_process_has_a_nonce_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
