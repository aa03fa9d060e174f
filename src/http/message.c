/*
 * The parser. llhttp in strict mode knows the grammar; this file adds the limits, and refuses what
 * llhttp lets through although another parser could read a different request from the same bytes.
 * Not responsible for routes or replies. Invariant: a request that reaches MESSAGE_DONE has exactly
 * one framing and, in HTTP/1.1, exactly one Host, and each of its lines ends in CRLF.
 */
#include "http/message.h"

#include "base/text.h"
#include "http/header.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	REQUEST_LINE_MAX = MESSAGE_URI_MAX + 1024, /* including blank lines before it, and spaces */
	CHUNK_LINE_TYPICAL = 24,
};

/* What llhttp is given in place of a method that it does not know. No route has it. */
static const llhttp_method_t stand_in = HTTP_PUT;

/* Notes why the message is refused, unless it is already. Returns the code that stops llhttp. */
static int __attribute__((format(printf, 3, 4)))
refuse(struct message *m, enum err e, const char *fmt, ...)
{
	va_list ap;

	if (m->fault == ERR_OK) {
		va_start(ap, fmt);
		vsnprintf(m->detail, sizeof(m->detail), fmt, ap);
		va_end(ap);
		m->fault = e;
	}
	return HPE_USER;
}

/* The byte `k` bytes before `at`, which lies in m->data; NUL before the start of the message. */
static char
byte_before(const struct message *m, const char *at, size_t k)
{
	size_t here = (size_t)(at - m->data);

	return k <= here ? at[-(ptrdiff_t)k] : m->tail[sizeof(m->tail) - (k - here)];
}

/* Keeps the last bytes of the `len` in m->data in m->tail. */
static void
keep_tail(struct message *m, size_t len)
{
	size_t size = sizeof(m->tail);

	if (len >= size) {
		memcpy(m->tail, m->data + len - size, size);
	} else {
		memmove(m->tail, m->tail + len, size - len);
		memcpy(m->tail + size - len, m->data, len);
	}
}

static int
begin_done(llhttp_t *p)
{
	struct message *m = p->data;

	m->begun = true;
	return 0;
}

/* llhttp also knows the methods of RTSP, which come after PRI, but not in HTTP. */
static int
method_done(llhttp_t *p)
{
	struct message *m = p->data;

	if (p->method > HTTP_PRI) {
		text_copy(m->odd_method.name, sizeof(m->odd_method.name),
		    llhttp_method_name((llhttp_method_t)p->method));
		p->method = (uint8_t)stand_in;
	}
	return 0;
}

static int
url_part(llhttp_t *p, const char *at, size_t len)
{
	struct message *m = p->data;
	struct request *rq = m->rq;

	if (rq->target.len + len > MESSAGE_URI_MAX)
		return refuse(
		    m, ERR_URI_TOO_LONG, "The URI is longer than %d bytes.", MESSAGE_URI_MAX);
	buf_add(&rq->target, at, len);
	rq->head = p->method == HTTP_HEAD;
	return 0;
}

