/* Listening sockets. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include "base/error.h"

/*
 * Binds and listens on `host`:`port` (0: any free port). Returns the descriptor, non-blocking
 * and close-on-exec, which the caller closes; or -1, with a sentence in `why`.
 */
int http_listen(const char *host, int port, char *why, size_t why_size) MUST_CHECK;

/* The port that `fd` listens on; 0 if that cannot be told. */
int http_listen_port(int fd);

#endif
