/*
 * The search for an order. Invariant: `done` is the set of operations that are ordered so far, and
 * `now` is the state of the register after them. A combination of set and register that was
 * rejected is not tried again.
 */
#include "chaos/linear.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES_MAX = 2000000, SEEN_MIN = 1024 };

/* The register. If it is not exact, its epoch is an unknown number above `epoch`. */
struct reg {
	bool present, exact, pending;
	int64_t epoch;
	const char *node;
};

struct search {
	const struct op **ops; /* the operations of one agent, sorted by the time of the call */
	uint64_t *names;       /* one random number for each operation */
	bool *done;
	size_t n;
	uint64_t *seen; /* a hash set of rejected combinations; 0 is an empty place */
	size_t n_seen, seen_size;
	size_t tries;
	size_t best; /* the most operations that were ordered, and the operation after them */
	struct reg best_reg;
	const struct op *best_op;
};

static bool
is_pending(const struct op *op)
{
	return op->outcome == OUT_PENDING || op->outcome == OUT_QUEUED;
}

static struct reg
as_seen(const struct op *op)
{
	return (struct reg){ .present = true,
		.exact = true,
		.pending = is_pending(op),
		.epoch = op->epoch,
		.node = op->node };
}

/* A reply that shows the assignment, either as it was or after the cluster moved it. */
static bool
observe(const struct op *op, struct reg *r)
{
	bool same = r->exact && op->epoch == r->epoch;

	if (!r->present || (!same && op->epoch <= r->epoch))
		return false;
	if (same && (r->pending != is_pending(op) || strcmp(r->node, op->node) != 0))
		return false;
	*r = as_seen(op);
	return true;
}

static bool
assign(const struct op *op, struct reg *r)
{
	switch (op->outcome) {
	case OUT_CREATED:
	case OUT_QUEUED:
		if (r->present || op->epoch <= r->epoch)
			return false;
		*r = as_seen(op);
		return true;
	case OUT_UNKNOWN:
		if (r->present)
			return false;
		*r = (struct reg){ .present = true, .epoch = r->epoch };
		return true;
	case OUT_ABSENT:
		return !r->present;
	default:
		return observe(op, r);
	}
}

static bool
release(const struct op *op, struct reg *r)
{
	bool current =
	    op->asked == 0 || op->asked > r->epoch || (r->exact && op->asked == r->epoch);

	if (op->outcome == OUT_ABSENT || !r->present)
		return op->outcome == OUT_ABSENT && !r->present;
	if (op->outcome == OUT_STALE) {
		if (r->exact && op->asked == r->epoch)
			*r = (struct reg){ .present = true, .epoch = r->epoch };
		return true;
	}
	if (!current)
		return false;
	*r = (struct reg){ .epoch = op->asked > r->epoch ? op->asked : r->epoch };
	return true;
}

/* Applies the operation to the register. Returns false if it cannot take effect in this state. */
static bool
take_effect(const struct op *op, struct reg *r)
{
	switch (op->kind) {
	case OP_START:
		*r = as_seen(op);
		if (op->outcome == OUT_ABSENT)
			*r = (struct reg){ .epoch = op->asked };
		return true;
	case OP_ASSIGN:
		return assign(op, r);
	case OP_RELEASE:
		return release(op, r);
	case OP_GET:
		return op->outcome == OUT_ABSENT ? !r->present : observe(op, r);
	case OP_LEADER:
		break;
	}
	return true;
}

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint64_t
name_of(const struct reg *r)
{
	return mix((uint64_t)r->epoch * 8 + r->present * 4 + r->exact * 2 + r->pending + 1);
}

static void
remember(struct search *s, uint64_t name)
{
	size_t i = name & (s->seen_size - 1);

	while (s->seen[i] != 0)
		i = (i + 1) & (s->seen_size - 1);
	s->seen[i] = name;
}

/* Adds to the set. Returns false if it was already there. */
static bool
first_time(struct search *s, uint64_t name)
{
	uint64_t *old = s->seen;
	size_t i, size = s->seen_size;

	for (i = name & (size - 1); size > 0 && s->seen[i] != 0; i = (i + 1) & (size - 1))
		if (s->seen[i] == name)
			return false;
	if (2 * ++s->n_seen > size) {
		s->seen_size = size > 0 ? 2 * size : SEEN_MIN;
		s->seen = calloc(s->seen_size, sizeof(*s->seen));
		if (s->seen == NULL)
			abort();
		for (i = 0; i < size; i++)
			if (old[i] != 0)
				remember(s, old[i]);
		free(old);
	}
	remember(s, name);
	return true;
}

