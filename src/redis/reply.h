/*
 * What Redis answers to a command: one value, which may have others inside. Who reads a reply only
 * borrows it; its texts and members are in an arena and are gone when that is reset.
 */
#ifndef REDIS_REPLY_H
#define REDIS_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum reply_kind {
	REPLY_NIL,
	REPLY_TEXT,   /* a bulk string, of any bytes */
	REPLY_STATUS, /* "OK" and the like */
	REPLY_ERROR,  /* "ERR unknown command": a word that says what it is about, and more */
	REPLY_INTEGER,
	REPLY_ARRAY
};

struct reply {
	enum reply_kind kind;
	char *text;      /* of a text, a status or an error, ended by a NUL; else NULL */
	size_t len;      /* bytes of `text`, without that NUL */
	int64_t integer; /* of an integer; else 0 */
	struct reply *members;
	size_t n_members; /* of an array; else 0 */
};

#endif
