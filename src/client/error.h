/* The error of a call: a problem that the API returned, or an error of the library itself. */
#ifndef CLIENT_ERROR_H
#define CLIENT_ERROR_H

#include "muster/muster.h"

#include <jansson.h>

struct muster_error {
	enum muster_error_kind kind;
	int status; /* 0: there was no answer */
	bool retryable;
	char *code, *detail; /* NULL for "" */
	json_t *reasons;     /* NULL for none */
};

/* Frees what it holds and sets it to MUSTER_OK. */
void error_reset(struct muster_error *e);

/* Sets an error of the library itself. Its code is derived from `kind`. */
void error_set(struct muster_error *e, enum muster_error_kind kind, int status, bool retryable,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Sets the error from an answer with this status and body: the problem document, or
 * MUSTER_BAD_ANSWER if the body is not one. */
void error_from_answer(struct muster_error *e, int status, const char *body, size_t len);

/* Makes `to` a copy of `from`. */
void error_copy(struct muster_error *to, const struct muster_error *from);

#endif
