/* Options: the kinds, the sources, which source wins, and what each refusal says. */
#include "base/config.h"
#include "base/log.h"
#include "unit/base/config_fixture.h"

#include <stdio.h>
#include <unistd.h>

static const char *
config_file(const char *text)
{
	const char *path = fmt("%s/config.json", test_dir());

	assert_true(file_write(path, text));
	return path;
}

static void
without_a_word_all_are_defaults(void **state)
{
	struct config c;

	(void)state;
	accepted_with(&c, (const char *[]){ "prog", NULL });
	assert_string_equal(c.host, "127.0.0.1");
	assert_int_equal(c.port, 8151);
	assert_string_equal(c.redis, "redis://127.0.0.1:6379");
	assert_string_equal(c.namespace, "default");
	assert_string_equal(c.cluster, "");
	assert_int_equal(c.max_agents, 10);
	assert_int_equal(c.weight, -1);
	assert_int_equal(c.heartbeat_interval, 3000);
	assert_int_equal(c.heartbeat_ttl, 9000);
	assert_int_equal(c.heartbeat_rate, 5000);
	assert_int_equal(c.grace, 3000);
	assert_int_equal(c.lease_ttl, 5000);
	assert_false(c.dev);
	assert_true(c.leave_on_exit);
	assert_string_equal(c.log_level, "info");
	config_fini(&c);
}

static void
one_dash_or_two_a_space_or_an_equals_sign(void **state)
{
	static const char *const lines[][3] = { { "-port", "1234" }, { "--port", "1234" },
		{ "-port=1234" }, { "--port=1234" } };
	struct config c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		accepted(&c, lines[i][0], lines[i][1], NULL);
		assert_int_equal(c.port, 1234);
		config_fini(&c);
	}
}

/* A value may look like an option or contain '='. */
static void
values_are_taken_as_they_are(void **state)
{
	struct config c;

	(void)state;
	accepted(
	    &c, "-advertise", "-dev", "-weight", "-1", "-labels=a=b,c=d", "-cluster=", "-host", "");
	assert_string_equal(c.advertise, "-dev");
	assert_false(c.dev);
	assert_int_equal(c.weight, -1);
	assert_string_equal(c.labels, "a=b,c=d");
	assert_string_equal(c.cluster, "");
	assert_string_equal(c.host, "");
	config_fini(&c);
}

static void
the_last_of_two_counts(void **state)
{
	struct config c;

	(void)state;
	accepted(&c, "-port", "1", "-zone=a", "--port=2", "--zone", "b");
	assert_int_equal(c.port, 2);
	assert_string_equal(c.zone, "b");
	config_fini(&c);
}

static void
a_boolean_alone_is_true(void **state)
{
	static const struct {
		const char *words[3];
		bool dev;
	} cases[] = {
		{ { "-dev" }, true },
		{ { "--dev" }, true },
		{ { "-dev", "true" }, true },
		{ { "-dev", "false" }, false },
		{ { "-dev=true" }, true },
		{ { "-dev=false" }, false },
		{ { "-dev=1" }, true },
		{ { "--dev=0" }, false },
	};
	struct config c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		accepted(&c, cases[i].words[0], cases[i].words[1], NULL);
		assert_int_equal(c.dev, cases[i].dev);
		config_fini(&c);
	}
	/* The option that follows is not its value. */
	accepted(&c, "-dev", "-port", "5");
	assert_true(c.dev);
	assert_int_equal(c.port, 5);
	config_fini(&c);
	accepted(&c, "-leave-on-exit=false");
	assert_false(c.leave_on_exit);
	config_fini(&c);
}

