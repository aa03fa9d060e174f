/* Requests that no client has sent, and the arguments that their bodies become. */
#ifndef UNIT_API_FIXTURE_H
#define UNIT_API_FIXTURE_H

#include "api/args_body.h"
#include "http/request_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Makes a request with a body of `len` bytes. Free it with request_free. */
struct request *with_body(const char *body, size_t len);

/* Starts `a` and appends the fields of such a body to it. */
void read_body(
    struct args *a, const char *body, size_t len, const struct in_field *fields, size_t n);

/* Expects the body to be refused with `e` and a detail that starts with `detail`. */
void refuses_body(const struct in_field *fields, size_t n, const char *body, size_t len, enum err e,
    const char *detail);

#endif
