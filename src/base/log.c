/* Log lines: their level, and those that a thread keeps for a common write. */
#include "base/log.h"

#include "base/buf.h"
#include "base/log_writer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static enum log_level least_level = LOG_INFO;

/* Lines that the writer has not got yet. */
static _Thread_local struct {
	char text[LINE_MAX_BYTES];
	size_t len;
} held;

static const char *const level_names[] = { LOG_LEVELS };

enum log_level
log_level_named(const char *name)
{
	enum log_level level = LOG_DEBUG;

	while (strcmp(level_names[level], name) != 0) {
		assert(level < LOG_ERROR);
		level++;
	}
	return level;
}

void
log_setup(enum log_level least, bool json)
{
	least_level = least;
	log_text_set_json(json);
}

enum err
log_open(const char *path, char *why, size_t why_size)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	/* Replaced in one step, for the writer may be using it. */
	bool opened = fd >= 0 && dup2(fd, STDERR_FILENO) >= 0;

	if (!opened)
		snprintf(why, why_size, "log-file: %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return opened ? ERR_OK : ERR_INVALID_FIELD;
}

bool
log_wanted(enum log_level level)
{
	return level >= least_level;
}

void
log_line(enum log_level level, const char *area, const char *fmt, ...)
{
	char message[LINE_MAX_BYTES];
	struct buf b = BUF_INIT;
	va_list ap;

	if (!log_wanted(level))
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	log_text_add(&b, level, area, message, NULL, 0);
	log_flush();
	log_writer_add(b.data, b.len);
	buf_fini(&b);
}

void
log_record(enum log_level level, const char *area, const char *message,
    const struct log_field *fields, size_t n)
{
	struct buf b = BUF_INIT;

	if (!log_wanted(level))
		return;
	log_text_add(&b, level, area, message, fields, n);
	if (held.len + b.len > sizeof(held.text))
		log_flush();
	if (b.len > sizeof(held.text)) {
		log_writer_add(b.data, b.len);
	} else {
		memcpy(held.text + held.len, b.data, b.len);
		held.len += b.len;
	}
	buf_fini(&b);
}

void
log_flush(void)
{
	if (held.len == 0)
		return;
	log_writer_add(held.text, held.len);
	held.len = 0;
}
