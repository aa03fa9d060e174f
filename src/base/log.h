/*
 * Log lines on stderr, as text or as JSON. Nobody waits until they are written; if nobody reads them
 * for long, some are lost, and the log tells how many (base/log_writer.h). Each write(2) has only whole
 * lines, so that those of several processes do not mix. Control characters are escaped.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"
#include "base/log_text.h"

#include <stdbool.h>
#include <stddef.h>

/* The level called `name`, which is one of LOG_LEVELS. */
enum log_level log_level_named(const char *name);

/* Sets the lowest level that is written, and the format. Call it once, before threads start. */
void log_setup(enum log_level least, bool json);

/*
 * Makes the file `path` our stderr: lines are appended to it, and it is created if it is missing. May be
 * called again at any time, to open a new file after the old one was renamed. Returns ERR_INVALID_FIELD,
 * with a sentence in `why`, if the file cannot be opened; then nothing changes.
 */
enum err log_open(const char *path, char *why, size_t why_size) MUST_CHECK;

/* Writes one line, cut at 4 KiB. `area` names the part of the program ("redis", "leader"). */
void log_line(enum log_level level, const char *area, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* True if lines of this level are written. */
bool log_wanted(enum log_level level);

/*
 * Makes one line of the message and the `n` fields, and keeps it for log_flush, so that thousands of
 * lines a second can share writes. It is written earlier if the thread calls log_line, or when 4 KiB
 * are kept.
 */
void log_record(enum log_level level, const char *area, const char *message,
    const struct log_field *fields, size_t n);

/* Writes the lines that log_record has kept for the calling thread. */
void log_flush(void);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

#endif
