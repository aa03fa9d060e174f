/*
 * Replies. The functions that say "replies" consume the request: exactly one of them must be called
 * for each request, and the request is freed. A reply to a client that has gone is dropped silently.
 * HEAD is answered like GET, without the body.
 */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "base/buf.h"
#include "base/error.h"
#include "http/request.h"

#include <sys/types.h>

/* Adds a header line to the reply that follows. `name` and `value`, without CR or LF, are copied. */
void reply_header(struct request *rq, const char *name, const char *value);

/*
 * Adds a Location to the reply that follows: the server's prefix, `folder`, such as
 * "/api/cluster/nodes/", and `id`, `len` bytes.
 */
void reply_location(struct request *rq, const char *folder, const char *id, size_t len);

enum { REPLY_LENGTH_UNKNOWN = -1 };

/*
 * Writes the status line and the headers of a reply whose body of `len` bytes is sent by the caller
 * (stream.c). A body of unknown length is announced as chunked, but not to HTTP/1.0, which knows no
 * chunks. `type` NULL: there is no body. The request must have a sink.
 */
void reply_head(struct request *rq, int status, const char *type, ssize_t len);

/*
 * Replies `status` with the JSON text in `body`, which is freed. A GET with status 200 gets an ETag, and
 * 304 if the client has this very text.
 */
void reply_json(struct request *rq, int status, struct buf *body);

/* Replies 200 with the text in `body`, which is freed. */
void reply_text(struct request *rq, const char *content_type, struct buf *body);

/* Replies `status` without a body. */
void reply_empty(struct request *rq, int status);

/*
 * Replies 200 with `len` bytes of `content_type`, or 304 to a client that has them already. The
 * client may keep them, but must ask each time whether they are still current.
 */
void reply_static(struct request *rq, const char *content_type, const void *data, size_t len);

/*
 * Replies with the problem document (RFC 9457) of `e`: its status, title and code, and `detail`,
 * a sentence that names what was wrong. OVERLOADED and STORE_UNAVAILABLE have a Retry-After.
 */
void reply_problem(struct request *rq, enum err e, const char *detail);

/* Like reply_problem, with a further member "reasons", which is JSON text; NULL for none. */
void reply_problem_reasons(struct request *rq, enum err e, const char *detail, const char *reasons);

/*
 * Writes the problem document of `e` as an object under `key` (NULL at the top or in an array), for a
 * reply with several of them. `reasons` is a JSON object, or NULL.
 */
void reply_problem_object(
    struct buf *b, const char *key, enum err e, const char *detail, const char *reasons);

#endif
