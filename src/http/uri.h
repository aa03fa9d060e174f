/*
 * Request targets: percent-decoding, the segments of a path, the parameters of a query. All of
 * it works in place on text that the caller owns, and the results point into that text.
 */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { URI_SEGMENTS_MAX = 16 };

struct uri_path {
	char *segments[URI_SEGMENTS_MAX]; /* decoded; "/" has one, which is "" */
	size_t lens[URI_SEGMENTS_MAX];
	size_t n; /* more than URI_SEGMENTS_MAX: the rest is not kept */
};

struct uri_pair {
	const char *name;
	const char *value; /* "" where the query has no '=' */
};

/*
 * Replaces the escapes in `s`, and each '+' by a space where `plus` says so. False where an
 * escape is not two hex digits, or is %00; `s` is then spoilt.
 */
bool uri_decode(char *s, bool plus) MUST_CHECK;

/* Splits and decodes `path`, which starts with '/'. False on a bad escape. */
bool uri_split_path(char *path, struct uri_path *out) MUST_CHECK;

/*
 * Splits and decodes `query` into at most `max` pairs; empty ones ("&&") are skipped. Returns
 * ERR_OK, or ERR_BAD_REQUEST for a bad escape or one pair too many, with `*n` pairs done.
 */
enum err uri_split_query(char *query, struct uri_pair *out, size_t max, size_t *n) MUST_CHECK;

#endif
