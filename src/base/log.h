/*
 * Log lines on stderr, as text or as JSON, one write(2) a line so that threads and processes
 * do not mix. Control characters in a message are escaped.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Sets what is written and how. Called once, before any other thread runs. */
void log_setup(enum log_level least, bool json);

/* Writes one line of at most 4 KiB; `area` names the part that speaks ("redis", "leader"). */
void log_line(enum log_level level, const char *area, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

#endif
