/* How one server serves. */
#ifndef HTTP_OPTIONS_H
#define HTTP_OPTIONS_H

#include "http/proxies.h"

#include <stddef.h>

/* All limits are at least 1. What is pointed to is borrowed. */
struct http_options {
	size_t connections_max; /* open at a time; one more is answered 429 and closed */
	int header_deadline_ms; /* from the first byte of a request to the end of its header */
	int body_deadline_ms;   /* from the end of the header to the end of the body */
	int idle_ms;            /* between requests, and for a client that does not read */
	const struct proxies *proxies; /* that are trusted; NULL for none */
	const char *path_prefix;       /* uri_prefix_valid; served with and without it */
};

#endif
