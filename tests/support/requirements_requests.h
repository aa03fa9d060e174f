/* Requests and releases of a history (requirements_history.h): each answer is compared with the model. */
#ifndef SUPPORT_REQUIREMENTS_REQUESTS_H
#define SUPPORT_REQUIREMENTS_REQUESTS_H

#include "support/requirements_history.h"

enum { REQUESTS_MAX = 5 /* in a call */ };

/* Random requests in one call, and what that leaves out in further ones. */
void requests_assign(struct history *h, int n);

/* A dry run of a random request, with an explanation. */
void requests_explain(struct history *h);

/* A random agent gets another priority. */
void requests_update(struct history *h);

/* Releases random agents in one call. */
void requests_release(struct history *h, int n);

#endif