static bool order(struct search *s, size_t first, size_t n_done, uint64_t set, struct reg now);

/* Puts ops[i] next, with its effect, or without if that is possible, and orders the rest. */
static bool
order_next(struct search *s, size_t first, size_t i, size_t n_done, uint64_t set, struct reg now)
{
	const struct op *op = s->ops[i];
	struct reg then = now;
	bool found = false;

	s->done[i] = true;
	if (take_effect(op, &then))
		found = order(s, first, n_done + 1, set ^ s->names[i], then);
	else if (n_done >= s->best && op->outcome != OUT_UNKNOWN)
		s->best_op = op;
	if (!found && op->outcome == OUT_UNKNOWN)
		found = order(s, first, n_done + 1, set ^ s->names[i], now);
	s->done[i] = false;
	return found;
}

/* Returns true if the remaining operations can be ordered. The next one must have been called
 * before any of them returned. */
static bool
order(struct search *s, size_t first, size_t n_done, uint64_t set, struct reg now)
{
	int64_t deadline = INT64_MAX;
	size_t i, pass;

	while (first < s->n && s->done[first])
		first++;
	if (first == s->n)
		return true;
	if (++s->tries > TRIES_MAX || !first_time(s, (set ^ name_of(&now)) | 1))
		return false;
	if (n_done > s->best) {
		s->best = n_done;
		s->best_reg = now;
		s->best_op = NULL;
	}
	/* Try known outcomes first: an unknown one is mostly only needed to explain them. */
	for (pass = 0; pass < 2; pass++)
		for (i = first; i < s->n && s->ops[i]->called <= deadline; i++) {
			if (s->done[i])
				continue;
			if (s->ops[i]->returned < deadline)
				deadline = s->ops[i]->returned;
			if ((s->ops[i]->outcome == OUT_UNKNOWN) == (pass == 1) &&
			    order_next(s, first, i, n_done, set, now))
				return true;
		}
	return false;
}

static void
check_agent(struct search *s, struct findings *f)
{
	const struct reg nothing = { 0 };
	char text[200] = "";
	size_t i;

	s->names = calloc(s->n, sizeof(*s->names));
	s->done = calloc(s->n, sizeof(*s->done));
	if (s->names == NULL || s->done == NULL)
		abort();
	for (i = 0; i < s->n; i++)
		s->names[i] = mix(i + 1) & ~(uint64_t)1;
	if (order(s, 0, 0, 0, nothing))
		goto cleanup;
	if (s->best_op != NULL)
		op_text(s->best_op, text, sizeof(text));
	findings_add(f, s->tries > TRIES_MAX ? FINDING_SEARCH_TOO_LONG : FINDING_NOT_LINEARIZABLE,
	    s->ops[0]->agent,
	    "%zu of %zu operations can be ordered, to %s %s%" PRId64 "; then not: %s", s->best,
	    s->n, !s->best_reg.present ? "absent, epochs to" : "present, epoch",
	    s->best_reg.present && !s->best_reg.exact ? "above " : "", s->best_reg.epoch, text);
cleanup:
	free(s->names);
	free(s->done);
	free(s->seen);
}

/* True for operations that may have had an effect or that saw something. */
static bool
counts(const struct op *op)
{
	return op->agent[0] != '\0' && op->outcome != OUT_NONE &&
	    !(op->kind == OP_GET && op->outcome == OUT_UNKNOWN);
}

static int
by_agent_and_call(const void *a, const void *b)
{
	const struct op *x = *(const struct op *const *)a, *y = *(const struct op *const *)b;
	int order = strcmp(x->agent, y->agent);

	return order != 0 ? order : (x->called > y->called) - (x->called < y->called);
}

void
linear_check(const struct history *h, struct findings *f)
{
	const struct op **ops = calloc(h->n + 1, sizeof(*ops));
	size_t n = 0, i, j;

	if (ops == NULL)
		abort();
	for (i = 0; i < h->n; i++)
		if (counts(&h->ops[i]))
			ops[n++] = &h->ops[i];
	qsort(ops, n, sizeof(*ops), by_agent_and_call);
	for (i = 0; i < n; i = j) {
		struct search s = { .ops = ops + i };

		for (j = i; j < n && strcmp(ops[j]->agent, ops[i]->agent) == 0; j++)
			continue;
		s.n = j - i;
		check_agent(&s, f);
	}
	free(ops);
}
