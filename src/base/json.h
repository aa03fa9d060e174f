/*
 * Writes JSON text straight into a buffer. It puts the commas where they belong; it does not check
 * that each begin has its end. JSON is read with jansson.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the valid UTF-8 sequence at `s`, or 0 if there is none (RFC 3629, section 4). */
size_t json_utf8_length(const unsigned char *s, size_t len);

/* True for the ASCII characters that JSON shows unescaped: printable, and not '"' or '\'. */
static inline bool
json_is_plain(char c)
{
	return (unsigned char)c - 0x20u < 0x5f && c != '"' && c != '\\';
}

/* The number of bytes at the start of `s`, of `len`, for which json_is_plain is true. */
size_t json_plain_length(const char *s, size_t len);

/* Appends these bytes to `b`. Returns their number. */
size_t json_add_plain(struct buf *b, const char *s, size_t len);

/*
 * In all of the following, `key` names the value: plain ASCII inside an object, NULL inside an array
 * and at the top.
 */
void json_begin_object(struct buf *b, const char *key);
void json_end_object(struct buf *b);
void json_begin_array(struct buf *b, const char *key);
void json_end_array(struct buf *b);

/* Appends a string, escaped; invalid UTF-8 becomes U+FFFD. `s` NULL appends null. */
void json_add_string(struct buf *b, const char *key, const char *s, size_t len);
void json_add_text(struct buf *b, const char *key, const char *s);

/* Appends JSON text unchanged: a number, or a document that is known to be valid. */
void json_add_raw(struct buf *b, const char *key, const char *s, size_t len);
void json_add_int(struct buf *b, const char *key, int64_t n);
void json_add_bool(struct buf *b, const char *key, bool v);
void json_add_null(struct buf *b, const char *key);

/* Appends the parts of a list with commas, of `len` bytes, as an array of strings. */
void json_add_list(struct buf *b, const char *key, const char *list, size_t len);

#endif
