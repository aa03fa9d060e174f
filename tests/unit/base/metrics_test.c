/* Metrics changed by several threads, and the text of a reading. */
#include "base/metrics.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4, ADDS = 3000000 };

static double
value(enum metric m, size_t a, size_t b)
{
	struct metrics_reading *r = metrics_read();
	double v = metrics_value(r, m, a, b);

	metrics_free(r);
	return v;
}

static void
number_label(struct buf *b, size_t i, const void *arg)
{
	static const char *const digits[] = { "0", "1", "2", "3", "4", "5", "6", "7" };

	metrics_add_label(b, arg, digits[i]);
}

/* The reading as text, each axis having three values that are named by digits. */
static char *
text_of(const struct metrics_reading *r)
{
	struct metrics_axis axes[AXIS_COUNT];
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < AXIS_COUNT; i++)
		axes[i] = (struct metrics_axis){ 3, number_label, i % 2 == 0 ? "even" : "odd" };
	metrics_write(&b, r, axes);
	return b.data;
}

/* Fails unless `text` has this line. */
static void
check_line(const char *text, const char *line)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "\n%s\n", line);
	if (strstr(text, buf_str(&b)) == NULL)
		fail_msg("%s is missing in:\n%s", line, text);
	buf_fini(&b);
}

/* Starts together with the other threads. */
static void *
count_many(void *start)
{
	int i;

	pthread_barrier_wait(start);
	for (i = 0; i < ADDS; i++)
		metrics_add(METRIC_HTTP_REQUESTS, 1, METRIC_STATUS(201), 1);
	return NULL;
}

/* Readings are also taken meanwhile, and never count less than an earlier one. */
static void
no_count_of_any_thread_is_lost(void **state)
{
	double before = value(METRIC_HTTP_REQUESTS, 1, METRIC_STATUS(201)), last = before, now;
	pthread_t threads[THREADS];
	pthread_barrier_t start;
	int i;

	(void)state;
	pthread_barrier_init(&start, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_many, &start), 0);
	for (i = 0; i < 50; i++) {
		now = value(METRIC_HTTP_REQUESTS, 1, METRIC_STATUS(201));
		assert_true(now >= last);
		last = now;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
	assert_true(value(METRIC_HTTP_REQUESTS, 1, METRIC_STATUS(201)) - before == THREADS * ADDS);
}

static void *
take_away(void *arg)
{
	metrics_add(METRIC_HTTP_CONNECTIONS, 0, 0, -*(int *)arg);
	return NULL;
}

static void
a_gauge_may_rise_in_one_thread_and_fall_in_another(void **state)
{
	int n = 3;
	pthread_t thread;

	(void)state;
	metrics_add(METRIC_HTTP_CONNECTIONS, 0, 0, 5);
	assert_int_equal(pthread_create(&thread, NULL, take_away, &n), 0);
	pthread_join(thread, NULL);
	assert_true(value(METRIC_HTTP_CONNECTIONS, 0, 0) == 2);
	metrics_add(METRIC_HTTP_CONNECTIONS, 0, 0, -2);
	assert_true(value(METRIC_HTTP_CONNECTIONS, 0, 0) == 0);
}

static void
each_cell_counts_for_itself(void **state)
{
	(void)state;
	metrics_add(METRIC_HTTP_REQUESTS, 2, METRIC_STATUS(404), 7);
	metrics_add(METRIC_HTTP_REQUESTS, 2, METRIC_STATUS(431), 1);
	metrics_add(METRIC_HTTP_REQUESTS, 3, METRIC_STATUS(404), 2);
	assert_true(value(METRIC_HTTP_REQUESTS, 2, METRIC_STATUS(404)) == 7);
	assert_true(value(METRIC_HTTP_REQUESTS, 2, METRIC_STATUS(431)) == 1);
	assert_true(value(METRIC_HTTP_REQUESTS, 3, METRIC_STATUS(404)) == 2);
	assert_true(value(METRIC_HTTP_REQUESTS, 3, METRIC_STATUS(431)) == 0);
}

static void
what_is_outside_an_axis_is_not_counted(void **state)
{
	struct metrics_reading *before, *after;
	char *was, *is;

	(void)state;
	before = metrics_read();
	metrics_add(METRIC_HTTP_REQUESTS, AXIS_ROUTE_MAX, 0, 1);
	metrics_add(METRIC_HTTP_REQUESTS, 0, AXIS_STATUS_MAX, 1);
	metrics_add(METRIC_HTTP_REQUESTS, 0, METRIC_STATUS(100), 1);
	metrics_add(METRIC_HTTP_IN_FLIGHT, 1, 0, 1);
	metrics_observe(METRIC_HTTP_DURATION, AXIS_ROUTE_MAX, 1);
	after = metrics_read();
	was = text_of(before);
	is = text_of(after);
	assert_string_equal(was, is);
	free(was);
	free(is);
	metrics_free(before);
	metrics_free(after);
}

