/*
 * Metrics. Each thread has a slab with all cells, made when it first counts and never freed, so that
 * nothing is lost when a thread ends. Invariant: only its own thread writes to a slab, so that a
 * relaxed load and store cannot lose a count.
 */
#include "base/metrics.h"

#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum kind { COUNTER, GAUGE, HISTOGRAM, READ_COUNTER, READ_GAUGE };

/* A histogram has a cell for each upper bound, one for what exceeds them, and the sum in µs. */
static const struct {
	int64_t us;
	const char *seconds;
} bounds[] = {
	{ 100, "0.0001" },
	{ 250, "0.00025" },
	{ 500, "0.0005" },
	{ 1000, "0.001" },
	{ 2500, "0.0025" },
	{ 5000, "0.005" },
	{ 10000, "0.01" },
	{ 25000, "0.025" },
	{ 50000, "0.05" },
	{ 100000, "0.1" },
	{ 250000, "0.25" },
	{ 500000, "0.5" },
	{ 1000000, "1" },
	{ 2500000, "2.5" },
	{ 5000000, "5" },
};

enum {
	BOUNDS = sizeof(bounds) / sizeof(bounds[0]),
	SUM = BOUNDS + 1,
	COUNTER_CELLS = 1,
	GAUGE_CELLS = 1,
	HISTOGRAM_CELLS = BOUNDS + 2,
	READ_COUNTER_CELLS = 1,
	READ_GAUGE_CELLS = 1,
};

/* There is no such object: its offsets are the numbers of each metric's first cell. */
struct layout {
#define METRIC(kind, name, exposed, a, b, help) \
	char name[AXIS_##a##_MAX * AXIS_##b##_MAX * kind##_CELLS];
#include "base/metrics.def"
#undef METRIC
};

enum { CELLS = sizeof(struct layout) };

static const struct row {
	enum kind kind;
	const char *name;
	enum metric_axis a, b;
	size_t a_max, b_max;
	size_t first; /* its first cell */
	const char *help;
} rows[METRIC_COUNT] = {
#define METRIC(kind, name, exposed, a, b, help)                              \
	{ kind, exposed, AXIS_##a, AXIS_##b, AXIS_##a##_MAX, AXIS_##b##_MAX, \
		offsetof(struct layout, name), help },
#include "base/metrics.def"
#undef METRIC
};

struct slab {
	struct slab *next;
	_Atomic int64_t cell[CELLS];
};

struct metrics_reading {
	double cell[CELLS];
};

static struct slab *_Atomic all_slabs;
static _Thread_local struct slab *own_slab;

static struct slab *
make_slab(void)
{
	struct slab *s = xcalloc(1, sizeof(*s));

	s->next = atomic_load(&all_slabs);
	while (!atomic_compare_exchange_weak(&all_slabs, &s->next, s))
		continue;
	own_slab = s;
	return s;
}

static void
cell_add(size_t i, int64_t n)
{
	struct slab *s = own_slab != NULL ? own_slab : make_slab();
	int64_t was = atomic_load_explicit(&s->cell[i], memory_order_relaxed);

	atomic_store_explicit(&s->cell[i], was + n, memory_order_relaxed);
}

void
metrics_add(enum metric m, size_t a, size_t b, int64_t n)
{
	const struct row *row = &rows[m];

	assert(row->kind == COUNTER || row->kind == GAUGE);
	if (a < row->a_max && b < row->b_max)
		cell_add(row->first + a * row->b_max + b, n);
}

void
metrics_observe(enum metric m, size_t a, int64_t us)
{
	const struct row *row = &rows[m];
	size_t first = row->first + a * HISTOGRAM_CELLS, i;

	assert(row->kind == HISTOGRAM);
	if (a >= row->a_max)
		return;
	for (i = 0; i < BOUNDS && us > bounds[i].us; i++)
		continue;
	cell_add(first + i, 1);
	cell_add(first + SUM, us);
}

struct metrics_reading *
metrics_read(void)
{
	struct metrics_reading *r = xcalloc(1, sizeof(*r));
	const struct slab *s;
	size_t i, k;

	for (s = atomic_load(&all_slabs); s != NULL; s = s->next)
		for (i = 0; i < CELLS; i++)
			r->cell[i] +=
			    (double)atomic_load_explicit(&s->cell[i], memory_order_relaxed);
	for (i = 0; i < METRIC_COUNT; i++)
		if (rows[i].kind == READ_COUNTER || rows[i].kind == READ_GAUGE)
			for (k = 0; k < rows[i].a_max; k++)
				r->cell[rows[i].first + k] = NAN;
	return r;
}

void
metrics_free(struct metrics_reading *r)
{
	free(r);
}

void
metrics_set(struct metrics_reading *r, enum metric m, size_t a, double value)
{
	assert(rows[m].kind == READ_COUNTER || rows[m].kind == READ_GAUGE);
	if (a < rows[m].a_max)
		r->cell[rows[m].first + a] = value;
}

/* The number of durations in a histogram's cells. */
static double
observed(const double *cell)
{
	double sum = 0;
	size_t i;

	for (i = 0; i <= BOUNDS; i++)
		sum += cell[i];
	return sum;
}

double
metrics_value(const struct metrics_reading *r, enum metric m, size_t a, size_t b)
{
	const struct row *row = &rows[m];

	assert(a < row->a_max && b < row->b_max);
	if (row->kind == HISTOGRAM)
		return observed(&r->cell[row->first + a * HISTOGRAM_CELLS]);
	return r->cell[row->first + a * row->b_max + b];
}

void
metrics_add_label(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, "%s%s=\"", b->len > 0 ? "," : "", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			buf_add_str(b, "\\n");
		else if (*value == '"' || *value == '\\')
			buf_addf(b, "\\%c", *value);
		else
			buf_add(b, value, 1);
	}
	buf_add_str(b, "\"");
}

