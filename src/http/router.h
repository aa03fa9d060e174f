/* Finds the row of a route table that a method and a path mean. */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/request.h"
#include "http/uri.h"

enum { ROUTER_ALLOW_SIZE = 32 };

/*
 * Finds the first row for `method` and `path`. Sets the REQUEST_PARAMS_MAX pointers of `params`
 * to the segments that ':' took, the others to "". `*allowed` gets one bit (1 << method) for
 * each method that has a row for the path; 0 says that there is no such path. NULL where no
 * row is found. The result is borrowed from `routes`, the parameters from `path`.
 */
const struct route *router_match(const struct route *routes, size_t n_routes, enum method method,
    const struct uri_path *path, const char **params, unsigned *allowed);

/* Writes the value of an Allow header for the bits of `allowed`; GET brings HEAD. */
void router_allow_text(unsigned allowed, char out[ROUTER_ALLOW_SIZE]);

#endif
