/*
 * One request on its way in: bytes to a struct request, within the limits. It stops after the
 * head and after the whole, so that the connection can judge the one and answer the other.
 */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "base/error.h"
#include "http/header.h"
#include "http/request_internal.h"

#include <llhttp.h>

enum {
	MESSAGE_URI_MAX = 4096,
	MESSAGE_SECTION_MAX = 16 * 1024, /* header lines with their CRLF, trailers included */
	MESSAGE_LINES_MAX = 64,
	MESSAGE_BODY_MAX = 1024 * 1024,
};

enum message_event {
	MESSAGE_MORE,  /* all bytes are taken, and more are needed */
	MESSAGE_HEAD,  /* the head is complete; the body, if there is one, comes next */
	MESSAGE_DONE,  /* the request is complete */
	MESSAGE_FAULT, /* it can neither be read nor skipped: `fault` and `detail` say why */
};

struct message {
	llhttp_t parser;
	struct request *rq;
	enum err fault;
	char detail[128];

	const char *data; /* what is being fed */
	char tail[8];     /* the last bytes that were fed before it */
	size_t fed;       /* bytes of this message before `data` */

	enum message_event event; /* why the parser stopped */
	enum { SECTION_HEAD, SECTION_BODY, SECTION_TRAILER } section;
	bool begun;         /* the request line has started */
	bool versioned;     /* the version is read */
	size_t lines_start; /* where, counted in `fed`, the section's header lines start */
	size_t lines_room;  /* bytes left for them */
	size_t lines;       /* how many there were */
	size_t body_len;    /* also counts what a verdict has us skip */
	size_t chunks;

	/* The header line at hand. */
	char name[20];
	size_t name_len; /* may exceed the array: then no name that we know */
	char value[40];
	size_t value_len; /* the same */
	char request_id[REQUEST_ID_MAX];
	enum header header;
	struct header_value host, origin;
	bool other_site; /* the browser says that the page behind the request is of another site */
	bool same_site;  /* it says that it is not */
	unsigned hosts, encodings, lengths, idempotency_keys, request_ids;
};

/* Starts a message that goes into `rq`, which is borrowed until the next call of this. */
void message_begin(struct message *m, struct request *rq);

/*
 * Takes up to `len` bytes, which may be 0 after MESSAGE_HEAD; `*used` says how many it took.
 * After MESSAGE_DONE and MESSAGE_FAULT message_begin comes next.
 */
enum message_event message_feed(struct message *m, const char *data, size_t len, size_t *used);

#endif
