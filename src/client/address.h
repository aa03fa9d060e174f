/* The list of front-ends that a client was given. */
#ifndef CLIENT_ADDRESS_H
#define CLIENT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

enum { ADDRESSES_MAX = 64, ADDRESS_PORT = 8151 };

struct addresses {
	char **urls; /* "http://host:port", without a slash at the end */
	size_t n;
};

/* Reads addresses apart by commas. False where one is malformed, or there are none or too many. */
bool addresses_init(struct addresses *a, const char *text);

/* Makes `to` a copy. */
void addresses_copy(struct addresses *to, const struct addresses *from);

void addresses_fini(struct addresses *a);

#endif
