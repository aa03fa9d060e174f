/* Commands as Redis reads them: a list of words, each with its length before it. */
#ifndef REDIS_COMMAND_H
#define REDIS_COMMAND_H

#include "base/buf.h"

#include <stddef.h>

/* Appends a command of `n` words; `lens` are their lengths in bytes, NULL for strings. */
void command_add(struct buf *b, size_t n, const char **words, const size_t *lens);

/*
 * Append a command in pieces: first the start of a command of `n` words, then each word. Scripts use
 * this, because their arguments are kept in the form in which they are sent.
 */
void command_add_start(struct buf *b, size_t n);
void command_add_word(struct buf *b, const char *word, size_t len);

#endif
