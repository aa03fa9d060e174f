/*
 * What this process counts, one row a metric in metrics.def, and the text format 0.0.4 of
 * Prometheus. Not responsible for what the labels are called: whoever writes a reading says so.
 * Threads change their own cells without a lock; a reading sums them.
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
	AXIS_ROUTE,       /* 0: no route, then as in the route table */
	AXIS_STATUS,      /* METRIC_STATUS of an HTTP status */
	AXIS_CODE,        /* METRIC_CODE of an enum err */
	AXIS_SCRIPT,      /* enum script_id */
	AXIS_REDIS_ERROR, /* a kind in redis/redis_error.h */
	AXIS_NODE_STATUS,
	AXIS_AGENT_STATUS,
	AXIS_RESOURCE,
	AXIS_REASON,
	AXIS_STRATEGY,
	AXIS_VERSION,
	AXIS_COUNT
};

/* How many values each axis has at most; further ones are not counted. */
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
	AXIS_REASON_MAX = 6,
	AXIS_STRATEGY_MAX = 16,
	AXIS_VERSION_MAX = 1,
};

/* A status from 200 to 599 as a value of its axis, and back: 32 of each hundred have a place. */
#define METRIC_STATUS(status)  ((size_t)((status) / 100 - 2) * 32 + (size_t)((status) % 100))
#define METRIC_STATUS_OF(cell) ((int)((cell) / 32 + 2) * 100 + (int)((cell) % 32))

/* An error as a value of its axis, and back. */
#define METRIC_CODE(e)       ((size_t)(e)-1)
#define METRIC_CODE_OF(cell) ((enum err)((cell) + 1))

/* Adds `n`, which may be negative for a gauge, to the cell of these values of the two axes. */
void metrics_add(enum metric m, size_t a, size_t b, int64_t n);

#define metrics_count(m) metrics_add(m, 0, 0, 1)

/* Adds a duration to the histogram of this value of the first axis. */
void metrics_observe(enum metric m, size_t a, int64_t us);

/* All cells at one time, summed over the threads. */
struct metrics_reading;

/* Reads all metrics. What others know is absent until it is set. Free it with metrics_free. */
struct metrics_reading *metrics_read(void);

void metrics_free(struct metrics_reading *r);

/* Sets the cell of a READ_COUNTER or READ_GAUGE. */
void metrics_set(struct metrics_reading *r, enum metric m, size_t a, double value);

/* The cell as it is; of a histogram, how many durations were observed. */
double metrics_value(const struct metrics_reading *r, enum metric m, size_t a, size_t b);

/* Appends the labels of value `i` of an axis. */
typedef void (*metrics_label_fn)(struct buf *b, size_t i, const void *arg);

/* The values 0 to n-1 of an axis. */
struct metrics_axis {
	size_t n;
	metrics_label_fn label;
	const void *arg;
};

/* Appends one label, a comma before it where there is one already; `value` is escaped. */
void metrics_add_label(struct buf *b, const char *name, const char *value);

/*
 * Appends the reading. A cell that was never touched is left out where the metric has two axes or
 * is a histogram, so that what never happens takes no room.
 */
void metrics_write(
    struct buf *b, const struct metrics_reading *r, const struct metrics_axis axes[AXIS_COUNT]);

#endif
