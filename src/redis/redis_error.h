/* What an error of Redis means for the client and for the connection, from redis_errors.def. */
#ifndef REDIS_REDIS_ERROR_H
#define REDIS_REDIS_ERROR_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The error for an error text of Redis, `len` bytes, by its first word. Sets `*close` to whether the
 * connection must be closed. Never ERR_OK; ERR_INTERNAL for an unknown word.
 */
enum err redis_error_to_err(const char *text, size_t len, bool *close);

/*
 * The kinds of failed commands, as the metrics count them. The first ones are not errors of
 * Redis; from REDIS_ERROR_NAMED on, there is one for each row of redis_errors.def.
 */
enum redis_error_kind {
	REDIS_ERROR_NOT_CONNECTED,
	REDIS_ERROR_OVERLOADED,
	REDIS_ERROR_LOST,      /* the connection was lost while the command was in flight */
	REDIS_ERROR_TIMED_OUT, /* this command, or one that was sent before it */
	REDIS_ERROR_OTHER,     /* an error of Redis that has no row */
	REDIS_ERROR_NAMED
};

/* The kind of an error text; redis_error_kinds(), which is not counted, for an error of a script. */
size_t redis_error_kind(const char *text, size_t len);

/* How many kinds there are. */
size_t redis_error_kinds(void);

/* The name of a kind: "timed_out", "LOADING". Static. */
const char *redis_error_name(size_t kind);

#endif
