/*
 * RESP2, the protocol of Redis: commands into bytes, and bytes, cut anywhere, into replies, which
 * have the form of hiredis' redisReply. It knows no sockets and no commands.
 */
#ifndef REDIS_RESP_H
#define REDIS_RESP_H

#include "base/buf.h"
#include "base/error.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>

/* Appends a command of `argc` words, `lens` their lengths in bytes. */
void resp_add_command(struct buf *b, int argc, const char **argv, const size_t *lens);

/* Appends the start of a command of `words` words, and one word: the same piece by piece. */
void resp_add_start(struct buf *b, size_t words);
void resp_add_word(struct buf *b, const char *word, size_t len);

/* Replies in the making. All zero is a reader that has read nothing. */
struct resp_reader {
	struct buf in;
	size_t start;      /* of the reply at hand, in `in` */
	size_t seen;       /* up to here it has been looked through */
	size_t due;        /* values that are still to come; 0: the reply has not begun */
	redisReply *value; /* those that have been seen */
	size_t values, room;
	redisReply **element; /* the arrays' members, once all are there */
	size_t element_room;
};

/* Takes bytes. The last reply is gone. */
void resp_feed(struct resp_reader *r, const void *data, size_t len);

/*
 * Leaves the next reply in `*reply`, NULL where it is not complete yet; it lives until the next
 * call of any of these. False where the bytes are no reply: the reader is then of no more use.
 */
bool resp_next(struct resp_reader *r, const redisReply **reply) MUST_CHECK;

/* A copy in one piece, to be freed with free. */
redisReply *resp_copy(const redisReply *reply);

/* Forgets all, so that another conversation may start. */
void resp_reset(struct resp_reader *r);

#endif
