/* One-line requests with checks. Invariant: everything that is returned is held by the thread's
 * ring. */
#include "support/api.h"

#include "support/http_client.h"
#include "support/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static _Thread_local json_t *bodies[API_RING];
static _Thread_local size_t bodies_at;
static _Thread_local char *texts[API_RING];
static _Thread_local size_t texts_at;
static _Thread_local struct http_response last;

const char *
fmt(const char *format, ...)
{
	char **text = &texts[texts_at++ % API_RING];
	va_list ap;

	free(*text);
	va_start(ap, format);
	if (vasprintf(text, format, ap) < 0)
		abort();
	va_end(ap);
	return *text;
}

void
api_reset(void)
{
	size_t i;

	for (i = 0; i < API_RING; i++) {
		json_decref(bodies[i]);
		free(texts[i]);
		bodies[i] = NULL;
		texts[i] = NULL;
	}
	http_response_fini(&last);
}

int
api_try(int port, const char *method, const char *path, const char *text, json_t **body)
{
	json_t **kept = &bodies[bodies_at++ % API_RING];

	json_decref(*kept);
	*kept = NULL;
	http_response_fini(&last);
	if (http_call(port, method, path, text, &last) && last.body_len > 0)
		*kept = json_loadb(last.body, last.body_len, JSON_REJECT_DUPLICATES, NULL);
	if (body != NULL)
		*body = *kept;
	return last.status;
}

json_t *
api_checked(const char *file, int line, int port, int status, const char *method, const char *path,
    const char *text)
{
	json_t *body;
	int got = api_try(port, method, path, text, &body);

	if (got != status) {
		print_error("%s %s %s: status %d instead of %d: %s\n", method, path,
		    text != NULL ? text : "", got, status, last.body != NULL ? last.body : "");
		_fail(file, line);
	}
	if (last.body_len > 0 && body == NULL) {
		print_error("%s %s: no JSON: %s\n", method, path, last.body);
		_fail(file, line);
	}
	return body;
}

static bool
is_problem(int status, const char *code, const char *content_type, const json_t *body)
{
	const char *got = json_string_value(json_object_get(body, "code"));
	const char *detail = json_string_value(json_object_get(body, "detail"));
	size_t members = json_object_get(body, "reasons") != NULL ? 7 : 6;

	return content_type != NULL && strcmp(content_type, "application/problem+json") == 0 &&
	    got != NULL && strcmp(got, code) == 0 && detail != NULL && *detail != '\0' &&
	    json_integer_value(json_object_get(body, "status")) == status &&
	    json_is_string(json_object_get(body, "type")) &&
	    json_string_length(json_object_get(body, "title")) > 0 &&
	    json_is_boolean(json_object_get(body, "retryable")) &&
	    json_object_size(body) == members;
}

void
api_check_problem(const char *file, int line, int status, const char *code, int got,
    const char *content_type, const json_t *body)
{
	char *text;

	if (got == status && is_problem(status, code, content_type, body))
		return;
	text = json_dumps(body, JSON_ENCODE_ANY);
	print_error("a problem %d %s is expected, not %d %s %s\n", status, code, got,
	    content_type != NULL ? content_type : "(no content type)", text != NULL ? text : "");
	free(text);
	_fail(file, line);
}

json_t *
api_problem_checked(const char *file, int line, int port, int status, const char *code,
    const char *method, const char *path, const char *text)
{
	json_t *body;
	int got = api_try(port, method, path, text, &body);

	if (got != status)
		print_error("%s %.200s %.500s\n", method, path, text != NULL ? text : "");
	api_check_problem(file, line, status, code, got, api_header("Content-Type"), body);
	return body;
}

const char *
api_header(const char *name)
{
	return http_response_header(&last, name);
}

json_t *
json_find(const json_t *v, const char *path)
{
	char part[160];

	while (v != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		v = json_is_array(v) ? json_array_get(v, strtoul(part, NULL, 10))
		                     : json_object_get(v, part);
		path += n + (path[n] == '.');
	}
	return (json_t *)(uintptr_t)v;
}

static void
type_failed(const char *file, int line, const json_t *v, const char *path, const char *type)
{
	char *text = json_dumps(v, JSON_ENCODE_ANY);

	print_error("'%s' is no %s in %s\n", path, type, text != NULL ? text : "(nothing)");
	free(text);
	_fail(file, line);
}

long long
json_int_checked(const char *file, int line, const json_t *v, const char *path)
{
	const json_t *m = json_find(v, path);

	if (!json_is_integer(m))
		type_failed(file, line, v, path, "whole number");
	return json_integer_value(m);
}

double
json_num_checked(const char *file, int line, const json_t *v, const char *path)
{
	const json_t *m = json_find(v, path);

	if (!json_is_number(m))
		type_failed(file, line, v, path, "number");
	return json_number_value(m);
}

const char *
json_str_checked(const char *file, int line, const json_t *v, const char *path)
{
	const json_t *m = json_find(v, path);

	if (!json_is_string(m))
		type_failed(file, line, v, path, "string");
	return json_string_value(m);
}

bool
json_bool_checked(const char *file, int line, const json_t *v, const char *path)
{
	const json_t *m = json_find(v, path);

	if (!json_is_boolean(m))
		type_failed(file, line, v, path, "boolean");
	return json_is_true(m);
}

void
json_null_checked(const char *file, int line, const json_t *v, const char *path)
{
	if (!json_is_null(json_find(v, path)))
		type_failed(file, line, v, path, "null");
}

static bool
equals(const json_t *v, const char *path, const char *expected)
{
	json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
	json_t *m = json_find(v, path);
	bool equal = wanted != NULL && m != NULL && json_equal(wanted, m);

	if (!equal && json_is_number(wanted) && json_is_number(m))
		equal = json_number_value(wanted) == json_number_value(m);
	json_decref(wanted);
	return equal;
}

void
json_equal_checked(
    const char *file, int line, const json_t *v, const char *path, const char *expected)
{
	if (!equals(v, path, expected))
		type_failed(file, line, v, path, expected);
}

struct wait {
	int port;
	const char *url, *path, *expected; /* NULL: only the status is checked */
	int status;
	json_t *body;
	int got;
};

static bool
has_come(void *arg)
{
	struct wait *w = arg;

	w->got = api_try(w->port, "GET", w->url, NULL, &w->body);
	return w->got == w->status &&
	    (w->expected == NULL || equals(w->body, w->path, w->expected));
}

static void
wait_checked(const char *file, int line, struct wait *w, long ms)
{
	/* The paths may be texts in the ring, which polling does not advance. */
	if (poll_until(has_come, w, ms))
		return;
	print_error("after %ld ms GET %s still gives %d %s\nexpected: %d %s %s\n", ms, w->url,
	    w->got, last.body != NULL ? last.body : "(no response)", w->status,
	    w->path != NULL ? w->path : "", w->expected != NULL ? w->expected : "");
	_fail(file, line);
}

json_t *
wait_json_checked(const char *file, int line, int port, const char *url, const char *path,
    const char *expected, long ms)
{
	struct wait w = {
		.port = port, .url = url, .path = path, .expected = expected, .status = 200
	};

	wait_checked(file, line, &w, ms);
	return w.body;
}

void
wait_status_checked(const char *file, int line, int port, const char *url, int status, long ms)
{
	struct wait w = { .port = port, .url = url, .status = status };

	wait_checked(file, line, &w, ms);
}
