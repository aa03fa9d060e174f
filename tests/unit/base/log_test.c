/* The text of log lines, read through a pipe that takes the place of stderr. */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_writer.h"
#include "base/metrics.h"
#include "support/process.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 65536 };

static char captured[SIZE + 1];

static struct capture {
	int read_end;
	int stderr_before;
} capture;

static void
capture_begin(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, SIZE) >= SIZE);
	fflush(stderr);
	capture.stderr_before = dup(STDERR_FILENO);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	capture.read_end = ends[0];
}

/* Restores stderr. Returns what was written to it. */
static const char *
capture_end(void)
{
	size_t len = 0;
	ssize_t n;

	assert_true(log_writer_drain(PROCESS_WAIT_MS));
	dup2(capture.stderr_before, STDERR_FILENO);
	close(capture.stderr_before);
	while (len < SIZE && (n = read(capture.read_end, captured + len, SIZE - len)) > 0)
		len += (size_t)n;
	close(capture.read_end);
	captured[len] = '\0';
	return captured;
}

/* Expects one line, in which the final newline is the only control character. */
static void
check_one_line(const char *text)
{
	size_t len = strlen(text), i;

	assert_true(len > 1);
	assert_int_equal(text[len - 1], '\n');
	for (i = 0; i < len - 1; i++)
		assert_true((unsigned char)text[i] >= 0x20);
}

/* Fails unless `s` starts as "2026-01-02T03:04:05.678Z" does. */
static void
check_time(const char *s)
{
	static const char form[] = "0000-00-00T00:00:00.000Z";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == '0')
			assert_in_range(s[i], '0', '9');
		else
			assert_int_equal(s[i], form[i]);
}

static void
a_text_line_has_time_level_area_and_message(void **state)
{
	const char *line;

	(void)state;
	log_setup(LOG_DEBUG, false);
	capture_begin();
	log_warn("redis", "lost %d of %s", 3, "many");
	line = capture_end();
	check_one_line(line);
	check_time(line);
	assert_string_equal(line + 24, " warn  redis: lost 3 of many\n");
}

static void
a_json_line_is_an_object_with_four_members(void **state)
{
	json_t *v;

	(void)state;
	log_setup(LOG_DEBUG, true);
	capture_begin();
	log_error("leader", "say \"%s\"", "why");
	check_one_line(capture_end());
	v = json_loads(captured, JSON_REJECT_DUPLICATES, NULL);
	assert_int_equal(json_object_size(v), 4);
	check_time(json_string_value(json_object_get(v, "time")));
	assert_string_equal(json_string_value(json_object_get(v, "level")), "error");
	assert_string_equal(json_string_value(json_object_get(v, "area")), "leader");
	assert_string_equal(json_string_value(json_object_get(v, "message")), "say \"why\"");
	json_decref(v);
}

static void
control_characters_are_escaped_in_text(void **state)
{
	(void)state;
	log_setup(LOG_DEBUG, false);
	capture_begin();
	log_info("a", "one\ntwo\r\t\x1b[31m\x7f gr\xc3\xbcn");
	check_one_line(capture_end());
	assert_null(strchr(captured, 0x7f));
	assert_non_null(strstr(captured, "a: one\\x0atwo\\x0d\\x09\\x1b[31m\\x7f gr\xc3\xbcn\n"));
}

static void
control_characters_are_escaped_in_json(void **state)
{
	json_t *v;

	(void)state;
	log_setup(LOG_DEBUG, true);
	capture_begin();
	log_info("a", "one\ntwo\r\t\x1b[31m \xff gr\xc3\xbcn");
	check_one_line(capture_end());
	v = json_loads(captured, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(v, "message")),
	    "one\ntwo\r\t\x1b[31m \xef\xbf\xbd gr\xc3\xbcn");
	json_decref(v);
}

static void
what_is_below_the_least_level_is_not_written(void **state)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	int least, level;

	(void)state;
	for (least = LOG_DEBUG; least <= LOG_ERROR; least++) {
		log_setup((enum log_level)least, false);
		for (level = LOG_DEBUG; level <= LOG_ERROR; level++) {
			capture_begin();
			log_line((enum log_level)level, "a", "m");
			capture_end();
			if (level < least)
				assert_string_equal(captured, "");
			else
				assert_non_null(strstr(captured, names[level]));
		}
	}
}

/* The message is cut, and the line still ends in a newline. */
static void
a_long_message_is_cut(void **state)
{
	static char message[3 * 4096];
	int json;

	(void)state;
	memset(message, 'm', sizeof(message) - 1);
	for (json = 0; json <= 1; json++) {
		log_setup(LOG_DEBUG, json == 1);
		capture_begin();
		log_info("a", "%s", message);
		check_one_line(capture_end());
		assert_in_range(strlen(captured), 4000, 4096 + 200);
	}
}

