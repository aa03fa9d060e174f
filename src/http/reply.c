/*
 * Replies: the status line, the headers and the problem document. Not responsible for sending:
 * everything goes into the output of the sink. Invariant: each reply gives the length of its body, so
 * that another one can follow on the same connection; only a stream has none.
 */
#include "http/reply.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/metrics.h"
#include "base/text.h"
#include "http/access_log.h"
#include "http/request_internal.h"
#include "http/sink.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* Room for a head without its type and the headers that were added. */
enum { HEAD_MAX = 512 };

static const char *
status_line(int status)
{
	static const struct {
		int status;
		const char *line;
	} lines[] = {
#define LINE(status, text) { status, "HTTP/1.1 " #status " " text "\r\n" }
		LINE(200, "OK"),
		LINE(201, "Created"),
		LINE(202, "Accepted"),
		LINE(204, "No Content"),
		LINE(304, "Not Modified"),
		LINE(308, "Permanent Redirect"),
		LINE(400, "Bad Request"),
		LINE(403, "Forbidden"),
		LINE(404, "Not Found"),
		LINE(405, "Method Not Allowed"),
		LINE(408, "Request Timeout"),
		LINE(409, "Conflict"),
		LINE(412, "Precondition Failed"),
		LINE(413, "Content Too Large"),
		LINE(414, "URI Too Long"),
		LINE(415, "Unsupported Media Type"),
		LINE(417, "Expectation Failed"),
		LINE(422, "Unprocessable Content"),
		LINE(429, "Too Many Requests"),
		LINE(431, "Request Header Fields Too Large"),
		LINE(500, "Internal Server Error"),
		LINE(501, "Not Implemented"),
		LINE(503, "Service Unavailable"),
		LINE(504, "Gateway Timeout"),
		LINE(505, "HTTP Version Not Supported"),
#undef LINE
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines) && lines[i].status != status; i++)
		continue;
	assert(i < ARRAY_LEN(lines));
	return lines[i].line;
}

/* Writes a string literal. Returns the end. */
#define PUT(to, text) ((char *)mempcpy((to), (text), sizeof(text) - 1))

static char *
put_text(char *to, const char *text)
{
	return mempcpy(to, text, strlen(text));
}

/* Writes the headers for the type and the length of the body. */
static char *
put_about(char *to, const struct request *rq, int status, const char *type, ssize_t len)
{
	if (type != NULL) {
		to = PUT(to, "Content-Type: ");
		to = put_text(to, type);
		to = PUT(to, "\r\n");
	}
	if (len == REPLY_LENGTH_UNKNOWN) {
		if (!rq->http10)
			to = PUT(to, "Transfer-Encoding: chunked\r\n");
	} else if (status != 204 && status != 304) {
		to = PUT(to, "Content-Length: ");
		to = text_int(to, (uint64_t)len);
		to = PUT(to, "\r\n");
	}
	return to;
}

/* Writes the headers that say whether and for how long the connection stays open. */
static char *
put_connection(char *to, const struct request *rq)
{
	if (!sink_keeps_open(rq->sink))
		return PUT(to, "Connection: close\r\n");
	if (rq->http10)
		to = PUT(to, "Connection: keep-alive\r\n");
	to = PUT(to, "Keep-Alive: timeout=");
	to = text_int(to, (uint64_t)sink_idle_s(rq->sink));
	return PUT(to, "\r\n");
}

void
reply_head(struct request *rq, int status, const char *type, ssize_t len)
{
	struct buf *out = sink_output(rq->sink);
	size_t texts = (type != NULL ? strlen(type) : 0) + rq->headers.len;
	/* Including the body, which mostly follows. */
	char *to = buf_room(out, (size_t)(HEAD_MAX + len) + texts);

	to = put_text(to, status_line(status));
	to = put_about(to, rq, status, type, len);
	to = put_connection(to, rq);
	to = rq->kept ? PUT(to, "Cache-Control: no-cache\r\n")
	              : PUT(to, "Cache-Control: no-store\r\n");
	to = PUT(to, "Date: ");
	to = put_text(to, clock_http_date());
	to = PUT(to, "\r\nX-Request-Id: ");
	to = put_text(to, rq->id);
	to = PUT(to, "\r\n");
	to = mempcpy(to, buf_str(&rq->headers), rq->headers.len);
	to = PUT(to, "\r\n");
	buf_end(out, to);
}