static void
durations_have_units(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "0", 0 },
		{ "250", 250 },
		{ "250ms", 250 },
		{ "3s", 3000 },
		{ "5m", 300000 },
		{ "1h", 3600000 },
		{ "2147483647", 2147483647 },
		{ "2147483647h", 2147483647LL * 3600000 },
		{ "2147483648", -1 },
		{ "99999999999999999999s", -1 },
		{ "", -1 },
		{ "s", -1 },
		{ "-1s", -1 },
		{ "+1s", -1 },
		{ " 1s", -1 },
		{ "1s ", -1 },
		{ "1 s", -1 },
		{ "1.5s", -1 },
		{ "1S", -1 },
		{ "1d", -1 },
		{ "1sm", -1 },
		{ "0x1", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		if (config_option_parse_ms(cases[i].text) != cases[i].ms)
			fail_msg("'%s' is %lld", cases[i].text,
			    (long long)config_option_parse_ms(cases[i].text));
}

static void
each_refusal_names_the_option(void **state)
{
	(void)state;
	refused(ERR_INVALID_FIELD, "port: 'x' is not a whole number", "-port", "x");
	refused(ERR_INVALID_FIELD, "port: '' is not a whole number", "-port=");
	refused(ERR_INVALID_FIELD, "port: '1.5' is not a whole number", "-port=1.5");
	refused(ERR_INVALID_FIELD, "port: '99999999999999999999' is not a whole number",
	    "-port=99999999999999999999");
	refused(ERR_INVALID_FIELD, "grace: 'soon' is not a duration", "-grace", "soon");
	refused(ERR_INVALID_FIELD, "dev: 'maybe' is neither true nor false", "-dev=maybe");
	refused(ERR_INVALID_FIELD, "port: a value must follow", "-dev", "-port");
	refused(ERR_UNKNOWN_FIELD, "'-nonsense'", "-nonsense", "1");
	refused(ERR_UNKNOWN_FIELD, "'-por=1'", "-por=1");
	refused(ERR_UNKNOWN_FIELD, "'-ports=1'", "-ports=1");
	refused(ERR_UNKNOWN_FIELD, "'---port=1'", "---port=1");
	refused(ERR_UNKNOWN_FIELD, "'--'", "--");
	refused(ERR_UNKNOWN_FIELD, "'-'", "-");
	refused(ERR_UNKNOWN_FIELD, "'-=1'", "-=1");
	refused(ERR_UNKNOWN_FIELD, "'word'", "-dev", "word");
	refused(ERR_UNKNOWN_FIELD, "''", "");
}

static void
the_environment_names_options_in_capitals(void **state)
{
	struct config c;

	(void)state;
	setenv("MUSTER_PORT", "1234", 1);
	setenv("MUSTER_MAX_AGENTS", "77", 1);
	setenv("MUSTER_DEV", "true", 1);
	setenv("MUSTER_GRACE", "5m", 1);
	setenv("MUSTER_CLUSTER", "n1", 1);
	setenv("MUSTER_NONSENSE", "1", 1); /* not an option, so not read */
	accepted(&c, "-zone=z");
	assert_int_equal(c.port, 1234);
	assert_int_equal(c.max_agents, 77);
	assert_true(c.dev);
	assert_int_equal(c.grace, 300000);
	assert_string_equal(c.cluster, "n1");
	config_fini(&c);
	setenv("MUSTER_MAX_AGENTS", "many", 1);
	refused(ERR_INVALID_FIELD, "max-agents: 'many' is not a whole number", "-zone=z");
	setenv("MUSTER_MAX_AGENTS", "1000001", 1);
	refused(ERR_INVALID_FIELD, "max-agents: 1000001 is not between", "-zone=z");
	setenv("MUSTER_MAX_AGENTS", "1", 1);
	setenv("MUSTER_DEV", "yes", 1);
	refused(ERR_INVALID_FIELD, "dev: 'yes' is neither true nor false", "-zone=z");
}

