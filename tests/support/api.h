/*
 * The API as a test speaks it: one line sends a request, checks the status and gives the JSON.
 * A check that fails ends the test with the caller's file and line. On threads of a test's own
 * nothing may be checked: there, api_try alone is for use.
 *
 * What these functions return is borrowed from a ring of the calling thread: it lives for the
 * thread's next API_RING calls, and until api_reset.
 */
#ifndef SUPPORT_API_H
#define SUPPORT_API_H

#include <jansson.h>
#include <stdbool.h>

enum { API_RING = 64, API_WAIT_MS = 20000 };

/* Formats a path or a body. */
const char *fmt(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sends a request. The status, 0 where no response came; the JSON in *body, NULL for none. */
int api_try(int port, const char *method, const char *path, const char *text, json_t **body);

/* The same, and fails the test unless the status is `status`. NULL for a reply without JSON. */
#define api(port, status, method, path, text) \
	api_checked(__FILE__, __LINE__, port, status, method, path, text)
json_t *api_checked(const char *file, int line, int port, int status, const char *method,
    const char *path, const char *text);

/*
 * Sends a request that is to be refused: checks the status, the code, the content type, and that
 * the problem document has all its members and no other. Returns the document.
 */
#define api_problem(port, status, code, method, path, text) \
	api_problem_checked(__FILE__, __LINE__, port, status, code, method, path, text)
json_t *api_problem_checked(const char *file, int line, int port, int status, const char *code,
    const char *method, const char *path, const char *text);

/* The same checks on a response's status, content type and body that came some other way. */
void api_check_problem(const char *file, int line, int status, const char *code, int got,
    const char *content_type, const json_t *body);

/* A header of the thread's last response, NULL where it was absent. */
const char *api_header(const char *name);

/* The member at a path such as "agents.assigned" or "nodes.0.id"; NULL where there is none. */
json_t *json_find(const json_t *v, const char *path);

/* The same with a value of the right type, or else the test fails. */
#define get_int(v, path)  json_int_checked(__FILE__, __LINE__, v, path)
#define get_num(v, path)  json_num_checked(__FILE__, __LINE__, v, path)
#define get_str(v, path)  json_str_checked(__FILE__, __LINE__, v, path)
#define get_bool(v, path) json_bool_checked(__FILE__, __LINE__, v, path)
#define get_null(v, path) json_null_checked(__FILE__, __LINE__, v, path)
long long json_int_checked(const char *file, int line, const json_t *v, const char *path);
double json_num_checked(const char *file, int line, const json_t *v, const char *path);
const char *json_str_checked(const char *file, int line, const json_t *v, const char *path);
bool json_bool_checked(const char *file, int line, const json_t *v, const char *path);
void json_null_checked(const char *file, int line, const json_t *v, const char *path);

/* Fails the test unless the member equals the JSON text `expected`. */
#define check_json(v, path, expected) json_equal_checked(__FILE__, __LINE__, v, path, expected)
void json_equal_checked(
    const char *file, int line, const json_t *v, const char *path, const char *expected);

/*
 * Asks GET `url` until the reply has status 200 and its member at `path` equals the JSON text
 * `expected`, for at most `ms`; else the test fails with the last reply. Returns that reply.
 */
#define wait_json(port, url, path, expected, ms) \
	wait_json_checked(__FILE__, __LINE__, port, url, path, expected, ms)
json_t *wait_json_checked(const char *file, int line, int port, const char *url, const char *path,
    const char *expected, long ms);

/* Asks GET `url` until the reply has this status. */
#define wait_status(port, url, status, ms) \
	wait_status_checked(__FILE__, __LINE__, port, url, status, ms)
void wait_status_checked(
    const char *file, int line, int port, const char *url, int status, long ms);

/* Frees what the calling thread's ring holds. */
void api_reset(void);

#endif
