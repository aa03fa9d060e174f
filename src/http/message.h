/*
 * The parser: turns bytes into a struct request, within the limits. It stops after the head and
 * at the end of the request, so that the caller can check the head before the body arrives.
 */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "base/error.h"
#include "http/header_lines.h"
#include "http/odd_method.h"
#include "http/request_internal.h"

#include <llhttp.h>

enum {
	MESSAGE_URI_MAX = 4096,
	MESSAGE_SECTION_MAX = 16 * 1024, /* of header lines with their CRLF, including trailers */
	MESSAGE_LINES_MAX = 64,
	MESSAGE_BODY_MAX = 1024 * 1024,
};

enum message_event {
	MESSAGE_MORE,  /* all bytes were taken, and more are needed */
	MESSAGE_HEAD,  /* the head is complete; the body, if there is one, follows */
	MESSAGE_DONE,  /* the request is complete */
	MESSAGE_FAULT, /* the request cannot be parsed: `fault` and `detail` say why */
};

struct message {
	llhttp_t parser;
	struct request *rq;
	enum err fault;
	char detail[128];

	const char *data; /* the bytes of the present call */
	char tail[16];    /* the last bytes of earlier calls; a known method fits */
	size_t fed;       /* bytes of this message in earlier calls */

	enum message_event event; /* why the parser stopped */
	enum { SECTION_HEAD, SECTION_BODY, SECTION_TRAILER } section;
	struct odd_method odd_method; /* rq->method_name points to it until the reply */
	bool begun;                   /* the request line has started */
	bool versioned;               /* the version was read */
	size_t lines_start;           /* offset in the message of the section's header lines */
	size_t lines_room;            /* bytes that are left for them */
	size_t lines;                 /* their number */
	size_t body_len;              /* including what is skipped after a verdict */
	size_t chunks;
	struct header_lines header_lines;
};

/* Starts a message, which is parsed into `rq`. `rq` is borrowed until the next message_begin. */
void message_begin(struct message *m, struct request *rq);

/*
 * Parses up to `len` bytes, of which there may be none after MESSAGE_HEAD; `*used` says how many it
 * took. After MESSAGE_DONE and MESSAGE_FAULT message_begin must come next.
 */
enum message_event message_feed(struct message *m, const char *data, size_t len, size_t *used);

#endif
