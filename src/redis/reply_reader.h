/*
 * From the bytes that a Redis sends, cut anywhere, to replies. hiredis reads the protocol; what it
 * finds is kept in an arena, so that a value costs no malloc. Knows no sockets and no commands.
 */
#ifndef REDIS_REPLY_READER_H
#define REDIS_REPLY_READER_H

#include "base/arena.h"
#include "base/error.h"
#include "redis/reply.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	REPLY_DEPTH_MAX = 7,               /* of arrays in each other */
	REPLY_LINE_MAX = 64 * 1024,        /* bytes of a status or an error */
	REPLY_SIZE_MAX = 64 * 1024 * 1024, /* bytes that a reply may take in memory */
	REPLY_READER_KEPT_MAX = 64 * 1024, /* of the room for bytes, between two replies */
};

struct redisReader;

/* All zero is a reader that has read nothing. */
struct reply_reader {
	struct redisReader *parser; /* hiredis'; NULL before the first byte */
	struct arena arena;         /* the members and texts of the reply at hand */
	struct reply reply;         /* its outermost value */
	bool given;                 /* the reply at hand is complete, and was returned */
};

/* Takes `len` bytes, which are copied. */
void reply_reader_feed(struct reply_reader *r, const void *data, size_t len);

/*
 * Leaves the next reply in `*reply`, NULL where it is not complete yet. The reply lasts until
 * reply_reader_next or reply_reader_reset is called again. False where the bytes are no reply or
 * exceed a limit: only reply_reader_reset then makes the reader usable again.
 */
bool reply_reader_next(struct reply_reader *r, const struct reply **reply) MUST_CHECK;

/* Forgets all bytes and frees all memory. The reader can then be used for another connection. */
void reply_reader_reset(struct reply_reader *r);

#endif
