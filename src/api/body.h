/*
 * Reads a JSON body into the values of the fields that a table names. Checks the JSON and the names;
 * args_body.c checks the values.
 */
#ifndef API_BODY_H
#define API_BODY_H

#include "api/args.h"
#include "api/in_field.h"

#include <jansson.h>

/* The value of one field. */
struct body_value {
	enum { BODY_ABSENT, BODY_TEXT, BODY_INT, BODY_REAL, BODY_BOOL, BODY_OTHER } kind;
	/* Of a text; of a number, as it was sent if "%.10g" would print the same, else NULL. */
	const char *text;
	size_t len;         /* of `text` */
	double number;      /* of an int or real */
	json_int_t integer; /* of an int */
	bool truth;         /* of a bool */
	json_t *tree;       /* of others: null, arrays and objects */
};

/*
 * Reads the `len` bytes of `text`, which a NUL must follow, into `values`, one for each of the `n`
 * fields. Fails `a` if it is no JSON object or has another field. The values borrow from `text` and
 * from the result, which the caller gives to json_decref and which may be NULL.
 */
json_t *body_read(struct args *a, const char *text, size_t len, const struct in_field *fields,
    size_t n, struct body_value *values) MUST_CHECK;

/* Does the same for an object that jansson has read. */
void body_object(struct args *a, json_t *object, const struct in_field *fields, size_t n,
    struct body_value *values);

#endif
