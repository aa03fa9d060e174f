/* The body of a request for many assignments or releases. Not responsible for carrying it out (batch.c). */
#ifndef API_BATCH_BODY_H
#define API_BATCH_BODY_H

#include "api/args.h"
#include "base/buf.h"
#include "http/request.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	BATCH_MAX = 1000,    /* items in a request */
	BATCH_ALL_STEP = 100 /* items in a call that is all or nothing */
};

struct batch_body {
	struct buf lines;      /* the items as arguments of the script, one line each */
	size_t n;              /* their number */
	bool all;              /* all or nothing */
	bool dry_run, explain; /* fields that each item has got */
};

/*
 * Reads the request's body for the script of `a`, which is one of agent_assign and agent_release. A
 * failure is noted in `a`. Free the result with batch_body_fini in any case.
 */
void batch_read(struct batch_body *b, struct args *a, const struct request *rq);

void batch_body_fini(struct batch_body *b);

#endif
