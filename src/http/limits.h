/* The limits of one server. */
#ifndef HTTP_LIMITS_H
#define HTTP_LIMITS_H

#include <stddef.h>

/* All are at least 1. */
struct http_limits {
	size_t connections_max; /* open at a time; one more is answered 429 and closed */
	int header_deadline_ms; /* from the first byte of a request to the end of its header */
	int body_deadline_ms;   /* from the end of the header to the end of the body */
	int idle_ms;            /* between requests, and for a client that does not read */
};

#endif
