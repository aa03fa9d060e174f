/*
 * Replies: the status line, the headers and the problem document. Not responsible for sending:
 * all goes into the connection's output, which leaves at the end of its turn. Invariant: each
 * reply says how long its body is, so that the next one can follow on the same connection.
 */
#include "http/reply.h"

#include "base/json.h"
#include "base/metrics.h"
#include "http/account.h"
#include "http/connection.h"
#include "http/request_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *
status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return ""; /* a reason phrase may be empty */
}

void
reply_head(struct request *rq, int status, const char *type, ssize_t len)
{
	struct evbuffer *out = connection_output(rq->conn);
	const char *connection = "";
	char about[192] = "", head[640];
	int n;

	if (type != NULL && len == REPLY_LENGTH_UNKNOWN)
		n = snprintf(about, sizeof(about), "Content-Type: %s\r\n", type);
	else if (type != NULL)
		n = snprintf(
		    about, sizeof(about), "Content-Type: %s\r\nContent-Length: %zd\r\n", type, len);
	else
		n = snprintf(about, sizeof(about), "%s",
		    status != 204 && status != 304 ? "Content-Length: 0\r\n" : "");
	assert(n >= 0 && (size_t)n < sizeof(about));
	if (!connection_keeps(rq->conn))
		connection = "Connection: close\r\n";
	else if (rq->http10)
		connection = "Connection: keep-alive\r\n";
	n = snprintf(head, sizeof(head),
	    "HTTP/1.1 %d %s\r\n%s%sCache-Control: %s\r\nX-Request-Id: %s\r\n", status,
	    status_text(status), about, connection, rq->kept ? "no-cache" : "no-store", rq->id);
	assert(n >= 0 && (size_t)n < sizeof(head));
	evbuffer_add(out, head, (size_t)n);
	evbuffer_add(out, rq->headers.data, rq->headers.len);
	evbuffer_add(out, "\r\n", 2);
}

/* Puts the reply into the connection's output and gives the request back. */
static void
finish(struct request *rq, int status, const char *type, const void *body, size_t len, bool borrow)
{
	struct evbuffer *out;

	account_end(rq, status);
	if (rq->conn == NULL) {
		request_free(rq);
		return;
	}
	out = connection_output(rq->conn);
	reply_head(rq, status, type, (ssize_t)len);
	if (len > 0 && !rq->head) {
		if (borrow)
			evbuffer_add_reference(out, body, len, NULL, NULL);
		else
			evbuffer_add(out, body, len);
	}
	connection_answered(rq->conn);
}

void
reply_header(struct request *rq, const char *name, const char *value)
{
	assert(strpbrk(name, "\r\n") == NULL && strpbrk(value, "\r\n") == NULL);
	buf_add_str(&rq->headers, name);
	buf_add_str(&rq->headers, ": ");
	buf_add_str(&rq->headers, value);
	buf_add_str(&rq->headers, "\r\n");
}

/* FNV-1a, 64 bits: names a representation, proves nothing. */
static uint64_t
hash(const char *data, size_t len)
{
	uint64_t h = 0xcbf29ce484222325;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)data[i]) * 0x100000001b3;
	return h;
}

/* Adds the ETag of a body. True where the client says that it has this very one (RFC 9110, 13.1.2). */
static bool
tag(struct request *rq, const char *body, size_t len)
{
	const char *known = buf_str(&rq->if_none_match);
	char etag[24];

	snprintf(etag, sizeof(etag), "\"%016" PRIx64 "\"", hash(body, len));
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
	finish(rq, status, "application/json", body->data, body->len, false);
	buf_fini(body);
}

void
reply_text(struct request *rq, const char *content_type, struct buf *body)
{
	finish(rq, 200, content_type, body->data, body->len, false);
	buf_fini(body);
}

void
reply_empty(struct request *rq, int status)
{
	finish(rq, status, NULL, NULL, 0, false);
}

void
reply_static(struct request *rq, const char *content_type, const void *data, size_t len)
{
	rq->kept = true;
	if (tag(rq, data, len))
		reply_empty(rq, 304);
	else
		finish(rq, 200, content_type, data, len, true);
}

void
reply_problem(struct request *rq, enum err e, const char *detail)
{
	reply_problem_reasons(rq, e, detail, NULL);
}

void
reply_problem_reasons(struct request *rq, enum err e, const char *detail, const char *reasons)
{
	const struct err_info *info = err_info(e);
	struct buf b = BUF_INIT;

	metrics_add(METRIC_HTTP_ERRORS, METRIC_CODE(e), 0, 1);
	json_begin_object(&b, NULL);
	json_add_text(&b, "type", "about:blank");
	json_add_text(&b, "title", info->title);
	json_add_int(&b, "status", info->status);
	json_add_text(&b, "detail", detail);
	json_add_text(&b, "code", info->code);
	json_add_bool(&b, "retryable", info->retryable);
	if (reasons != NULL)
		json_add_raw(&b, "reasons", reasons, strlen(reasons));
	json_end_object(&b);
	if (e == ERR_OVERLOADED || e == ERR_STORE_UNAVAILABLE)
		reply_header(rq, "Retry-After", "1");
	finish(rq, info->status, "application/problem+json", b.data, b.len, false);
	buf_fini(&b);
}
