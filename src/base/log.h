/*
 * Log lines on stderr, as text or as JSON, whole ones in each write(2) so that threads and
 * processes do not mix. Control characters are escaped.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* What the levels are called, in order. */
#define LOG_LEVELS "debug", "info", "warn", "error"

/* The level called `name`, which is one of LOG_LEVELS. */
enum log_level log_level_named(const char *name);

/* Sets what is written and how. Called once, before any other thread runs. */
void log_setup(enum log_level least, bool json);

/* Writes one line of at most 4 KiB; `area` names the part that speaks ("redis", "leader"). */
void log_line(enum log_level level, const char *area, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* True where lines of this level are written. */
bool log_wanted(enum log_level level);

/* A named value of a record; "" stands for none. */
struct log_field {
	const char *name; /* plain ASCII */
	const char *value;
	bool number; /* in JSON it is written as one */
	bool plain;  /* it is known to be printable ASCII, and not empty */
};

/*
 * Notes one line with these fields behind the message. It is written by log_flush, before the
 * thread's next log_line, or when there are many: those who note thousands a second share writes.
 */
void log_record(enum log_level level, const char *area, const char *message,
    const struct log_field *fields, size_t n);

/* Writes what the calling thread has noted. */
void log_flush(void);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

#endif
