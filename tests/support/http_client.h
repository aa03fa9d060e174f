/*
 * A small blocking HTTP/1.1 client for tests. It uses a raw socket, so a test can also send what no
 * library would. Every wait has a deadline: a call that exceeds it fails. It is only for tests: it
 * trusts the server's Content-Length and cannot read chunked responses.
 */
#ifndef SUPPORT_HTTP_CLIENT_H
#define SUPPORT_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_CLIENT_TIMEOUT_MS = 10000 };

/* One keep-alive connection. */
struct http_client {
	int fd;         /* -1 when closed */
	int timeout_ms; /* for each call; HTTP_CLIENT_TIMEOUT_MS unless changed after opening */
	char *in;       /* received bytes; those from in_start on are not yet returned */
	size_t in_start;
	size_t in_len;
	size_t in_size;
};

struct http_response {
	int status;
	char *headers; /* the header lines, each with CRLF */
	char *body;    /* ends with a NUL; "" if there is none */
	size_t body_len;
	bool close;  /* the server announced that it closes the connection */
	char *value; /* the last result of http_response_header */
};

/* Connects to a numeric address. Returns false on failure. The caller closes `c` in either case. */
bool http_client_open(struct http_client *c, const char *host, int port);

/* Closes the connection, if it is open. */
void http_client_close(struct http_client *c);

/* Closes the connection with a reset (RST). */
void http_client_reset(struct http_client *c);

/* Closes only our direction: the server reads an end of file. */
void http_client_shutdown(struct http_client *c);

/* Sends all `len` bytes. Returns false on an error or at the deadline. */
bool http_client_send(struct http_client *c, const void *data, size_t len);

/* Sends a string. */
bool http_client_send_str(struct http_client *c, const char *s);

/*
 * Reads a complete response into `r`; free it with http_response_fini. Returns false, with `r`
 * empty, if there was none. An informational response (100) counts as a response.
 */
bool http_client_read(struct http_client *c, struct http_response *r);

/* Like http_client_read, for the response to a HEAD request, which has no body. */
bool http_client_read_head(struct http_client *c, struct http_response *r);

/* True if the server closes the connection before the deadline without sending another byte. */
bool http_client_closed(struct http_client *c);

/*
 * Sends a request and reads the response. The body is sent as application/json; NULL sends none.
 * Returns false if there was no response.
 */
bool http_client_call(struct http_client *c, const char *method, const char *path, const char *body,
    struct http_response *r);

/* Like http_client_call, on a new connection to 127.0.0.1:`port`. */
bool http_call(
    int port, const char *method, const char *path, const char *body, struct http_response *r);

/*
 * The value of the first header line `name` (in any case), without surrounding spaces; NULL if
 * there is none. Valid until the next call for `r` or http_response_fini.
 */
const char *http_response_header(struct http_response *r, const char *name);

/* Frees what the response holds and makes it empty. */
void http_response_fini(struct http_response *r);

#endif
