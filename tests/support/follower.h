/*
 * Which agent is where, and under which epoch, kept two ways that must come to the same: by folding
 * events, and from the API's own list. A copy is {"<agent>": [node_id or null, epoch], …}.
 */
#ifndef SUPPORT_FOLLOWER_H
#define SUPPORT_FOLLOWER_H

#include "support/sse.h"

#include <jansson.h>

/* Folds one event into the copy; those that are no agent's change nothing. */
void follower_fold(json_t *copy, const struct sse_event *e);

/* The copy that the API's list makes, page by page; a new reference. Fails the test on errors. */
json_t *follower_listing(int port);

#endif
