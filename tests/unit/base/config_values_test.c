/* Options: which values each kind of option takes. */
#include "base/choices.h"
#include "base/id.h"
#include "base/log.h"
#include "unit/base/config_fixture.h"

#include <stdio.h>

static void
numbers_are_bounded_at_both_ends(void **state)
{
	struct config c;

	(void)state;
	accepted(&c, "-port=0", "-workers=1", "-weight=-1", "-heartbeat-interval=50ms", "-grace=0");
	assert_int_equal(c.port, 0);
	assert_int_equal(c.workers, 1);
	assert_int_equal(c.heartbeat_interval, 50);
	assert_int_equal(c.grace, 0);
	config_fini(&c);
	accepted(&c, "-port=65535", "-workers=64", "-weight=1000000", "-heartbeat-interval=1h",
	    "-grace=24h");
	assert_int_equal(c.port, 65535);
	assert_int_equal(c.workers, 64);
	assert_int_equal(c.weight, 1000000);
	assert_int_equal(c.heartbeat_interval, 3600000);
	assert_int_equal(c.grace, 86400000);
	config_fini(&c);
	refused(ERR_INVALID_FIELD, "port: -1 is not between 0 and 65535", "-port=-1");
	refused(ERR_INVALID_FIELD, "port: 65536 is not between 0 and 65535", "-port=65536");
	refused(ERR_INVALID_FIELD, "workers: 0 is not between 1 and 64", "-workers", "0");
	refused(ERR_INVALID_FIELD, "workers: 65 is not between 1 and 64", "-workers", "65");
	refused(ERR_INVALID_FIELD, "weight: -2 is not between -1 and 1000000", "-weight=-2");
	refused(ERR_INVALID_FIELD, "heartbeat-interval: 49ms is not between 50 and 3600000 ms",
	    "-heartbeat-interval=49ms");
	refused(ERR_INVALID_FIELD, "grace: 86400001 is not between 0 and 86400000 ms",
	    "-grace=86400001");
}

/* Each word is accepted as it stands, and with any change is not. The refusal lists them. */
static void
check_choice(const char *name, size_t offset, const char *const *words, size_t n)
{
	const char *list = words[0];
	struct config c;
	size_t i;

	for (i = 0; i < n; i++) {
		const char *word = words[i];

		accepted(&c, fmt("-%s=%s", name, word));
		assert_string_equal(*(char **)(void *)((char *)&c + offset), word);
		config_fini(&c);
		refused(ERR_INVALID_FIELD, name, fmt("-%s=%sx", name, word));
		refused(ERR_INVALID_FIELD, name, fmt("-%s=%.3s", name, word));
		refused(ERR_INVALID_FIELD, name, fmt("-%s=%c%s", name, word[0] - 32, word + 1));
		if (i > 0)
			list = fmt("%s%s%s", list, i + 1 < n ? ", " : " or ", word);
	}
	refused(ERR_INVALID_FIELD, fmt("%s: 'nonsense' is not %s", name, list),
	    fmt("-%s=nonsense", name));
}

static void
a_choice_is_one_of_its_words(void **state)
{
	static const char *const roles[] = { ROLES };
	static const char *const strategies[] = { STRATEGY_LIST };
	static const char *const levels[] = { LOG_LEVELS };
	static const char *const formats[] = { "text", "json" };

	(void)state;
	check_choice("role", offsetof(struct config, role), roles, ARRAY_LEN(roles));
	check_choice(
	    "strategy", offsetof(struct config, strategy), strategies, ARRAY_LEN(strategies));
	check_choice("log-level", offsetof(struct config, log_level), levels, ARRAY_LEN(levels));
	check_choice(
	    "log-format", offsetof(struct config, log_format), formats, ARRAY_LEN(formats));
	refused(ERR_INVALID_FIELD, "role: '' is not worker, standby or replica", "-role=");
}

static void
a_choice_may_have_a_dash_for_an_underscore(void **state)
{
	struct config c;

	(void)state;
	accepted(&c, "-strategy", "round-robin");
	assert_string_equal(c.strategy, "round_robin");
	config_fini(&c);
	refused(ERR_INVALID_FIELD, "strategy: 'round robin' is not ", "-strategy=round robin");
}

static void
what_has_no_default_may_be_empty(void **state)
{
	struct config c;

	(void)state;
	accepted(&c, "-strategy=", "-load-weights=", "-zone=", "-cluster=");
	assert_string_equal(c.strategy, "");
	assert_string_equal(c.load_weights, "");
	assert_string_equal(c.zone, "");
	assert_string_equal(c.cluster, "");
	config_fini(&c);
}

static void
names_are_ids(void **state)
{
	struct config c;

	(void)state;
	accepted(&c, "-namespace=eu.prod", "-cluster", "node-1", "-zone=eu_west:1");
	assert_string_equal(c.namespace, "eu.prod");
	assert_string_equal(c.cluster, "node-1");
	assert_string_equal(c.zone, "eu_west:1");
	config_fini(&c);
	refused(ERR_INVALID_ID, "namespace: '' does not match ", "-namespace=");
	refused(ERR_INVALID_ID, "namespace: 'a}b' does not match ", "-namespace=a}b");
	refused(ERR_INVALID_ID, "cluster: '-node' does not match ", "-cluster=-node");
	refused(ERR_INVALID_ID, "cluster: 'a b' does not match ", "-cluster", "a b");
	refused(ERR_INVALID_ID, "zone: 'eu/west' does not match " ID_PATTERN, "-zone=eu/west");
}

static void
weights_are_three_numbers(void **state)
{
	static const char *const good[] = { "0.4,0.3,0.3", "0,0,0", "1000,1,.5" };
	static const char *const bad[] = { "1", "1,2", "1,2,3,4", "1,2,", "1,,3", "1;2;3", "-1,2,3",
		"1,1001,3", "1,2,nan", "a,b,c", "1,2,3x", "," };
	struct config c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++) {
		accepted(&c, "-load-weights", good[i]);
		assert_string_equal(c.load_weights, good[i]);
		config_fini(&c);
	}
	for (i = 0; i < ARRAY_LEN(bad); i++)
		refused(ERR_INVALID_FIELD,
		    fmt("load-weights: '%s' is not three numbers from 0 to 1000, separated by "
		        "commas",
		        bad[i]),
		    "-load-weights", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		config_test(numbers_are_bounded_at_both_ends),
		config_test(a_choice_is_one_of_its_words),
		config_test(a_choice_may_have_a_dash_for_an_underscore),
		config_test(what_has_no_default_may_be_empty),
		config_test(names_are_ids),
		config_test(weights_are_three_numbers),
	};

	return test_program(tests);
}
