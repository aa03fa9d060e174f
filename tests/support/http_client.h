/*
 * A small blocking HTTP/1.1 client for tests, over a raw socket, so that a test can also send
 * what no library would. Every wait has a deadline: a call that passes it fails, it never hangs.
 * Not a client for products: it trusts the server's Content-Length and knows no chunked replies.
 */
#ifndef SUPPORT_HTTP_CLIENT_H
#define SUPPORT_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_CLIENT_TIMEOUT_MS = 10000 };

/* One keep-alive connection. */
struct http_client {
	int fd;         /* -1 when closed */
	int timeout_ms; /* for each call; HTTP_CLIENT_TIMEOUT_MS after opening */
	char *in;       /* what was received; from in_start on it is not yet returned */
	size_t in_start;
	size_t in_len;
	size_t in_size;
};

struct http_response {
	int status;
	char *headers; /* the header lines, each ended by CRLF */
	char *body;    /* NUL-terminated; "" where there is none */
	size_t body_len;
	bool close;  /* the server said that it closes the connection */
	char *value; /* what http_response_header returned last */
};

/* Connects to a numeric address. False when that fails; close `c` in either case. */
bool http_client_open(struct http_client *c, const char *host, int port);

/* Closes the connection, if it is open. */
void http_client_close(struct http_client *c);

/* Closes the connection by a reset (RST). */
void http_client_reset(struct http_client *c);

/* Ends our direction alone: the server reads an end of file. */
void http_client_shutdown(struct http_client *c);

/* Sends all `len` bytes. False on an error or at the deadline. */
bool http_client_send(struct http_client *c, const void *data, size_t len);

/* Sends a string. */
bool http_client_send_str(struct http_client *c, const char *s);

/*
 * Reads one whole response into `r`, which http_response_fini releases. False where none came,
 * and `r` is then empty. An informational response (100) is a response of its own.
 */
bool http_client_read(struct http_client *c, struct http_response *r);

/* The same for the response to a HEAD request, which has no body. */
bool http_client_read_head(struct http_client *c, struct http_response *r);

/* True when the server closes the connection without a further byte before the deadline. */
bool http_client_closed(struct http_client *c);

/*
 * Sends one request and reads its response. `body` NULL sends none; a body goes as
 * application/json. False where no response came.
 */
bool http_client_call(struct http_client *c, const char *method, const char *path, const char *body,
    struct http_response *r);

/* The same on a connection of its own to 127.0.0.1:`port`. */
bool http_call(
    int port, const char *method, const char *path, const char *body, struct http_response *r);

/*
 * The value of the first header line `name` (in any case), without the spaces around it; NULL
 * where there is none. Valid until the next call for `r`, and until http_response_fini.
 */
const char *http_response_header(struct http_response *r, const char *name);

/* Frees what the response holds and leaves it empty. */
void http_response_fini(struct http_response *r);

#endif
