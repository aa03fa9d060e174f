/*
 * The fields of a JSON body that are arrays or objects. Each function appends one, as its kind in
 * in_field.h says; a value that the kind does not allow is a failure. `v` is borrowed, and may be NULL for
 * a value that is neither.
 */
#ifndef API_ARGS_LISTS_H
#define API_ARGS_LISTS_H

#include "api/args.h"
#include "api/in_field.h"

#include <jansson.h>

/* IN_IDS and IN_ID_SET. */
void args_add_ids(struct args *a, const struct in_field *f, json_t *v);

/* IN_LABELS and IN_AMOUNTS. */
void args_add_pairs(struct args *a, const struct in_field *f, json_t *v);

/* IN_STRINGS and IN_STRINGS_SET. */
void args_add_strings(struct args *a, const struct in_field *f, json_t *v);

#endif
