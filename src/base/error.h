/*
 * The errors of the project, one row each in errors.def. Not responsible for reporting them:
 * http/reply.h makes a problem document of one, base/log.h a log line.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* What a function that can fail returns; ERR_OK, which is 0, for success. */
enum err {
	ERR_OK = 0,
#define ERROR(name, code, status, retryable, title) ERR_##name,
#include "base/errors.def"
#undef ERROR
	ERR_COUNT
};

#define MUST_CHECK   __attribute__((warn_unused_result))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct err_info {
	const char *word;  /* as a Lua script raises it: "NO_CAPACITY" */
	const char *code;  /* as a client sees it: "no_capacity" */
	const char *title; /* one short sentence */
	int status;        /* HTTP status */
	bool retryable;    /* the same request may succeed later */
};

/* The row of `e`, which must not be ERR_OK. Static; never NULL. */
const struct err_info *err_info(enum err e);

/* The error whose word is the `len` bytes at `word`; ERR_INTERNAL for an unknown word. */
enum err err_from_word(const char *word, size_t len);

#endif