static int
refuse_version(struct message *m)
{
	return refuse(m, ERR_VERSION_NOT_SUPPORTED, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
}

static int
url_done(llhttp_t *p)
{
	/* llhttp takes a request line without a version for HTTP/0.9. */
	return p->http_minor == 9 ? refuse_version(p->data) : 0;
}

static int
version_part(llhttp_t *p, const char *at, size_t len)
{
	struct message *m = p->data;
	size_t k;

	/* llhttp also accepts RTSP and ICE. Of a version in two pieces only the first is checked. */
	if (len > 0 && byte_before(m, at, 1) == '/')
		for (k = 0; k < 5; k++)
			if (byte_before(m, at, 5 - k) != "HTTP/"[k])
				return refuse_version(m);
	m->lines_start = m->fed + (size_t)(at - m->data) + len + 2;
	return 0;
}

static int
version_done(llhttp_t *p)
{
	struct message *m = p->data;

	m->versioned = true;
	if (p->http_major != 1 || p->method == HTTP_PRI)
		return refuse_version(m);
	m->rq->http10 = p->http_minor == 0;
	return 0;
}

static int
field_part(llhttp_t *p, const char *at, size_t len)
{
	struct message *m = p->data;

	header_lines_name(&m->header_lines, at, len);
	return 0;
}

static int
field_done(llhttp_t *p)
{
	struct message *m = p->data;

	if (!header_lines_name_done(&m->header_lines, m->section != SECTION_HEAD))
		return refuse(m, ERR_BAD_REQUEST, "A header line has no name.");
	if (++m->lines > MESSAGE_LINES_MAX)
		return refuse(m, ERR_HEADERS_TOO_LARGE, "There are more than %d header lines.",
		    MESSAGE_LINES_MAX);
	return 0;
}

static int
value_part(llhttp_t *p, const char *at, size_t len)
{
	struct message *m = p->data;

	header_lines_value(&m->header_lines, m->rq, at, len);
	return 0;
}

static int
refuse_coding(struct message *m)
{
	return refuse(m, ERR_NOT_IMPLEMENTED, "Only the transfer coding chunked is known.");
}

static int
value_done(llhttp_t *p)
{
	struct message *m = p->data;

	return header_lines_value_done(&m->header_lines, m->rq) ? 0 : refuse_coding(m);
}

static enum method
method_of(uint8_t method)
{
	switch (method) {
	case HTTP_GET:
	case HTTP_HEAD:
		return METHOD_GET;
	case HTTP_POST:
		return METHOD_POST;
	case HTTP_DELETE:
		return METHOD_DELETE;
	default:
		return METHOD_OTHER;
	}
}

static int
headers_done(llhttp_t *p)
{
	struct message *m = p->data;
	struct request *rq = m->rq;
	const char *wrong = header_lines_wrong(&m->header_lines, rq->http10);

	if (p->method == HTTP_CONNECT)
		return refuse(m, ERR_NOT_IMPLEMENTED, "CONNECT is not served here.");
	if (wrong != NULL)
		return refuse(m, ERR_BAD_REQUEST, "%s", wrong);
	if (p->content_length > MESSAGE_BODY_MAX)
		return refuse(
		    m, ERR_BODY_TOO_LARGE, "The body is larger than %d bytes.", MESSAGE_BODY_MAX);
	rq->method_name = m->odd_method.name[0] != '\0'
	    ? m->odd_method.name
	    : llhttp_method_name((llhttp_method_t)p->method);
	rq->method = method_of(p->method);
	rq->keep_alive =
	    !(p->flags & F_CONNECTION_CLOSE) && (!rq->http10 || p->flags & F_CONNECTION_KEEP_ALIVE);
	header_lines_done(&m->header_lines, rq);
	rq->length = p->content_length;
	p->upgrade = 0; /* an offer to upgrade is ignored */
	m->event = MESSAGE_HEAD;
	return HPE_PAUSED;
}

static int
body_part(llhttp_t *p, const char *at, size_t len)
{
	struct message *m = p->data;

	m->body_len += len;
	if (m->body_len > MESSAGE_BODY_MAX)
		return refuse(
		    m, ERR_BODY_TOO_LARGE, "The body is larger than %d bytes.", MESSAGE_BODY_MAX);
	if (m->rq->verdict == ERR_OK)
		buf_add(&m->rq->body, at, len);
	return 0;
}

/*
 * The size of a chunk is known. The last chunk has none, and the trailer follows it: llhttp is paused
 * between them, so that next_section is called.
 */
static int
chunk_begin(llhttp_t *p)
{
	struct message *m = p->data;

	m->chunks++;
	if (p->content_length > MESSAGE_BODY_MAX - m->body_len)
		return refuse(
		    m, ERR_BODY_TOO_LARGE, "The body is larger than %d bytes.", MESSAGE_BODY_MAX);
	return p->content_length == 0 ? HPE_PAUSED : 0;
}

static int
message_done(llhttp_t *p)
{
	struct message *m = p->data;

	m->event = MESSAGE_DONE;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_message_begin = begin_done,
	.on_method_complete = method_done,
	.on_url = url_part,
	.on_url_complete = url_done,
	.on_version = version_part,
	.on_version_complete = version_done,
	.on_header_field = field_part,
	.on_header_field_complete = field_done,
	.on_header_value = value_part,
	.on_header_value_complete = value_done,
	.on_headers_complete = headers_done,
	.on_body = body_part,
	.on_chunk_header = chunk_begin,
	.on_message_complete = message_done,
};

void
message_begin(struct message *m, struct request *rq)
{
	memset(m, 0, sizeof(*m));
	llhttp_init(&m->parser, HTTP_REQUEST, &settings);
	m->parser.data = m;
	m->rq = rq;
	m->lines_room = MESSAGE_SECTION_MAX;
}

/* Translates an error of llhttp into one of ours. */
static void
refuse_parse(struct message *m, llhttp_errno_t e)
{
	const char *reason = llhttp_get_error_reason(&m->parser);

	if (e == HPE_PAUSED_H2_UPGRADE || (e == HPE_INVALID_VERSION && !m->versioned))
		refuse_version(m);
	else if (e == HPE_INVALID_TRANSFER_ENCODING && m->header_lines.lengths == 0)
		refuse_coding(m);
	else
		refuse(m, ERR_BAD_REQUEST, "The request cannot be parsed: %s.",
		    reason != NULL ? reason : "unknown");
}

/*
 * Goes on with a method that llhttp does not know. After it, starts llhttp anew, with a method that it knows
 * in its place. Returns how many of the `len` bytes at m->data it took.
 */
static size_t
copy_method(struct message *m, size_t len)
{
	const char *known = llhttp_method_name(stand_in);
	size_t used;

	switch (odd_method_copy(&m->odd_method, m->data, len, &used)) {
	case ODD_METHOD_MORE:
		break;
	case ODD_METHOD_COMPLETE:
		llhttp_init(&m->parser, HTTP_REQUEST, &settings);
		m->parser.data = m;
		llhttp_execute(&m->parser, known, strlen(known));
		break;
	case ODD_METHOD_MALFORMED:
		refuse(m, ERR_BAD_REQUEST, "The request cannot be parsed: the method is no word.");
		break;
	case ODD_METHOD_TOO_LONG:
		refuse(
		    m, ERR_NOT_IMPLEMENTED, "The method is longer than %d bytes.", ODD_METHOD_MAX);
		break;
	}
	return used;
}

/* Gives the `len` bytes at m->data to llhttp. Returns how many it took, and what it said in `*e`. */
static size_t
execute(struct message *m, size_t len, llhttp_errno_t *e)
{
	llhttp_resume(&m->parser);
	*e = llhttp_execute(&m->parser, m->data, len);
	if (*e == HPE_PAUSED)
		return (size_t)(llhttp_get_error_pos(&m->parser) - m->data);
	if (*e == HPE_INVALID_METHOD)
		return odd_method_begin(&m->odd_method, m->tail, sizeof(m->tail), m->data, len);
	if (*e != HPE_OK && m->fault == ERR_OK)
		refuse_parse(m, *e);
	return len;
}

/*
 * Checks the first `len` bytes of m->data, which belong to a head or trailer, for what llhttp lets
 * through: a line that does not end in CRLF, and a line that continues the one before.
 */
static void
check_lines(struct message *m, size_t len)
{
	const char *at = m->data, *end = m->data + len;

	if (len > 0 && byte_before(m, at, 1) == '\n' && header_is_blank(*at))
		refuse(m, ERR_BAD_REQUEST, "A header line is folded.");
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		if (byte_before(m, at, 1) != '\r')
			refuse(m, ERR_BAD_REQUEST, "A line ends without CR.");
		at++;
		if (at < end && header_is_blank(*at))
			refuse(m, ERR_BAD_REQUEST, "A header line is folded.");
	}
}

