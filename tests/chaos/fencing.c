/*
 * Checks the fencing tokens that clients saw. The leader is treated as one more agent, whose owner
 * changes with the term.
 */
#include "chaos/linear.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* True if the reply to the operation showed an owner and an epoch. */
static bool
shows(const struct op *op)
{
	return op->epoch != 0 && op->outcome != OUT_NONE && op->outcome != OUT_UNKNOWN;
}

static bool
is_leader(const struct op *op)
{
	return op->agent[0] == '\0';
}

static int
compare(const char *a, const char *b, int64_t m, int64_t n)
{
	int order = strcmp(a, b);

	return order != 0 ? order : (m > n) - (m < n);
}

static int
by_epoch(const void *a, const void *b)
{
	const struct op *x = *(const struct op *const *)a, *y = *(const struct op *const *)b;

	return compare(x->agent, y->agent, x->epoch, y->epoch);
}

static int
by_call(const void *a, const void *b)
{
	const struct op *x = *(const struct op *const *)a, *y = *(const struct op *const *)b;

	return compare(x->agent, y->agent, x->called, y->called);
}

static int
by_return(const void *a, const void *b)
{
	const struct op *x = *(const struct op *const *)a, *y = *(const struct op *const *)b;

	return compare(x->agent, y->agent, x->returned, y->returned);
}

/* Checks that each epoch of an agent has one owner. `ops` is sorted by epoch. */
static void
check_owners(const struct op **ops, size_t n, struct findings *f)
{
	size_t i;

	for (i = 1; i < n; i++) {
		const struct op *a = ops[i - 1], *b = ops[i];

		if (by_epoch(&a, &b) == 0 && strcmp(a->node, b->node) != 0)
			findings_add(f, is_leader(b) ? FINDING_TWO_LEADERS : FINDING_TWO_OWNERS,
			    is_leader(b) ? "leader" : b->agent, "%" PRId64 ": %s and %s", b->epoch,
			    a->node, b->node);
	}
}

static enum finding_kind
kind_of(const struct op *op, bool made)
{
	if (is_leader(op))
		return FINDING_TERM_BACK;
	return made ? FINDING_EPOCH_AGAIN : FINDING_EPOCH_BACK;
}

/*
 * Checks the order of epochs. `calls` and `returns` are the same operations of one agent, sorted by
 * the time of the call and of the return. An epoch that a call returns must not be lower than one
 * that was seen before the call. A new epoch must be higher than all epochs seen before. Stops at
 * the first violation.
 */
static void
check_order(
    const struct op **calls, const struct op **returns, size_t n, int64_t floor, struct findings *f)
{
	const struct op *highest = NULL;
	char was[200] = "", is[200];
	size_t i, j = 0;

	for (i = 0; i < n; i++) {
		const struct op *op = calls[i];
		bool made = op->outcome == OUT_CREATED || op->outcome == OUT_QUEUED;

		for (; j < n && returns[j]->returned < op->called; j++)
			if (highest == NULL || returns[j]->epoch > highest->epoch)
				highest = returns[j];
		if (made ? op->epoch > floor && (highest == NULL || op->epoch > highest->epoch)
		         : highest == NULL || op->epoch >= highest->epoch)
			continue;
		if (highest != NULL)
			op_text(highest, was, sizeof(was));
		findings_add(f, kind_of(op, made), is_leader(op) ? "leader" : op->agent,
		    "%s, after %s; before this phase %" PRId64, op_text(op, is, sizeof(is)), was,
		    floor);
		return; /* further violations mostly have the same cause */
	}
}

/* The highest epoch of an agent in earlier phases. */
static int64_t
floor_of(const struct history *h, const char *agent)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h->ops[i].kind == OP_START && strcmp(h->ops[i].agent, agent) == 0)
			return h->ops[i].asked;
	return 0;
}

void
fencing_check(const struct history *h, struct findings *f)
{
	const struct op **calls = calloc(h->n + 1, sizeof(*calls));
	const struct op **returns = calloc(h->n + 1, sizeof(*returns));
	size_t n = 0, i, j;

	if (calls == NULL || returns == NULL)
		abort();
	for (i = 0; i < h->n; i++)
		if (shows(&h->ops[i]))
			calls[n++] = &h->ops[i];
	qsort(calls, n, sizeof(*calls), by_epoch);
	check_owners(calls, n, f);
	memcpy(returns, calls, n * sizeof(*calls));
	qsort(calls, n, sizeof(*calls), by_call);
	qsort(returns, n, sizeof(*returns), by_return);
	for (i = 0; i < n; i = j) {
		for (j = i; j < n && strcmp(calls[j]->agent, calls[i]->agent) == 0; j++)
			continue;
		check_order(calls + i, returns + i, j - i, floor_of(h, calls[i]->agent), f);
	}
	free(calls);
	free(returns);
}