static void
a_file_sets_every_kind(void **state)
{
	const char *path =
	    config_file("{\"port\": 1234, \"max-agents\": \"77\", \"dev\": true,"
	                " \"leave-on-exit\": \"false\", \"grace\": \"5m\","
	                " \"heartbeat-ttl\": 8000, \"zone\": \"z\", \"cluster\": 5}");
	struct config c;

	(void)state;
	accepted(&c, "-config", path);
	assert_int_equal(c.port, 1234);
	assert_int_equal(c.max_agents, 77);
	assert_true(c.dev);
	assert_false(c.leave_on_exit);
	assert_int_equal(c.grace, 300000);
	assert_int_equal(c.heartbeat_ttl, 8000);
	assert_string_equal(c.zone, "z");
	assert_string_equal(c.cluster, "5");
	assert_string_equal(c.host, "127.0.0.1");
	config_fini(&c);
	setenv("MUSTER_CONFIG", path, 1);
	accepted(&c, "-host=h");
	assert_int_equal(c.port, 1234);
	config_fini(&c);
	/* With an empty name no file is read. */
	accepted(&c, "-config=");
	assert_int_equal(c.port, 8151);
	config_fini(&c);
}

static void
the_command_line_beats_environment_beats_file_beats_default(void **state)
{
	const char *path = config_file("{\"port\": 3, \"max-agents\": 3, \"grace\": \"3ms\"}");
	struct config c;

	(void)state;
	setenv("MUSTER_PORT", "2", 1);
	setenv("MUSTER_MAX_AGENTS", "2", 1);
	accepted(&c, "-config", path, "-port", "1");
	assert_int_equal(c.port, 1);
	assert_int_equal(c.max_agents, 2);
	assert_int_equal(c.grace, 3);
	assert_int_equal(c.heartbeat_ttl, 9000);
	config_fini(&c);
	/* Of a source that is overridden the value is not even parsed. */
	setenv("MUSTER_PORT", "nonsense", 1);
	accepted(&c, "-port", "1");
	assert_int_equal(c.port, 1);
	config_fini(&c);
}

/* Kubernetes sets it in each container of a name space with a service called muster. */
static void
a_service_link_in_the_environment_is_no_port(void **state)
{
	struct config c;

	(void)state;
	setenv("MUSTER_PORT", "tcp://10.96.0.7:8151", 1);
	accepted(&c, "-host", "0.0.0.0");
	assert_int_equal(c.port, 8151);
	config_fini(&c);
	accepted(&c, "-config", config_file("{\"port\": 3}"));
	assert_int_equal(c.port, 3);
	config_fini(&c);
	setenv("MUSTER_PORT", "udp://10.96.0.7:8151", 1);
	accepted(&c, "-port", "7");
	assert_int_equal(c.port, 7);
	config_fini(&c);
	setenv("MUSTER_PORT", "tcp:8151", 1);
	refused(ERR_INVALID_FIELD, "port: 'tcp:8151' is not a whole number", "-host", "0.0.0.0");
	setenv("MUSTER_HOST", "tcp://10.96.0.7:8151", 1);
	accepted(&c, "-port", "7");
	assert_string_equal(c.host, "tcp://10.96.0.7:8151");
	config_fini(&c);
}

