/*
 * The header fields of a request that the server looks at, and what their values mean. Not
 * responsible for reading them from bytes (message.c).
 */
#ifndef HTTP_HEADER_H
#define HTTP_HEADER_H

#include <stdbool.h>
#include <stddef.h>

enum header {
	HEADER_UNKNOWN,
	HEADER_HOST,
	HEADER_CONTENT_LENGTH,
	HEADER_CONTENT_TYPE,
	HEADER_CONTENT_ENCODING,
	HEADER_TRANSFER_ENCODING,
	HEADER_EXPECT,
	HEADER_IDEMPOTENCY_KEY,
	HEADER_LAST_EVENT_ID,
	HEADER_IF_NONE_MATCH,
	HEADER_ORIGIN,
	HEADER_SEC_FETCH_SITE,
	HEADER_REQUEST_ID,
	HEADER_FORWARDED_FOR,
};

/* A value that is kept to be compared later. */
struct header_value {
	char text[264]; /* a scheme and a host name fit */
	size_t len;     /* may exceed the array: such a value equals nothing */
};

/* The field that the `len` bytes at `name` name, in upper or lower case. */
enum header header_find(const char *name, size_t len);

/* True for a space or a tab. */
static inline bool
header_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Appends to a value. */
void header_value_add(struct header_value *v, const char *at, size_t len);

/*
 * True if a value is `text`, in upper or lower case. Blanks may follow and, with `params`, a ';'
 * and anything after it. The value has `len` bytes, of which at most the first `size` are at
 * `value`.
 */
bool header_is(const char *value, size_t size, size_t len, const char *text, bool params);

/*
 * Copies a request id of `len` bytes, without the blanks after it, to `to`, which has room for it
 * and a NUL. Leaves `to` unchanged if the id has a character that is not safe to show everywhere.
 */
void header_copy_request_id(char *to, const char *value, size_t len);

/* True if the Origin "scheme://host:port" names the host and port of a Host field. */
bool header_origin_has_host(const struct header_value *origin, const struct header_value *host);

#endif
