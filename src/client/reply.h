/* The JSON of an answer, read by path. */
#ifndef CLIENT_REPLY_H
#define CLIENT_REPLY_H

#include "muster/muster.h"

#include <jansson.h>

/* A reply that takes the reference to `root`. */
muster_reply *reply_new(json_t *root);

/* The reply in this text, or NULL where it is no JSON object. */
muster_reply *reply_parse(const char *text, size_t len);

#endif
