/*
 * Which node each agent is on and with which epoch, built in two ways that must give the same
 * result: by applying events, and from the API's list. A copy is {"<agent>": [node_id or null,
 * epoch], …}.
 */
#ifndef SUPPORT_FOLLOWER_H
#define SUPPORT_FOLLOWER_H

#include "support/sse.h"

#include <jansson.h>

/* Applies an event to the copy. Events that do not concern an agent change nothing. */
void follower_fold(json_t *copy, const struct sse_event *e);

/* Makes a copy from the API's list, page by page. Returns a new reference. Fails the test on
 * errors. */
json_t *follower_listing(int port);

#endif
