/* The route table of the API: method, path, handler. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "http/request.h"

#include <stddef.h>

extern const struct route api_routes[];
extern const size_t api_routes_count;

#endif
