/*
 * Replies. Each function that ends in a reply consumes the request: exactly one of them is
 * called for every request, and the request is gone afterwards. A reply to a client that has
 * left is dropped without a word. HEAD is answered as GET without the body.
 */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "base/buf.h"
#include "base/error.h"
#include "http/request.h"

#include <sys/types.h>

/* Adds a header line to the reply to come. `name` and `value` are copied; no CR or LF. */
void reply_header(struct request *rq, const char *name, const char *value);

/* The same for Location: the path of `id`, an id, in `folder`, "/api/cluster/nodes/". */
void reply_location(struct request *rq, const char *folder, const char *id, size_t len);

enum { REPLY_LENGTH_UNKNOWN = -1 };

/*
 * Puts the status line and the headers of the reply into the output, for those that send the rest:
 * stream.c. `type` NULL: no body. The client must not have gone.
 */
void reply_head(struct request *rq, int status, const char *type, ssize_t len);

/* Replies `status` with the JSON text in `body`, which is emptied. */
void reply_json(struct request *rq, int status, struct buf *body);

/* Replies 200 with the text in `body`, which is emptied. */
void reply_text(struct request *rq, const char *content_type, struct buf *body);

/* Replies `status` without a body. */
void reply_empty(struct request *rq, int status);

/*
 * Replies 200 with `len` bytes of `content_type`, or 304 to a client that has them. It may keep
 * them if it asks each time whether they still hold.
 */
void reply_static(struct request *rq, const char *content_type, const void *data, size_t len);

/*
 * Replies with the problem document (RFC 9457) of `e`: its status, title and code, and `detail`,
 * a sentence that names what was wrong. OVERLOADED and STORE_UNAVAILABLE carry Retry-After.
 */
void reply_problem(struct request *rq, enum err e, const char *detail);

/* The same with `reasons`, JSON text, as a further member; NULL for none. */
void reply_problem_reasons(struct request *rq, enum err e, const char *detail, const char *reasons);

/*
 * Writes the problem document of an error as an object under `key` (NULL at the top or in an array),
 * for a reply that has several. `reasons` is a JSON object, or NULL.
 */
void reply_problem_object(
    struct buf *b, const char *key, enum err e, const char *detail, const char *reasons);

#endif