static void
each_call_is_a_line_of_its_own(void **state)
{
	const char *at;
	int i;

	(void)state;
	log_setup(LOG_INFO, false);
	capture_begin();
	for (i = 0; i < 5; i++)
		log_info("a", "line %d", i);
	at = capture_end();
	for (i = 0; i < 5; i++) {
		char end[32];

		snprintf(end, sizeof(end), " info  a: line %d\n", i);
		check_time(at);
		assert_memory_equal(at + 24, end, strlen(end));
		at += 24 + strlen(end);
	}
	assert_string_equal(at, "");
}

static const struct log_field fields[] = {
	{ "who", "127.0.0.1" },
	{ "status", "201", true },
	{ "none", "" },
	{ "odd", "a\nb\x1b\xc2\x9b c\x9b\xff \"q\"" },
};

static void
a_record_has_its_fields_after_the_message(void **state)
{
	(void)state;
	log_setup(LOG_DEBUG, false);
	capture_begin();
	log_record(LOG_INFO, "audit", "change", fields, ARRAY_LEN(fields));
	log_flush();
	check_one_line(capture_end());
	check_time(captured);
	assert_string_equal(captured + 24,
	    " info  audit: change who=127.0.0.1 status=201 none=- "
	    "odd=a\\x0ab\\x1b\\xc2\\x9b c\\x9b\\xff \"q\"\n");
}

static void
a_record_has_its_fields_as_members_in_json(void **state)
{
	json_t *v;

	(void)state;
	log_setup(LOG_DEBUG, true);
	capture_begin();
	log_record(LOG_INFO, "audit", "change", fields, ARRAY_LEN(fields));
	log_flush();
	check_one_line(capture_end());
	v = json_loads(captured, JSON_REJECT_DUPLICATES, NULL);
	assert_int_equal(json_object_size(v), 8);
	assert_string_equal(json_string_value(json_object_get(v, "message")), "change");
	assert_string_equal(json_string_value(json_object_get(v, "who")), "127.0.0.1");
	assert_int_equal(json_integer_value(json_object_get(v, "status")), 201);
	assert_string_equal(json_string_value(json_object_get(v, "none")), "");
	/* A control character that JSON need not escape is escaped as in text. */
	assert_null(strstr(captured, "\xc2\x9b"));
	json_decref(v);
}

static void
control_characters_above_ascii_are_escaped(void **state)
{
	int json;

	(void)state;
	for (json = 0; json <= 1; json++) {
		log_setup(LOG_DEBUG, json == 1);
		capture_begin();
		log_info("a", "%s",
		    "csi \xc2\x9b"
		    "31m, not \xc2\xa0 nor \xe2\x82\xac");
		check_one_line(capture_end());
		assert_null(strstr(captured, "\xc2\x9b"));
		assert_non_null(strstr(captured, "31m, not \xc2\xa0 nor \xe2\x82\xac"));
	}
}

static void
records_wait_for_the_flush_and_keep_their_order(void **state)
{
	const char *first, *second;

	(void)state;
	log_setup(LOG_INFO, false);
	capture_begin();
	log_record(LOG_INFO, "a", "never wanted", NULL, 0);
	capture_end();
	assert_string_equal(captured, "");
	capture_begin();
	log_record(LOG_DEBUG, "a", "below the level", NULL, 0);
	log_info("a", "a line");
	capture_end();
	first = strstr(captured, "never wanted\n");
	second = strstr(captured, "a line\n");
	assert_true(first != NULL && second != NULL && first < second);
	assert_null(strstr(captured, "below"));
	capture_begin();
	log_flush();
	assert_string_equal(capture_end(), "");
}

/* Read from a pipe that keeps writes apart: each has whole lines, and at most PIPE_BUF bytes. */
static void
many_records_share_writes_of_whole_lines(void **state)
{
	enum { RECORDS = 1000 };
	int ends[2], before = dup(STDERR_FILENO), lines = 0, writes = 0, i;
	ssize_t n;

	(void)state;
	log_setup(LOG_INFO, false);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK | O_DIRECT), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1024 * 1024) >= 1024 * 1024);
	dup2(ends[1], STDERR_FILENO);
	for (i = 0; i < RECORDS; i++)
		log_record(LOG_INFO, "audit", "change", fields, ARRAY_LEN(fields));
	log_flush();
	assert_true(log_writer_drain(PROCESS_WAIT_MS));
	dup2(before, STDERR_FILENO);
	close(before);
	close(ends[1]);
	while ((n = read(ends[0], captured, SIZE)) > 0) {
		assert_in_range(n, 1, 4096);
		assert_int_equal(captured[n - 1], '\n');
		captured[n] = '\0';
		for (i = 0; i < n; i++)
			lines += captured[i] == '\n';
		writes++;
	}
	close(ends[0]);
	assert_int_equal(lines, RECORDS);
	assert_in_range(writes, RECORDS / 60, RECORDS / 10);
}

/* The text of the second is reused; so this runs past the end of a second, line by line. */
static void
the_time_is_that_of_each_line(void **state)
{
	char before[CLOCK_TEXT_SIZE], after[CLOCK_TEXT_SIZE];
	int64_t end = clock_wall_ms() / 1000 * 1000 + 1005;

	(void)state;
	log_setup(LOG_INFO, false);
	while (clock_wall_ms() < end) {
		clock_text(clock_wall_ms(), before);
		capture_begin();
		log_info("a", "m");
		capture_end();
		clock_text(clock_wall_ms(), after);
		assert_true(strncmp(before, captured, 24) <= 0);
		assert_true(strncmp(captured, after, 24) <= 0);
	}
}

