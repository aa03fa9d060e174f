/*
 * Makes a script's arguments of a JSON body. A table of fields says what the body may have; each
 * field becomes one argument, "" if it is absent.
 */
#ifndef API_ARGS_BODY_H
#define API_ARGS_BODY_H

#include "api/args.h"
#include "api/in_field.h"

#include <jansson.h>

/*
 * Appends the fields of the request's JSON body; an empty body is an empty object. A body that is
 * not a JSON object, an unknown field and a value that the table does not allow are failures.
 */
void args_body(struct args *a, const struct request *rq, const struct in_field *fields, size_t n);

/*
 * Appends the fields of an object inside a body in the same way. The names in a failure are
 * preceded by `where`, such as "agents[3].".
 */
void args_object(
    struct args *a, json_t *object, const struct in_field *fields, size_t n, const char *where);

#endif
