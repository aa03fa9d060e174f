/*
 * What this process counts, one row for each metric in metrics.def, and its text in the format 0.0.4
 * of Prometheus. A metric has a cell for each pair of values of its two axes. Each thread changes
 * cells of its own, without a lock; a reading is their sum. Not responsible for the labels: the
 * caller of metrics_write supplies them.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

enum metric {
#define METRIC(kind, name, exposed, a, b, help) METRIC_##name,
#include "base/metrics.def"
#undef METRIC
	METRIC_COUNT
};

enum metric_axis {
	AXIS_NONE,
	AXIS_ROUTE,       /* 0: no route; from 1 on: as in the route table */
	AXIS_STATUS,      /* METRIC_STATUS of an HTTP status */
	AXIS_CODE,        /* METRIC_CODE of an enum err */
	AXIS_SCRIPT,      /* enum script_id */
	AXIS_REDIS_ERROR, /* a kind in redis/redis_error.h */
	AXIS_NODE_STATUS,
	AXIS_AGENT_STATUS,
	AXIS_RESOURCE,
	AXIS_RESOURCE_NAME, /* the resources that the nodes declare, as a reading finds them */
	AXIS_PENDING_REASON,
	AXIS_REASON,
	AXIS_STRATEGY,
	AXIS_VERSION,
	AXIS_COUNT
};

/* The number of values of each axis, at most; higher values are not counted. */
enum {
	AXIS_NONE_MAX = 1,
	AXIS_ROUTE_MAX = 64,
	AXIS_STATUS_MAX = 128,
	AXIS_CODE_MAX = 64,
	AXIS_SCRIPT_MAX = 64,
	AXIS_REDIS_ERROR_MAX = 32,
	AXIS_NODE_STATUS_MAX = 3,
	AXIS_AGENT_STATUS_MAX = 2,
	AXIS_RESOURCE_MAX = 3,
	AXIS_RESOURCE_NAME_MAX = 64,
	AXIS_PENDING_REASON_MAX = 14,
	AXIS_REASON_MAX = 6,
	AXIS_STRATEGY_MAX = 16,
	AXIS_VERSION_MAX = 1,
};

/* A status as a value of its axis, and back. There is room for 200 to 231, 300 to 331 and so on. */
#define METRIC_STATUS(status)  ((size_t)((status) / 100 - 2) * 32 + (size_t)((status) % 100))
#define METRIC_STATUS_OF(cell) ((int)((cell) / 32 + 2) * 100 + (int)((cell) % 32))

/* An error as a value of its axis, and back. */
#define METRIC_CODE(e)       ((size_t)(e)-1)
#define METRIC_CODE_OF(cell) ((enum err)((cell) + 1))

/* Adds `n` to the cell of these values of the two axes. `n` may be negative only for a gauge. */
void metrics_add(enum metric m, size_t a, size_t b, int64_t n);

#define metrics_count(m) metrics_add(m, 0, 0, 1)

/* Adds a duration, in microseconds, to the histogram of this value of the first axis. */
void metrics_observe(enum metric m, size_t a, int64_t us);

/* The values of all cells at one time. */
struct metrics_reading;

/*
 * Reads all metrics. A READ_COUNTER or READ_GAUGE has no value until metrics_set. Never NULL; free it
 * with metrics_free.
 */
struct metrics_reading *metrics_read(void);

void metrics_free(struct metrics_reading *r);

/* Sets a cell of a READ_COUNTER or READ_GAUGE. */
void metrics_set(struct metrics_reading *r, enum metric m, size_t a, double value);

/* The value of a cell; for a histogram, the number of durations. */
double metrics_value(const struct metrics_reading *r, enum metric m, size_t a, size_t b);

/* Appends the labels of value `i` of an axis. */
typedef void (*metrics_label_fn)(struct buf *b, size_t i, const void *arg);

/* The values 0 to n-1 of an axis; `label` gets `arg`. */
struct metrics_axis {
	size_t n;
	metrics_label_fn label;
	const void *arg;
};

/* Appends one label, after a comma if `b` is not empty; escapes `value`. */
void metrics_add_label(struct buf *b, const char *name, const char *value);

/*
 * Appends the reading as text. To keep it short, it leaves out histograms without a duration, and
 * cells of metrics with two axes that are 0.
 */
void metrics_write(
    struct buf *b, const struct metrics_reading *r, const struct metrics_axis axes[AXIS_COUNT]);

#endif
