/*
 * Lists of pairs, "key=value,key=value", as scripts and records have labels, resources and counts. Keys
 * are ids. In a value every byte that an id cannot have is written as %XX.
 */
#ifndef BASE_PAIRS_H
#define BASE_PAIRS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* One pair of a list, borrowed from it; the value is still escaped. No NUL follows either text. */
struct pair {
	const char *key, *value;
	size_t key_len, value_len;
};

/* Appends a pair, after a comma unless the list is empty. Escapes the `len` bytes of the value. */
void pairs_add(struct buf *list, const char *key, const char *value, size_t len);

/*
 * Takes the first pair off the list that begins at `*list` and ends before `end`. Commas and spaces
 * separate pairs; what has no "=" is passed over. Returns false if there is none.
 */
bool pairs_take(const char **list, const char *end, struct pair *p);

/* Appends the bytes that an escaped value of `len` bytes stands for. */
void pairs_unescape(struct buf *b, const char *value, size_t len);

/* Writes a list of `len` bytes as a JSON object of strings; `key` is as for json_begin_object. */
void pairs_write_texts(struct buf *b, const char *key, const char *list, size_t len);

/* Writes a list whose values are whole numbers as a JSON object of these. A NUL must follow it. */
void pairs_write_numbers(struct buf *b, const char *key, const char *list, size_t len);

/* The same for one pair, as a member of an object that is open in `b`. */
void pairs_write_text(struct buf *b, const struct pair *p);
void pairs_write_number(struct buf *b, const struct pair *p);

#endif
