/* The handler of /api/openapi.json. It consumes the request. */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "http/request.h"

void openapi_get(struct request *rq);

#endif
