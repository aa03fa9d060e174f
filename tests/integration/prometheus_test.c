/* Prometheus' own tool checks our metrics, and the files that we ship for Prometheus. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <ctype.h>
#include <stdio.h>

#define SHIPPED "deploy/prometheus"

/* Runs a shell command, which must succeed. Returns its output, to be freed. */
static char *
run(const char *command)
{
	const char *log = fmt("%s/run.log", test_dir());
	char *argv[] = { "sh", "-c", (char *)(uintptr_t)command, NULL };
	pid_t pid;
	char *text;
	int status;

	remove(log);
	pid = process_start(argv, log);
	assert_true(pid > 0);
	status = process_wait(pid, 30000);
	if (status < 0)
		process_kill(pid);
	text = file_read(log);
	if (status != 0)
		fail_msg("%s: exit status %d: %s", command, status, text);
	return text;
}

static void
promtool_accepts_the_metrics(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-cluster", "n1");
	const char *file = fmt("%s/metrics.txt", test_dir());
	struct http_response r;
	char *text;
	int i;

	/* Checks with samples of histograms and errors, and again without Redis. */
	api(m->port, 201, "POST", "/api/cluster/assignments", "{\"agent_id\":\"a\"}");
	api(m->port, 404, "GET", "/nowhere", NULL);
	for (i = 0; i < 2; i++) {
		assert_true(http_call(m->port, "GET", "/metrics", NULL, &r));
		assert_true(file_write(file, r.body));
		http_response_fini(&r);
		text = run(fmt("promtool check metrics <%s", file));
		assert_string_equal(text, "");
		free(text);
		redis_kill(c);
		wait_status(m->port, "/readyz", 503, 10000);
	}
}

static void
promtool_accepts_the_rules_and_the_configuration(void **state)
{
	(void)state;
	free(run("promtool check rules " SHIPPED "/muster.rules.yml"));
	free(run("promtool check config " SHIPPED "/prometheus.yml"));
	free(run("promtool test rules " SHIPPED "/muster.rules.test.yml"));
}

/* The number of times that `part` occurs in `text`. */
static int
count(const char *text, const char *part)
{
	int n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		n++;
	}
	return n;
}

static void
each_alert_has_a_test_that_fires_and_one_that_is_silent(void **state)
{
	char *rules = file_read(SHIPPED "/muster.rules.yml");
	char *tests = file_read(SHIPPED "/muster.rules.test.yml");
	const char *at = rules;
	int n = 0;

	(void)state;
	while ((at = strstr(at, "- alert: ")) != NULL) {
		int len;

		at += strlen("- alert: ");
		len = (int)strcspn(at, "\n");
		assert_int_equal(count(tests, fmt("- name: %.*s fires\n", len, at)), 1);
		assert_int_equal(count(tests, fmt("- name: %.*s is silent\n", len, at)), 1);
		n++;
	}
	assert_int_equal(count(tests, "alertname: "), 2 * n);
	assert_int_equal(count(tests, "exp_alerts: []"), n);
	assert_true(n > 0);
	free(rules);
	free(tests);
}

static bool
is_exposed(const char *name, size_t len)
{
	static const char *const names[] = {
#define METRIC(kind, name, exposed, a, b, help) exposed,
#include "base/metrics.def"
#undef METRIC
	};
	static const char *const suffixes[] = { "", "_bucket", "_sum", "_count" };
	size_t i, k;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (k = 0; k < 4; k++) {
			size_t n = strlen(names[i]);

			if (n + strlen(suffixes[k]) == len && strncmp(names[i], name, n) == 0 &&
			    strncmp(suffixes[k], name + n, len - n) == 0)
				return true;
		}
	return false;
}

/* Each word with this prefix must be one of our metrics. Returns the number of words. */
static int
check_names(const char *file, const char *prefix)
{
	char *text = file_read(file);
	const char *at = text;
	int n = 0;

	while ((at = strstr(at, prefix)) != NULL) {
		size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz_");

		if ((at == text || (!isalnum(at[-1]) && at[-1] != '_')) && !is_exposed(at, len))
			fail_msg("%s: %.*s is no metric", file, (int)len, at);
		at += len;
		n++;
	}
	free(text);
	return n;
}

static void
rules_and_dashboard_only_use_existing_metrics(void **state)
{
	json_t *dashboard, *panels, *panel;
	size_t i, k;

	(void)state;
	assert_true(check_names(SHIPPED "/muster.rules.yml", "muster_") > 10);
	assert_true(check_names(SHIPPED "/muster.rules.yml", "process_") > 0);
	assert_true(check_names(SHIPPED "/muster.rules.test.yml", "muster_") > 10);
	assert_true(check_names("deploy/grafana/muster.json", "muster_") > 20);
	assert_true(check_names("deploy/grafana/muster.json", "process_") > 2);
	dashboard = json_load_file("deploy/grafana/muster.json", JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(dashboard);
	panels = json_object_get(dashboard, "panels");
	assert_true(json_array_size(panels) > 10);
	json_array_foreach(panels, i, panel)
	{
		assert_true(*get_str(panel, "title") != '\0');
		for (k = 0; k < i; k++)
			assert_int_not_equal(
			    get_int(panel, "id"), get_int(json_array_get(panels, k), "id"));
	}
	json_decref(dashboard);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cluster_test(promtool_accepts_the_metrics),
		cmocka_unit_test(promtool_accepts_the_rules_and_the_configuration),
		cmocka_unit_test(each_alert_has_a_test_that_fires_and_one_that_is_silent),
		cmocka_unit_test(rules_and_dashboard_only_use_existing_metrics),
	};

	return test_program(tests);
}
