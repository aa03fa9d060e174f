/*
 * The header lines of a request, as the parser reads them: what they say goes into the request, and what
 * they say about the framing is counted. Not responsible for the grammar and the limits (message.c),
 * nor for what single values mean (header.c).
 */
#ifndef HTTP_HEADER_LINES_H
#define HTTP_HEADER_LINES_H

#include "http/header.h"
#include "http/request_internal.h"

#include <stdbool.h>
#include <stddef.h>

struct header_lines {
	/* The present line. */
	char name[20];
	size_t name_len; /* may exceed the array: such a name is unknown */
	char value[40];
	size_t value_len; /* may exceed the array */
	char request_id[REQUEST_ID_MAX];
	enum header header;

	struct header_value host, origin;
	bool other_site; /* the browser says that a page of another site made the request */
	bool same_site;  /* the browser says that no other site did */
	unsigned hosts, encodings, lengths, idempotency_keys, request_ids;
};

/* Appends to the name of the present line. A name or a value may come in several pieces. */
void header_lines_name(struct header_lines *h, const char *at, size_t len);

/*
 * The name is complete. In a trailer the line is ignored, because it must not change what the head said.
 * Returns false if the name is empty.
 */
bool header_lines_name_done(struct header_lines *h, bool in_trailer);

/* Appends to the value of the present line. */
void header_lines_value(struct header_lines *h, struct request *rq, const char *at, size_t len);

/* The value is complete. Returns false if it is a transfer coding other than chunked. */
bool header_lines_value_done(struct header_lines *h, struct request *rq);

/* Which line a complete head lacks or has too often, as a sentence; NULL if there is none. */
const char *header_lines_wrong(const struct header_lines *h, bool http10);

/* The head is complete, and rq->method is set. */
void header_lines_done(const struct header_lines *h, struct request *rq);

#endif
