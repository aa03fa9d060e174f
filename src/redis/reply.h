/*
 * Redis' answer to a command: one value, which may contain others. A reply is always borrowed:
 * its texts and members are in an arena, and are valid until that is reset.
 */
#ifndef REDIS_REPLY_H
#define REDIS_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum reply_kind {
	REPLY_NIL,
	REPLY_TEXT,   /* a bulk string, of any bytes */
	REPLY_STATUS, /* "OK" and the like */
	REPLY_ERROR,  /* a word for the kind of error, and a text: "ERR unknown command" */
	REPLY_INTEGER,
	REPLY_ARRAY
};

struct reply {
	enum reply_kind kind;
	char *text;            /* of a text, a status or an error, with a NUL after it; else NULL */
	size_t len;            /* bytes of `text`, without that NUL */
	int64_t integer;       /* of an integer; else 0 */
	struct reply *members; /* of an array; else NULL */
	size_t n_members;
};

#endif
