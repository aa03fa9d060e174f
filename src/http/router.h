/* Finds the row of a route table for a method and a path. */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/request.h"
#include "http/uri.h"

enum { ROUTER_ALLOW_SIZE = 32 };

struct router;

/* Makes a router for a table, which is borrowed. Never NULL; free it with router_free. */
struct router *router_new(const struct route *routes, size_t n_routes);

void router_free(struct router *r);

/*
 * Finds the first row that matches `method` and `path`. Sets the REQUEST_PARAMS_MAX pointers of
 * `params` to the segments that ':' matched, the others to "". `*allowed` gets a bit (1 << method)
 * for each method that has a row for this path; 0: there is no such path. Returns NULL if no row
 * matches. The result is borrowed from the table, the parameters from `path`.
 */
const struct route *router_match(const struct router *r, enum method method,
    const struct uri_path *path, const char **params, unsigned *allowed);

/* The number of a row in the table, counted from 1. */
size_t router_number(const struct router *r, const struct route *route);

/* Writes the value of an Allow header for the bits of `allowed`. GET implies HEAD. */
void router_allow_text(unsigned allowed, char out[ROUTER_ALLOW_SIZE]);

#endif
