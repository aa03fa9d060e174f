/*
 * The text of a log line, in the format that all lines of the process have. Control characters in it
 * are escaped. Not responsible for where a line goes.
 */
#ifndef BASE_LOG_TEXT_H
#define BASE_LOG_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* What the levels are called, in order. */
#define LOG_LEVELS "debug", "info", "warn", "error"

/* A named value of a record. An empty value means that there is none. */
struct log_field {
	const char *name; /* plain ASCII */
	const char *value;
	bool number; /* the value is a number, to be written as such in JSON */
	bool plain;  /* the value is known to be printable ASCII and not empty */
};

/* Makes all further lines JSON objects, or plain text. Call it before threads start. */
void log_text_set_json(bool json);

/*
 * Appends one line, with its newline, to `b`: the time, the level, the area, the message and the `n`
 * fields.
 */
void log_text_add(struct buf *b, enum log_level level, const char *area, const char *message,
    const struct log_field *fields, size_t n);

#endif