static void
the_format_of_the_log_is_known_though_options_are_wrong(void **state)
{
	static const char *const args[][4] = {
		{ "prog", "-log-format=json", "-bogus" },
		{ "prog", "-bogus", "-log-format=json" },
		{ "prog", "-bogus", "1", "-log-format=json" },
		{ "prog", "-port=x", "-log-format", "json" },
		{ "prog", "-log-format=json", "-port" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(args); i++) {
		char *argv[5] = { NULL };
		int argc;

		for (argc = 0; argc < 4 && args[i][argc] != NULL; argc++)
			argv[argc] = (char *)(uintptr_t)args[i][argc];
		assert_true(config_logs_json(argc, argv));
	}
	assert_false(config_logs_json(2, (char *[]){ "prog", "-bogus", NULL }));
	assert_false(config_logs_json(2, (char *[]){ "prog", "-log-format=xml", NULL }));
}

static void
a_bad_file_is_refused(void **state)
{
	static const struct {
		enum err e;
		const char *text, *says;
	} cases[] = {
		{ ERR_INVALID_JSON, "", "line 1" },
		{ ERR_INVALID_JSON, "{\"port\": 1,\n}", "line 2" },
		{ ERR_INVALID_JSON, "[]", "an object is expected" },
		{ ERR_INVALID_JSON, "{\"port\": 1, \"port\": 2}", "duplicate" },
		{ ERR_UNKNOWN_FIELD, "{\"nonsense\": 1}", "there is no option 'nonsense'" },
		{ ERR_UNKNOWN_FIELD, "{\"max_agents\": 1}", "there is no option 'max_agents'" },
		{ ERR_INVALID_FIELD, "{\"port\": 1.5}", "port: a string, a whole number" },
		{ ERR_INVALID_FIELD, "{\"port\": null}", "port: a string, a whole number" },
		{ ERR_INVALID_FIELD, "{\"zone\": []}", "zone: a string, a whole number" },
		{ ERR_INVALID_FIELD, "{\"port\": \"x\"}", "port: 'x' is not a whole number" },
		{ ERR_INVALID_FIELD, "{\"port\": true}", "port: 'true' is not a whole number" },
		{ ERR_INVALID_FIELD, "{\"port\": 65536}", "port: 65536 is not between" },
		{ ERR_INVALID_FIELD, "{\"grace\": \"x\"}", "grace: 'x' is not a duration" },
		{ ERR_INVALID_FIELD, "{\"dev\": 2}", "dev: '2' is neither true nor false" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		refused(cases[i].e, cases[i].says, "-config", config_file(cases[i].text));
	refused(ERR_INVALID_JSON, "config: unable to open /nowhere/at-all.json", "-config",
	    "/nowhere/at-all.json");
}

static void
a_long_value_does_not_overrun_the_sentence(void **state)
{
	char small[16], arg[600] = "-port=";
	char *argv[] = { "prog", arg, NULL };
	struct config c;

	(void)state;
	memset(arg + 6, 'x', sizeof(arg) - 7);
	assert_int_equal(config_init(&c, 2, argv, small, sizeof(small)), ERR_INVALID_FIELD);
	assert_string_equal(small, "port: 'xxxxxxxx");
}

static void
help_has_a_line_for_each_option(void **state)
{
	const char *path = fmt("%s/help.txt", test_dir());
	FILE *f = fopen(path, "w");
	int lines = 0;
	char *text, *at;

	(void)state;
	assert_non_null(f);
	config_print_help(f);
	fclose(f);
	text = file_read(path);
	for (at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
#define OPTION(kind, member, name, value, accepts, help) \
	lines--;                                         \
	assert_non_null(strstr(text, "  -" name " "));   \
	assert_non_null(strstr(text, " " help));
#include "base/config.def"
#undef OPTION
	assert_int_equal(lines, 0);
	assert_non_null(strstr(text, "(8151)\n"));
	assert_non_null(strstr(text, "role of this node: worker, standby or replica (worker)\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		config_test(without_a_word_all_are_defaults),
		config_test(one_dash_or_two_a_space_or_an_equals_sign),
		config_test(values_are_taken_as_they_are),
		config_test(the_last_of_two_counts),
		config_test(a_boolean_alone_is_true),
		config_test(durations_have_units),
		config_test(each_refusal_names_the_option),
		config_test(the_environment_names_options_in_capitals),
		config_test(a_file_sets_every_kind),
		config_test(the_command_line_beats_environment_beats_file_beats_default),
		config_test(a_service_link_in_the_environment_is_no_port),
		config_test(the_format_of_the_log_is_known_though_options_are_wrong),
		config_test(a_bad_file_is_refused),
		config_test(a_long_value_does_not_overrun_the_sentence),
		config_test(help_has_a_line_for_each_option),
	};

	return test_program(tests);
}
