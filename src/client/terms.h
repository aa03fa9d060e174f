/* The fields that terms add to a request. */
#ifndef CLIENT_TERMS_H
#define CLIENT_TERMS_H

#include "muster/muster.h"

#include <jansson.h>

/* Adds the terms to the body of a request; `t` may be NULL. */
void terms_add_to(json_t *body, const muster_terms *t);

#endif
