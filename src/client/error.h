/* What a call failed with. Not responsible for words: those are the API's, or the caller's. */
#ifndef CLIENT_ERROR_H
#define CLIENT_ERROR_H

#include "muster/muster.h"

#include <jansson.h>

struct muster_error {
	enum muster_error_kind kind;
	int status; /* 0: no answer */
	bool retryable;
	char *code, *detail; /* NULL for "" */
	json_t *reasons;     /* NULL for none */
};

/* Empties it: MUSTER_OK. */
void error_reset(struct muster_error *e);

/* An error of the library's own, whose code follows from `kind`. */
void error_set(struct muster_error *e, enum muster_error_kind kind, int status, bool retryable,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The error of an answer with this status and body: its problem document, or MUSTER_BAD_ANSWER
 * where it is none. */
void error_from_answer(struct muster_error *e, int status, const char *body, size_t len);

/* Makes `to` a copy. */
void error_copy(struct muster_error *to, const struct muster_error *from);

#endif
