/* What a load gets back: where one reply ends in the bytes of a connection, and whether it is good. */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stddef.h>

enum answer { ANSWER_GOOD, ANSWER_BAD, ANSWER_PARTIAL };

/*
 * Looks at the first reply in `s`, which a NUL follows. Unless it is partial, *used is its length.
 * `status` is what HTTP has to answer; the body, where `text` is not NULL, has to hold that.
 * HTTP replies must say their Content-Length: any other is bad.
 */
enum answer answer_http(const char *s, size_t len, int status, const char *text, size_t *used);

/* The same of Redis: good is whatever is no error, nor an array that holds one. */
enum answer answer_resp(const char *s, size_t len, size_t *used);

#endif