/* Checks the size of the message so far, `m->fed`, against the limit of the present section. */
static void
check_size(struct message *m)
{
	if (m->section == SECTION_BODY) {
		/* Leading zeros of chunk sizes, and chunk extensions, have no other limit. */
		if (m->fed - m->lines_start - m->body_len >
		    MESSAGE_SECTION_MAX + m->chunks * CHUNK_LINE_TYPICAL)
			refuse(m, ERR_BAD_REQUEST, "The chunk lines are too long.");
	} else if (m->section == SECTION_HEAD && !m->versioned) {
		if (m->fed > REQUEST_LINE_MAX)
			refuse(m, ERR_URI_TOO_LONG, "The request line is too long.");
	} else if (m->fed > m->lines_start + m->lines_room + 2) {
		/* The 2 are the CRLF of the empty line, which is not a header line. */
		refuse(m, ERR_HEADERS_TOO_LARGE, "The header lines are longer than %d bytes.",
		    MESSAGE_SECTION_MAX);
	}
}

/* Enters the section that starts after the bytes that were fed. */
static void
next_section(struct message *m)
{
	if (m->section == SECTION_HEAD) {
		m->lines_room -= m->fed - m->lines_start - 2;
		m->section = SECTION_BODY;
	} else {
		m->section = SECTION_TRAILER;
	}
	m->lines_start = m->fed;
}

enum message_event
message_feed(struct message *m, const char *data, size_t len, size_t *used)
{
	*used = 0;
	do {
		size_t left = len - *used, n;
		llhttp_errno_t e = HPE_OK;

		m->data = data + *used;
		m->event = MESSAGE_MORE;
		n = m->odd_method.copying ? copy_method(m, left) : execute(m, left, &e);
		if (m->section != SECTION_BODY)
			check_lines(m, n);
		keep_tail(m, n);
		m->fed += n;
		*used += n;
		check_size(m);
		if (m->fault != ERR_OK)
			return MESSAGE_FAULT;
		if (e == HPE_PAUSED && m->event != MESSAGE_DONE)
			next_section(m);
	} while (m->event == MESSAGE_MORE && *used < len);
	return m->event;
}
