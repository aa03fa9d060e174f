/* How many file descriptors this process may have, and what they are for. */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

#include <stddef.h>

/* Raises the soft limit to the hard one, if that is allowed. Returns the limit that then applies. */
size_t descriptors_raise(void);

/*
 * The most HTTP connections of each of `workers` workers that leave enough of `limit` descriptors for
 * everything else: connections to Redis and its sentinels, sockets of the resolver, files, and
 * connections that are only told that there are too many. At least 1.
 */
size_t descriptors_for_connections(size_t limit, size_t workers);

/* Connections over a limit of `connections` that get an answer; further ones are closed at once. */
size_t descriptors_refused_max(size_t connections);

#endif