static void
each_level_is_found_by_its_name(void **state)
{
	static const char *const names[] = { LOG_LEVELS };

	(void)state;
	assert_int_equal(ARRAY_LEN(names), LOG_ERROR + 1);
	for (enum log_level level = LOG_DEBUG; level <= LOG_ERROR; level++)
		assert_int_equal(log_level_named(names[level]), level);
}

enum { STALLED_THREADS = 4, STALLED_LINES = 10000 };

/* Logs more than a pipe and the buffer take. */
static void *
log_many(void *arg)
{
	static const struct log_field field = { "pad",
		"0123456789012345678901234567890123456789012345678901234567890123456789" };
	int i;

	(void)arg;
	for (i = 0; i < STALLED_LINES / 2; i++) {
		log_info("a", "%s", field.value);
		log_record(LOG_INFO, "a", "m", &field, 1);
	}
	log_flush();
	return NULL;
}

struct stalled {
	int fd;
	struct buf text;
	size_t read_lines; /* and those that a line says were lost */
};

/* Reads what there is. True when each line was read or told to be lost. */
static bool
accounts_for_all(void *arg)
{
	struct stalled *s = arg;
	const char *line, *rest;
	ssize_t n;

	while ((n = read(s->fd, captured, SIZE)) > 0)
		buf_add(&s->text, captured, (size_t)n);
	s->read_lines = 0;
	for (rest = buf_str(&s->text); (line = strchr(rest, '\n')) != NULL; rest = line + 1) {
		json_t *v = json_loadb(rest, (size_t)(line - rest), JSON_REJECT_DUPLICATES, NULL);
		const char *message = json_string_value(json_object_get(v, "message"));

		assert_non_null(message);
		s->read_lines +=
		    strstr(message, " lines were lost") != NULL ? strtoul(message, NULL, 10) : 1;
		json_decref(v);
	}
	return s->read_lines >= (size_t)STALLED_THREADS * STALLED_LINES;
}

static double
lines_lost(void)
{
	struct metrics_reading *r = metrics_read();
	double lost = metrics_value(r, METRIC_LOG_LOST, 0, 0);

	metrics_free(r);
	return lost;
}

/* Logs from several threads while nobody reads; then reads all. */
static void
nobody_waits_for_the_reader(int stderr_at_first, int read_end, int write_end)
{
	struct stalled s = { .fd = read_end };
	int before = dup(STDERR_FILENO), i;
	double lost_before = lines_lost();
	pthread_t threads[STALLED_THREADS];

	log_setup(LOG_INFO, true);
	assert_true(dup2(stderr_at_first, STDERR_FILENO) >= 0);
	for (i = 0; i < STALLED_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_many, NULL), 0);
	for (i = 0; i < STALLED_THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_false(log_writer_drain(1));
	assert_true(lines_lost() > lost_before);
	assert_true(dup2(write_end, STDERR_FILENO) >= 0);
	assert_true(poll_until(accounts_for_all, &s, PROCESS_WAIT_MS));
	assert_int_equal(s.read_lines, STALLED_THREADS * STALLED_LINES);
	assert_non_null(strstr(buf_str(&s.text), " lines were lost"));
	dup2(before, STDERR_FILENO);
	close(before);
	close(read_end);
	close(write_end);
	buf_fini(&s.text);
}

static void
a_reader_that_stalls_holds_up_nobody_and_is_told_what_was_lost(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	nobody_waits_for_the_reader(ends[1], ends[0], ends[1]);
}

static void
after_a_full_disk_all_levels_are_written_again(void **state)
{
	int ends[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(full >= 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	nobody_waits_for_the_reader(full, ends[0], ends[1]);
	close(full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_line_has_time_level_area_and_message),
		cmocka_unit_test(a_json_line_is_an_object_with_four_members),
		cmocka_unit_test(control_characters_are_escaped_in_text),
		cmocka_unit_test(control_characters_are_escaped_in_json),
		cmocka_unit_test(what_is_below_the_least_level_is_not_written),
		cmocka_unit_test(a_long_message_is_cut),
		cmocka_unit_test(each_call_is_a_line_of_its_own),
		cmocka_unit_test(a_record_has_its_fields_after_the_message),
		cmocka_unit_test(a_record_has_its_fields_as_members_in_json),
		cmocka_unit_test(control_characters_above_ascii_are_escaped),
		cmocka_unit_test(records_wait_for_the_flush_and_keep_their_order),
		cmocka_unit_test(many_records_share_writes_of_whole_lines),
		cmocka_unit_test(the_time_is_that_of_each_line),
		cmocka_unit_test(each_level_is_found_by_its_name),
		cmocka_unit_test(a_reader_that_stalls_holds_up_nobody_and_is_told_what_was_lost),
		cmocka_unit_test(after_a_full_disk_all_levels_are_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
