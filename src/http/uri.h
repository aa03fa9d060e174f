/*
 * Request targets: percent-decoding, the segments of a path, the parameters of a query. All functions
 * work in place on text of the caller, and their results point into it.
 */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { URI_SEGMENTS_MAX = 16 };

struct uri_path {
	char *segments[URI_SEGMENTS_MAX]; /* decoded; "/" has one segment, "" */
	size_t lens[URI_SEGMENTS_MAX];
	size_t n; /* if it exceeds URI_SEGMENTS_MAX, the other segments were not kept */
};

struct uri_pair {
	const char *name;
	const char *value; /* "" if there is no '=' */
};

/*
 * Decodes the percent-escapes in `s`, and with `plus` each '+' to a space. False if an escape is not
 * two hex digits, or is %00; `s` is then undefined.
 */
bool uri_decode(char *s, bool plus) MUST_CHECK;

/* Splits and decodes `path`, which must start with '/'. False for a bad escape. */
bool uri_split_path(char *path, struct uri_path *out) MUST_CHECK;

/* True for "", and for one or more segments, each after a '/', that are written without escapes. */
bool uri_prefix_valid(const char *text);

/*
 * Splits and decodes `query`, NULL for none, into at most `max` pairs; skips empty ones ("&&").
 * Returns ERR_OK, or ERR_BAD_REQUEST for a bad escape or too many pairs; `*n` is the number of pairs
 * so far.
 */
enum err uri_split_query(char *query, struct uri_pair *out, size_t max, size_t *n) MUST_CHECK;

#endif
