/* Replies of HTTP and Redis, as far as a load generator has to understand them: where one ends, and whether it is good. */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stddef.h>

enum answer { ANSWER_GOOD, ANSWER_BAD, ANSWER_PARTIAL };

/*
 * Looks at the first reply in the `len` bytes at `s`, after which there must be a NUL. Sets *used to the
 * length of the reply unless it is partial. A good reply has this status, a Content-Length and, if `text` is
 * not NULL, a body that contains `text`.
 */
enum answer answer_http(const char *s, size_t len, int status, const char *text, size_t *used);

/* Like answer_http, for a reply of Redis. It is good unless it is an error, or an array that contains one. */
enum answer answer_resp(const char *s, size_t len, size_t *used);

#endif
