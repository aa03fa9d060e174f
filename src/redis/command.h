/* Commands as Redis reads them: a list of words, each with its length before it. */
#ifndef REDIS_COMMAND_H
#define REDIS_COMMAND_H

#include "base/buf.h"

#include <stddef.h>

/* Appends a command of `n` words; `lens` are their lengths in bytes, NULL for strings. */
void command_add(struct buf *b, size_t n, const char **words, const size_t *lens);

/*
 * The same in pieces, for scripts, whose arguments are written once and sent as they are: the start
 * of a command of `n` words, and then each word.
 */
void command_add_start(struct buf *b, size_t n);
void command_add_word(struct buf *b, const char *word, size_t len);

#endif
