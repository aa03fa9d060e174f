/* The JSON of an answer, read by path. */
#ifndef CLIENT_REPLY_H
#define CLIENT_REPLY_H

#include "muster/muster.h"

#include <jansson.h>

/* Makes a reply that takes over the reference to `root`. */
muster_reply *reply_new(json_t *root);

/* Parses the text. Returns NULL if it is not a JSON object. */
muster_reply *reply_parse(const char *text, size_t len);

#endif
