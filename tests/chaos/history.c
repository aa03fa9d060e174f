/* The history. Invariant: `ops` is sorted by `called`, because operations are added under the
 * lock. */
#include "chaos/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const kinds[] = { "start", "assign", "release", "get", "leader" };
static const char *const outcomes[] = { "unknown", "none", "created", "queued", "assigned",
	"pending", "released", "absent", "stale" };

int64_t
history_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

bool
history_init(struct history *h, const char *path)
{
	*h = (struct history){ 0 };
	pthread_mutex_init(&h->lock, NULL);
	if (path == NULL)
		return true;
	h->file = fopen(path, "we");
	if (h->file == NULL)
		return false;
	fputs("# called returned client operation agent asked outcome node epoch (us)\n", h->file);
	return true;
}

void
history_fini(struct history *h)
{
	if (h->file != NULL)
		fclose(h->file);
	free(h->ops);
	pthread_mutex_destroy(&h->lock);
	*h = (struct history){ 0 };
}

static void
write_op(const struct history *h, const struct op *op)
{
	if (h->file == NULL)
		return;
	fprintf(h->file, "%" PRId64 " %" PRId64 " %d %s %s %" PRId64 " %s %s %" PRId64 "\n",
	    op->called, op->returned == INT64_MAX ? -1 : op->returned, op->client, kinds[op->kind],
	    op->agent[0] != '\0' ? op->agent : "-", op->asked, outcomes[op->outcome],
	    op->node[0] != '\0' ? op->node : "-", op->epoch);
}

/* Appends a new operation. The caller holds the lock. */
static struct op *
append(struct history *h, int client, enum op_kind kind, const char *agent)
{
	struct op *op;

	if (h->n == h->size) {
		h->size = h->size > 0 ? 2 * h->size : 1024;
		h->ops = realloc(h->ops, h->size * sizeof(*h->ops));
		if (h->ops == NULL)
			abort();
	}
	op = &h->ops[h->n++];
	*op = (struct op){ .kind = kind, .client = client, .returned = INT64_MAX };
	snprintf(op->agent, sizeof(op->agent), "%s", agent);
	op->called = history_now();
	return op;
}

size_t
history_call(struct history *h, int client, enum op_kind kind, const char *agent, int64_t asked)
{
	size_t number;

	pthread_mutex_lock(&h->lock);
	number = h->first + h->n;
	append(h, client, kind, agent)->asked = asked;
	if (client != HISTORY_STORE)
		h->total++;
	pthread_mutex_unlock(&h->lock);
	return number;
}

void
history_return(
    struct history *h, size_t number, enum outcome outcome, const char *node, int64_t epoch)
{
	struct op *op;

	pthread_mutex_lock(&h->lock);
	if (number >= h->first) {
		op = &h->ops[number - h->first];
		op->outcome = outcome;
		op->epoch = epoch;
		snprintf(op->node, sizeof(op->node), "%s", node);
		if (outcome != OUT_UNKNOWN)
			op->returned = history_now();
		write_op(h, op);
	}
	pthread_mutex_unlock(&h->lock);
}

void
history_local(struct history *h, size_t number)
{
	pthread_mutex_lock(&h->lock);
	if (number >= h->first)
		h->ops[number - h->first].local = true;
	pthread_mutex_unlock(&h->lock);
}

void
history_settle(struct history *h)
{
	int64_t now = history_now();
	size_t i;

	pthread_mutex_lock(&h->lock);
	for (i = 0; i < h->n; i++)
		if (h->ops[i].returned == INT64_MAX)
			h->ops[i].returned = now;
	pthread_mutex_unlock(&h->lock);
}

/* The start of an agent's next phase: its state when the store was last read; if it was never read,
 * its highest epoch. */
static struct op
start_of(const struct history *h, const char *agent)
{
	struct op start = { .kind = OP_START, .client = HISTORY_STORE, .outcome = OUT_ABSENT };
	const struct op *highest = NULL, *last = NULL;
	size_t i;

	snprintf(start.agent, sizeof(start.agent), "%s", agent);
	for (i = 0; i < h->n; i++) {
		const struct op *op = &h->ops[i];

		if (strcmp(op->agent, agent) != 0)
			continue;
		if (op->client == HISTORY_STORE && op->kind == OP_GET)
			last = op;
		if (highest == NULL || op->epoch >= highest->epoch)
			highest = op;
		if (op->kind == OP_START && op->asked > start.asked)
			start.asked = op->asked;
	}
	if (highest->epoch > start.asked)
		start.asked = highest->epoch;
	if (last != NULL)
		start.outcome = last->outcome;
	else
		last = highest;
	start.epoch = last->epoch;
	memcpy(start.node, last->node, sizeof(start.node));
	return start;
}

void
history_next_phase(struct history *h)
{
	struct op *starts;
	size_t n = 0, i, j;

	pthread_mutex_lock(&h->lock);
	starts = calloc(h->n + 1, sizeof(*starts));
	if (starts == NULL)
		abort();
	for (i = 0; i < h->n; i++) {
		for (j = 0; j < n && strcmp(starts[j].agent, h->ops[i].agent) != 0; j++)
			continue;
		if (j == n)
			starts[n++] = start_of(h, h->ops[i].agent);
	}
	h->first += h->n;
	h->n = 0;
	for (i = 0; i < n; i++) {
		struct op *op = append(h, HISTORY_STORE, OP_START, starts[i].agent);

		starts[i].called = op->called;
		starts[i].returned = history_now();
		*op = starts[i];
		write_op(h, op);
	}
	if (h->file != NULL)
		fflush(h->file);
	pthread_mutex_unlock(&h->lock);
	free(starts);
}

void
history_copy(struct history *h, struct history *copy)
{
	history_init(copy, NULL);
	pthread_mutex_lock(&h->lock);
	copy->ops = malloc((h->n + 1) * sizeof(*h->ops));
	if (copy->ops == NULL)
		abort();
	memcpy(copy->ops, h->ops, h->n * sizeof(*h->ops));
	copy->n = h->n;
	copy->first = h->first;
	pthread_mutex_unlock(&h->lock);
}

const char *
op_text(const struct op *op, char *out, size_t size)
{
	snprintf(out, size, "client %d %s %s", op->client, kinds[op->kind], op->agent);
	if (op->asked != 0)
		snprintf(out + strlen(out), size - strlen(out), "?epoch=%" PRId64, op->asked);
	snprintf(out + strlen(out), size - strlen(out), " -> %s", outcomes[op->outcome]);
	if (op->epoch != 0)
		snprintf(
		    out + strlen(out), size - strlen(out), " %s@%" PRId64, op->node, op->epoch);
	return out;
}
