/*
 * A JSON body as the values of the fields that a table names. It judges the JSON and the names;
 * args_body.c judges the values.
 */
#ifndef API_BODY_H
#define API_BODY_H

#include "api/args.h"
#include "api/in_field.h"

#include <jansson.h>

/* What a field was given. */
struct body_value {
	enum { BODY_ABSENT, BODY_TEXT, BODY_INT, BODY_REAL, BODY_BOOL, BODY_OTHER } kind;
	const char *text; /* of a text; of a number as "%.10g" would print it, or NULL */
	size_t len;
	double number;      /* of an int or real */
	json_int_t integer; /* of an int */
	bool truth;         /* of a bool */
	json_t *tree;       /* of others: null, arrays and objects */
};

/*
 * Reads the `len` bytes of `text`, behind which a NUL stands, into `values`, one for each of the `n`
 * fields; fails `a` where it is no JSON object or has another field. The values borrow from `text`
 * and from the tree that is returned, which may be NULL: give it to json_decref.
 */
json_t *body_read(struct args *a, const char *text, size_t len, const struct in_field *fields,
    size_t n, struct body_value *values) MUST_CHECK;

/* Takes the fields of an object that is read already into `values`, in the same way. */
void body_object(struct args *a, json_t *object, const struct in_field *fields, size_t n,
    struct body_value *values);

#endif