static void
add_sample(struct buf *b, const char *name, const char *suffix, const struct buf *labels, double v)
{
	buf_addf(b, "%s%s", name, suffix);
	if (labels->len > 0)
		buf_addf(b, "{%s}", buf_str(labels));
	buf_addf(b, v == floor(v) && fabs(v) < 1e15 ? " %.0f\n" : " %.12g\n", v);
}

static void
add_histogram(struct buf *b, const char *name, struct buf *labels, const double *cell)
{
	struct buf own = BUF_INIT;
	double sum = 0;
	size_t i;

	for (i = 0; i <= BOUNDS; i++) {
		sum += cell[i];
		buf_reset(&own);
		buf_add(&own, labels->data, labels->len);
		metrics_add_label(&own, "le", i < BOUNDS ? bounds[i].seconds : "+Inf");
		add_sample(b, name, "_bucket", &own, sum);
	}
	add_sample(b, name, "_sum", labels, cell[SUM] / 1e6);
	add_sample(b, name, "_count", labels, sum);
	buf_fini(&own);
}

static bool
is_shown(const struct row *row, const double *cell)
{
	if (row->kind == HISTOGRAM)
		return observed(cell) > 0;
	return !isnan(*cell) && (*cell != 0 || row->b == AXIS_NONE);
}

/* Appends the samples of one metric. */
static void
add_row(struct buf *b, const struct row *row, const double *cells,
    const struct metrics_axis axes[AXIS_COUNT])
{
	size_t width = row->kind == HISTOGRAM ? HISTOGRAM_CELLS : 1, i, k;
	struct buf labels = BUF_INIT;

	for (i = 0; i < row->a_max && i < axes[row->a].n; i++)
		for (k = 0; k < row->b_max && k < axes[row->b].n; k++) {
			const double *cell = cells + (i * row->b_max + k) * width;

			if (!is_shown(row, cell))
				continue;
			buf_reset(&labels);
			if (row->a != AXIS_NONE)
				axes[row->a].label(&labels, i, axes[row->a].arg);
			if (row->b != AXIS_NONE)
				axes[row->b].label(&labels, k, axes[row->b].arg);
			if (row->kind == HISTOGRAM)
				add_histogram(b, row->name, &labels, cell);
			else
				add_sample(b, row->name, "", &labels, *cell);
		}
	buf_fini(&labels);
}

void
metrics_write(
    struct buf *b, const struct metrics_reading *r, const struct metrics_axis axes[AXIS_COUNT])
{
	static const char *const types[] = {
		[COUNTER] = "counter",
		[GAUGE] = "gauge",
		[HISTOGRAM] = "histogram",
		[READ_COUNTER] = "counter",
		[READ_GAUGE] = "gauge",
	};
	size_t i;

	for (i = 0; i < METRIC_COUNT; i++) {
		buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", rows[i].name, rows[i].help,
		    rows[i].name, types[rows[i].kind]);
		add_row(b, &rows[i], r->cell + rows[i].first, axes);
	}
}
