/* The addresses of the front-ends that a client may use. */
#ifndef CLIENT_ADDRESS_H
#define CLIENT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

enum { ADDRESSES_MAX = 64, ADDRESS_PORT = 8151 };

struct addresses {
	char **urls;  /* "http://host:port" or "http://host:port/path", without a slash at the end */
	char **shown; /* the same without user and password, for people */
	size_t n;
};

/* Reads a comma-separated list of addresses. Returns false if one is malformed, or if there are
 * none or more than ADDRESSES_MAX. */
bool addresses_init(struct addresses *a, const char *text);

/* Makes `to` a copy of `from`. */
void addresses_copy(struct addresses *to, const struct addresses *from);

void addresses_fini(struct addresses *a);

#endif
