/*
 * Writes JSON text into a buffer, without a tree in between. It places the commas; it does not
 * check that begin and end match. Reading JSON is jansson's work.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the valid UTF-8 sequence at s, or 0 where there is none (RFC 3629, section 4). */
size_t json_utf8_length(const unsigned char *s, size_t len);

/* True for printable ASCII that JSON shows as it is: neither '"' nor '\'. */
static inline bool
json_is_plain(char c)
{
	return (unsigned char)c - 0x20u < 0x5f && c != '"' && c != '\\';
}

/* How many bytes at the start of s are so; ... */
size_t json_plain_length(const char *s, size_t len);

/* ... and appends them. */
size_t json_add_plain(struct buf *b, const char *s, size_t len);

/* In all of these `key` is NULL inside an array, and a plain ASCII name inside an object. */
void json_begin_object(struct buf *b, const char *key);
void json_end_object(struct buf *b);
void json_begin_array(struct buf *b, const char *key);
void json_end_array(struct buf *b);

/* Appends a string, escaped; invalid UTF-8 becomes U+FFFD. `s` NULL appends null. */
void json_add_string(struct buf *b, const char *key, const char *s, size_t len);
void json_add_text(struct buf *b, const char *key, const char *s);

/* Appends JSON text as it is: a number, or a document that was validated before. */
void json_add_raw(struct buf *b, const char *key, const char *s, size_t len);
void json_add_int(struct buf *b, const char *key, int64_t n);
void json_add_bool(struct buf *b, const char *key, bool v);
void json_add_null(struct buf *b, const char *key);

#endif
