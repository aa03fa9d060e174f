/* Log lines. Invariant: a line holds no control character but its final newline. */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static enum log_level least_level = LOG_INFO;
static bool as_json;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void
log_setup(enum log_level least, bool json)
{
	least_level = least;
	as_json = json;
}

static void
add_printable(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\x%02x", c);
		else
			buf_add(b, s, 1);
	}
}

void
log_line(enum log_level level, const char *area, const char *fmt, ...)
{
	char message[LINE_MAX_BYTES], when[CLOCK_TEXT_SIZE];
	struct buf b = BUF_INIT;
	va_list ap;

	if (level < least_level)
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	clock_text(clock_wall_ms(), when);

	if (as_json) {
		json_begin_object(&b, NULL);
		json_add_text(&b, "time", when);
		json_add_text(&b, "level", level_names[level]);
		json_add_text(&b, "area", area);
		json_add_text(&b, "message", message);
		json_end_object(&b);
	} else {
		buf_addf(&b, "%s %-5s %s: ", when, level_names[level], area);
		add_printable(&b, message);
	}
	buf_add(&b, "\n", 1);
	/* A log that cannot be written must not stop the service. */
	if (write(STDERR_FILENO, b.data, b.len) < 0)
		least_level = level < LOG_ERROR ? least_level : LOG_ERROR;
	buf_fini(&b);
}
