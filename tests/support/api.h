/*
 * The API for tests: one line sends a request, checks the status and returns the JSON. A check that
 * fails ends the test with the caller's file and line. On a thread that a test started, nothing may
 * be checked: there, use only api_try.
 *
 * What these functions return is borrowed from a ring of the calling thread. It is valid until the
 * thread's next API_RING calls, or until api_reset.
 */
#ifndef SUPPORT_API_H
#define SUPPORT_API_H

#include <jansson.h>
#include <stdbool.h>

enum { API_RING = 64, API_WAIT_MS = 20000 };

/* Formats a path or a body. Borrowed as above. */
const char *fmt(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sends a request. Returns the status, or 0 if there was no response. Sets *body to the JSON, NULL
 * if there is none. */
int api_try(int port, const char *method, const char *path, const char *text, json_t **body);

/* Sends a request and fails the test unless the response has this status. Returns the JSON, NULL if
 * there is none. */
#define api(port, status, method, path, text) \
	api_checked(__FILE__, __LINE__, port, status, method, path, text)
json_t *api_checked(const char *file, int line, int port, int status, const char *method,
    const char *path, const char *text);

/*
 * Sends a request that must be refused. Checks the status, the code and the content type, and that
 * the problem document has all of its members and no others. Returns the document.
 */
#define api_problem(port, status, code, method, path, text) \
	api_problem_checked(__FILE__, __LINE__, port, status, code, method, path, text)
json_t *api_problem_checked(const char *file, int line, int port, int status, const char *code,
    const char *method, const char *path, const char *text);

/* Makes the same checks on a response that was received in another way. */
void api_check_problem(const char *file, int line, int status, const char *code, int got,
    const char *content_type, const json_t *body);

/* A header of the thread's last response; NULL if it had none. */
const char *api_header(const char *name);

/* The member at a path such as "agents.assigned" or "nodes.0.id"; NULL if there is none. */
json_t *json_find(const json_t *v, const char *path);

/* Like json_find, but returns the value. Fails the test if it is missing or has another type. */
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
 * Repeats GET `url` until the response has status 200 and its member at `path` equals the JSON text
 * `expected`. Fails the test after `ms`, printing the last response. Returns the response.
 */
#define wait_json(port, url, path, expected, ms) \
	wait_json_checked(__FILE__, __LINE__, port, url, path, expected, ms)
json_t *wait_json_checked(const char *file, int line, int port, const char *url, const char *path,
    const char *expected, long ms);

/* Repeats GET `url` until the response has this status. Fails the test after `ms`. */
#define wait_status(port, url, status, ms) \
	wait_status_checked(__FILE__, __LINE__, port, url, status, ms)
void wait_status_checked(
    const char *file, int line, int port, const char *url, int status, long ms);

/* Frees everything in the calling thread's ring. */
void api_reset(void);

#endif
