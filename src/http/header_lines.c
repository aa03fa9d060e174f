/* The header lines of a request. */
#include "http/header_lines.h"

#include <string.h>

void
header_lines_name(struct header_lines *h, const char *at, size_t len)
{
	if (h->name_len + len <= sizeof(h->name))
		memcpy(h->name + h->name_len, at, len);
	h->name_len += len;
}

bool
header_lines_name_done(struct header_lines *h, bool in_trailer)
{
	bool named = h->name_len > 0;

	h->header = in_trailer ? HEADER_UNKNOWN : header_find(h->name, h->name_len);
	h->hosts += h->header == HEADER_HOST;
	h->lengths += h->header == HEADER_CONTENT_LENGTH;
	h->encodings += h->header == HEADER_TRANSFER_ENCODING;
	h->idempotency_keys += h->header == HEADER_IDEMPOTENCY_KEY;
	h->request_ids += h->header == HEADER_REQUEST_ID;
	h->name_len = 0;
	h->value_len = 0;
	return named;
}

/* Appends to the list of X-Forwarded-For. Each proxy may have added a line. */
static void
add_forwarded(const struct header_lines *h, struct request *rq, const char *at, size_t len)
{
	if (h->value_len == len)
		buf_add(&rq->forwarded_for, ",", 1);
	buf_add(&rq->forwarded_for, at, len);
}

void
header_lines_value(struct header_lines *h, struct request *rq, const char *at, size_t len)
{
	if (h->value_len < sizeof(h->value)) {
		size_t room = sizeof(h->value) - h->value_len;

		memcpy(h->value + h->value_len, at, len < room ? len : room);
	}
	if (h->header == HEADER_REQUEST_ID && h->value_len + len <= REQUEST_ID_MAX)
		memcpy(h->request_id + h->value_len, at, len);
	h->value_len += len;
	if (h->header == HEADER_IDEMPOTENCY_KEY)
		buf_add(&rq->idempotency_key, at, len);
	else if (h->header == HEADER_LAST_EVENT_ID)
		buf_add(&rq->last_event_id, at, len);
	else if (h->header == HEADER_HOST)
		header_value_add(&h->host, at, len);
	else if (h->header == HEADER_ORIGIN)
		header_value_add(&h->origin, at, len);
	else if (h->header == HEADER_IF_NONE_MATCH)
		buf_add(&rq->if_none_match, at, len);
	else if (h->header == HEADER_FORWARDED_FOR)
		add_forwarded(h, rq, at, len);
}

static bool
value_is(const struct header_lines *h, const char *text, bool params)
{
	return header_is(h->value, sizeof(h->value), h->value_len, text, params);
}

/* Takes the request id of the client if there is exactly one and it is fit to be shown. */
static void
take_request_id(const struct header_lines *h, struct request *rq)
{
	rq->id[0] = '\0';
	if (h->request_ids == 1 && h->value_len <= REQUEST_ID_MAX)
		header_copy_request_id(rq->id, h->request_id, h->value_len);
}

bool
header_lines_value_done(struct header_lines *h, struct request *rq)
{
	if (h->header == HEADER_REQUEST_ID) {
		take_request_id(h, rq);
	} else if (h->header == HEADER_CONTENT_TYPE && !value_is(h, "application/json", true)) {
		rq->other_type = true;
	} else if (h->header == HEADER_CONTENT_ENCODING && !value_is(h, "identity", false)) {
		rq->encoded = true;
	} else if (h->header == HEADER_SEC_FETCH_SITE) {
		h->same_site = value_is(h, "same-origin", false) || value_is(h, "none", false);
		h->other_site = !h->same_site;
	} else if (h->header == HEADER_EXPECT) {
		rq->expect = rq->expect != EXPECT_OTHER && value_is(h, "100-continue", false)
		    ? EXPECT_CONTINUE
		    : EXPECT_OTHER;
	}
	return h->header != HEADER_TRANSFER_ENCODING || value_is(h, "chunked", false);
}

const char *
header_lines_wrong(const struct header_lines *h, bool http10)
{
	if (h->hosts > 1 || (h->hosts == 0 && !http10))
		return "There must be exactly one Host header.";
	if (h->lengths > 1 || (h->lengths > 0 && h->encodings > 0))
		return "The length of the body is given twice.";
	if (h->idempotency_keys > 1)
		return "There must be at most one Idempotency-Key header.";
	if (h->encodings > 0 && http10)
		return "HTTP/1.0 has no Transfer-Encoding.";
	return NULL;
}

/* Removes the blanks after a value; llhttp has skipped those before it. */
static void
trim(struct buf *value)
{
	while (value->len > 0 && header_is_blank(value->data[value->len - 1]))
		value->data[--value->len] = '\0';
}

/* True if a browser says that the request was made for a page of another site. */
static bool
is_cross_origin(const struct header_lines *h)
{
	if (h->other_site || h->same_site || h->origin.len == 0)
		return h->other_site;
	return !header_origin_has_host(&h->origin, &h->host);
}

void
header_lines_done(const struct header_lines *h, struct request *rq)
{
	rq->chunked = h->encodings > 0;
	rq->has_idempotency_key = h->idempotency_keys > 0;
	trim(&rq->idempotency_key);
	trim(&rq->last_event_id);
	rq->cross_origin = rq->method != METHOD_GET && is_cross_origin(h);
}
