/* Requests that no client has sent, and what their bodies make of a script's arguments. */
#ifndef UNIT_API_FIXTURE_H
#define UNIT_API_FIXTURE_H

#include "api/args_body.h"
#include "http/request_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* A request with a body of `len` bytes, for request_free. */
struct request *with_body(const char *body, size_t len);

/* Starts `a` and reads such a body into it by the table. */
void read_body(
    struct args *a, const char *body, size_t len, const struct in_field *fields, size_t n);

/* Expects the body to be refused, with a detail that starts so. */
void refuses_body(const struct in_field *fields, size_t n, const char *body, size_t len, enum err e,
    const char *detail);

#endif
