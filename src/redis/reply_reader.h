/*
 * Makes replies of the bytes that Redis sends, in pieces of any size. hiredis parses the
 * protocol; the values are kept in an arena, so that they need no malloc. Knows no sockets and no
 * commands.
 */
#ifndef REDIS_REPLY_READER_H
#define REDIS_REPLY_READER_H

#include "base/arena.h"
#include "base/error.h"
#include "redis/reply.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	REPLY_DEPTH_MAX = 7,               /* of nested arrays */
	REPLY_LINE_MAX = 64 * 1024,        /* bytes of a status or an error */
	REPLY_SIZE_MAX = 64 * 1024 * 1024, /* bytes that a reply may take in memory */
	REPLY_READER_KEPT_MAX = 64 * 1024, /* bytes of the buffer that is kept between replies */
};

struct redisReader;

/* All zero is a reader that has read nothing. */
struct reply_reader {
	struct redisReader *parser; /* hiredis'; NULL before the first byte */
	struct arena arena;         /* the members and texts of the current reply */
	struct reply reply;         /* its outermost value */
	bool given;                 /* the current reply is complete, and was returned */
};

/* Takes `len` bytes, which are copied. */
void reply_reader_feed(struct reply_reader *r, const void *data, size_t len);

/*
 * Sets `*reply` to the next reply, NULL if it is not complete yet. The reply is valid until the
 * next call of reply_reader_next or reply_reader_reset. Returns false if the bytes are not a
 * valid reply or exceed a limit; only reply_reader_reset then makes the reader usable again.
 */
bool reply_reader_next(struct reply_reader *r, const struct reply **reply) MUST_CHECK;

/* Forgets all bytes and frees all memory. The reader can then be used for another connection. */
void reply_reader_reset(struct reply_reader *r);

#endif