/* Writes the whole reply and gives back the request. */
static void
finish(struct request *rq, int status, const char *type, const void *body, size_t len)
{
	access_log_end(rq, status);
	if (rq->sink == NULL) {
		request_free(rq);
		return;
	}
	reply_head(rq, status, type, (ssize_t)len);
	if (!rq->head)
		buf_add(sink_output(rq->sink), body, len);
	sink_answered(rq->sink);
}

void
reply_header(struct request *rq, const char *name, const char *value)
{
	char *to = buf_room(&rq->headers, strlen(name) + strlen(value) + 4);

	assert(strpbrk(value, "\r\n") == NULL);
	to = put_text(to, name);
	to = PUT(to, ": ");
	to = put_text(to, value);
	to = PUT(to, "\r\n");
	buf_end(&rq->headers, to);
}

void
reply_location(struct request *rq, const char *folder, const char *id, size_t len)
{
	size_t prefix_len = strlen(rq->path_prefix);
	char *to = buf_room(&rq->headers, prefix_len + strlen(folder) + len + 16);

	assert(memchr(id, '\r', len) == NULL && memchr(id, '\n', len) == NULL);
	to = PUT(to, "Location: ");
	to = mempcpy(to, rq->path_prefix, prefix_len);
	to = put_text(to, folder);
	to = mempcpy(to, id, len);
	to = PUT(to, "\r\n");
	buf_end(&rq->headers, to);
}

static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15;
	return h ^ h >> 32;
}

/* A hash of 64 bits, eight bytes at a time; good for ETags, not against attackers. */
static uint64_t
hash(const char *data, size_t len)
{
	uint64_t h = 0xcbf29ce484222325 ^ len, word;

	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		h = mix(h, word);
	}
	word = 0;
	memcpy(&word, data, len);
	return mix(h, word);
}

/* Adds the ETag of a body. True if the client has this very body (RFC 9110, 13.1.2). */
static bool
tag(struct request *rq, const char *body, size_t len)
{
	const char *known = buf_str(&rq->if_none_match);
	uint64_t h = hash(body, len);
	char etag[] = "\"0123456789abcdef\"";
	int i;

	for (i = 16; i > 0; i--, h >>= 4)
		etag[i] = "0123456789abcdef"[h & 0xf];
	reply_header(rq, "ETag", etag);
	return strcmp(known, "*") == 0 || strstr(known, etag) != NULL;
}

void
reply_json(struct request *rq, int status, struct buf *body)
{
	if (status == 200 && rq->method == METHOD_GET && tag(rq, body->data, body->len)) {
		reply_empty(rq, 304);
		buf_fini(body);
		return;
	}
	finish(rq, status, "application/json", body->data, body->len);
	buf_fini(body);
}

void
reply_text(struct request *rq, const char *content_type, struct buf *body)
{
	finish(rq, 200, content_type, body->data, body->len);
	buf_fini(body);
}

void
reply_empty(struct request *rq, int status)
{
	finish(rq, status, NULL, NULL, 0);
}

void
reply_static(struct request *rq, const char *content_type, const void *data, size_t len)
{
	rq->kept = true;
	if (tag(rq, data, len))
		reply_empty(rq, 304);
	else
		finish(rq, 200, content_type, data, len);
}

void
reply_problem(struct request *rq, enum err e, const char *detail)
{
	reply_problem_reasons(rq, e, detail, NULL);
}

void
reply_problem_object(
    struct buf *b, const char *key, enum err e, const char *detail, const char *reasons)
{
	const struct err_info *info = err_info(e);

	json_begin_object(b, key);
	json_add_text(b, "type", "about:blank");
	json_add_text(b, "title", info->title);
	json_add_int(b, "status", info->status);
	json_add_text(b, "detail", detail);
	json_add_text(b, "code", info->code);
	json_add_bool(b, "retryable", info->retryable);
	if (reasons != NULL)
		json_add_raw(b, "reasons", reasons, strlen(reasons));
	json_end_object(b);
}

void
reply_problem_reasons(struct request *rq, enum err e, const char *detail, const char *reasons)
{
	struct buf b = BUF_INIT;

	metrics_add(METRIC_HTTP_ERRORS, METRIC_CODE(e), 0, 1);
	reply_problem_object(&b, NULL, e, detail, reasons);
	if (e == ERR_OVERLOADED || e == ERR_STORE_UNAVAILABLE)
		reply_header(rq, "Retry-After", "1");
	finish(rq, err_info(e)->status, "application/problem+json", b.data, b.len);
	buf_fini(&b);
}
