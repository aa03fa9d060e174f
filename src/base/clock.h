/* Time: the monotonic clock for deadlines, the wall clock for logs, and times as text. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT_SIZE = 32 };

/* Milliseconds on the monotonic clock: for intervals and deadlines, not for display. */
int64_t clock_mono_ms(void);

/* Microseconds on the monotonic clock: for measurements. */
int64_t clock_mono_us(void);

/* Milliseconds since 1970 on this machine's wall clock: for logs and metrics only. */
int64_t clock_wall_ms(void);

/* Writes `ms` since 1970 as RFC 3339 UTC, "2026-01-02T03:04:05.678Z". Returns `out`. */
const char *clock_text(int64_t ms, char out[CLOCK_TEXT_SIZE]);

/* The present time on the wall clock as HTTP writes it, "Sun, 06 Nov 1994 08:49:37 GMT". Borrowed. */
const char *clock_http_date(void);

#endif
