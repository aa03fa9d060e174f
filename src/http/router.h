/* Finds the row of a route table that a method and a path mean. */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/request.h"
#include "http/uri.h"

enum { ROUTER_ALLOW_SIZE = 32 };

struct router;

/* Makes a router of a table, which is borrowed. Never NULL; free it with router_free. */
struct router *router_new(const struct route *routes, size_t n_routes);

void router_free(struct router *r);

/*
 * Finds the first row for `method` and `path`. Sets the REQUEST_PARAMS_MAX pointers of `params`
 * to the segments that ':' took, the others to "". `*allowed` gets one bit (1 << method) for
 * each method that has a row for the path; 0 says that there is no such path. NULL where no
 * row is found. The result is borrowed from the table, the parameters from `path`.
 */
const struct route *router_match(const struct router *r, enum method method,
    const struct uri_path *path, const char **params, unsigned *allowed);

/* The place of a row that was found in its table, from 1 on. */
size_t router_number(const struct router *r, const struct route *route);

/* Writes the value of an Allow header for the bits of `allowed`; GET brings HEAD. */
void router_allow_text(unsigned allowed, char out[ROUTER_ALLOW_SIZE]);

#endif
