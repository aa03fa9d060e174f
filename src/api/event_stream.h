/* The handler of /api/cluster/events. It consumes the request. */
#ifndef API_EVENT_STREAM_H
#define API_EVENT_STREAM_H

#include "http/request.h"

void event_list(struct request *rq);

#endif