static void
a_status_and_its_cell_are_each_others(void **state)
{
	static const int statuses[] = { 200, 201, 204, 304, 400, 404, 422, 431, 500, 505 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		assert_true(METRIC_STATUS(statuses[i]) < AXIS_STATUS_MAX);
		assert_int_equal(METRIC_STATUS_OF(METRIC_STATUS(statuses[i])), statuses[i]);
	}
}

/* A duration counts in its own bucket and in all larger ones; a bound belongs to its bucket. */
static void
a_histogram_is_written_with_cumulative_buckets(void **state)
{
	struct metrics_reading *r;
	char *text;

	(void)state;
	metrics_observe(METRIC_REDIS_DURATION, 2, 0);
	metrics_observe(METRIC_REDIS_DURATION, 2, 100);
	metrics_observe(METRIC_REDIS_DURATION, 2, 101);
	metrics_observe(METRIC_REDIS_DURATION, 2, 3000000);
	metrics_observe(METRIC_REDIS_DURATION, 2, 9000000);
	r = metrics_read();
	assert_true(metrics_value(r, METRIC_REDIS_DURATION, 2, 0) == 5);
	text = text_of(r);
	check_line(text, "# TYPE muster_redis_script_duration_seconds histogram");
	check_line(text, "muster_redis_script_duration_seconds_bucket{even=\"2\",le=\"0.0001\"} 2");
	check_line(
	    text, "muster_redis_script_duration_seconds_bucket{even=\"2\",le=\"0.00025\"} 3");
	check_line(text, "muster_redis_script_duration_seconds_bucket{even=\"2\",le=\"2.5\"} 3");
	check_line(text, "muster_redis_script_duration_seconds_bucket{even=\"2\",le=\"5\"} 4");
	check_line(text, "muster_redis_script_duration_seconds_bucket{even=\"2\",le=\"+Inf\"} 5");
	check_line(text, "muster_redis_script_duration_seconds_sum{even=\"2\"} 12.000201");
	check_line(text, "muster_redis_script_duration_seconds_count{even=\"2\"} 5");
	assert_null(strstr(text, "muster_redis_script_duration_seconds_count{even=\"1\"}"));
	free(text);
	metrics_free(r);
}

static void
what_is_not_set_is_left_out(void **state)
{
	struct metrics_reading *r = metrics_read();
	char *text = text_of(r);

	(void)state;
	assert_non_null(strstr(text, "# TYPE muster_cluster_agents gauge\n# HELP"));
	free(text);
	metrics_set(r, METRIC_CLUSTER_AGENTS, 1, 0);
	metrics_set(r, METRIC_CLUSTER_TERM, 0, 1795509913332.0);
	metrics_set(r, METRIC_CLUSTER_LOAD, 0, 1.4);
	metrics_set(r, METRIC_CLUSTER_AGENTS, AXIS_AGENT_STATUS_MAX, 1);
	text = text_of(r);
	check_line(text, "muster_cluster_agents{odd=\"1\"} 0");
	check_line(text, "muster_cluster_term 1795509913332");
	check_line(text, "muster_cluster_load_average 1.4");
	assert_null(strstr(text, "muster_cluster_agents{odd=\"0\"}"));
	free(text);
	metrics_free(r);
}

static void
each_metric_is_described_once_in_the_order_of_its_row(void **state)
{
	static const char *const names[] = {
#define METRIC(kind, name, exposed, a, b, help) exposed,
#include "base/metrics.def"
#undef METRIC
	};
	struct metrics_reading *r = metrics_read();
	char *text = text_of(r), *at = text;
	size_t i, k;

	(void)state;
	for (i = 0; i < METRIC_COUNT; i++) {
		struct buf help = BUF_INIT, type = BUF_INIT;

		buf_addf(&help, "# HELP %s ", names[i]);
		buf_addf(&type, "\n# TYPE %s ", names[i]);
		at = strstr(at, buf_str(&help));
		assert_non_null(at);
		assert_ptr_equal(strstr(at, buf_str(&type)), strchr(at, '\n'));
		buf_fini(&help);
		buf_fini(&type);
		for (k = 0; k < i; k++)
			assert_string_not_equal(names[i], names[k]);
	}
	free(text);
	metrics_free(r);
}

static void
label_values_are_escaped(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	metrics_add_label(&b, "a", "say \"hi\" \\ bye\nnow");
	metrics_add_label(&b, "b", "");
	assert_string_equal(buf_str(&b), "a=\"say \\\"hi\\\" \\\\ bye\\nnow\",b=\"\"");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_count_of_any_thread_is_lost),
		cmocka_unit_test(a_gauge_may_rise_in_one_thread_and_fall_in_another),
		cmocka_unit_test(each_cell_counts_for_itself),
		cmocka_unit_test(what_is_outside_an_axis_is_not_counted),
		cmocka_unit_test(a_status_and_its_cell_are_each_others),
		cmocka_unit_test(a_histogram_is_written_with_cumulative_buckets),
		cmocka_unit_test(what_is_not_set_is_left_out),
		cmocka_unit_test(each_metric_is_described_once_in_the_order_of_its_row),
		cmocka_unit_test(label_values_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
