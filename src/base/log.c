/* Log lines. Invariant: a line has no control character but its final newline. */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

/* Any thread may raise it, when a write fails. */
static _Atomic enum log_level least_level = LOG_INFO;
static bool as_json;

/* Lines that are not written yet; 4 KiB, because a pipe takes that much in one piece (PIPE_BUF). */
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
	atomic_store(&least_level, least);
	as_json = json;
}

/* True for a control character from U+0080 to U+009F, which JSON does not escape. */
static bool
is_c1(const unsigned char *u)
{
	return u[0] == 0xc2 && u[1] >= 0x80 && u[1] < 0xa0;
}

/* Appends text, with control characters and invalid UTF-8 as \xHH. */
static void
add_printable(struct buf *b, const char *s)
{
	const char *end = s + strlen(s);

	while ((s += json_add_plain(b, s, (size_t)(end - s))) < end) {
		const unsigned char *u = (const unsigned char *)s;
		size_t n = json_utf8_length(u, (size_t)(end - s));

		if (n > 2 || (n == 2 && !is_c1(u)) || *u == '"' || *u == '\\') {
			buf_add(b, s, n);
			s += n;
		} else {
			/* The second byte of a two-byte control character is escaped next. */
			buf_addf(b, "\\x%02x", *u);
			s++;
		}
	}
}

static void
write_out(const char *data, size_t len)
{
	/* If the log cannot be written, the service goes on, and tries only errors. */
	if (write(STDERR_FILENO, data, len) < 0)
		atomic_store_explicit(&least_level, LOG_ERROR, memory_order_relaxed);
}

/* Adds a member to the JSON line; text with control characters that JSON lets through is escaped. */
static void
add_json_text(struct buf *b, const char *name, const char *s)
{
	const char *at = s;
	struct buf shown = BUF_INIT;

	while ((at = strchr(at, 0xc2)) != NULL && !is_c1((const unsigned char *)at))
		at++;
	if (at != NULL)
		add_printable(&shown, s);
	json_add_text(b, name, at != NULL ? buf_str(&shown) : s);
	buf_fini(&shown);
}

/* Appends " name=value". */
static void
add_text_field(struct buf *b, const struct log_field *f)
{
	size_t name = strlen(f->name), value = f->plain ? strlen(f->value) : 0;
	char *to = buf_room(b, name + value + 2);

	*to++ = ' ';
	to = mempcpy(to, f->name, name);
	*to++ = '=';
	to = mempcpy(to, f->value, value);
	buf_end(b, to);
	if (!f->plain)
		add_printable(b, *f->value != '\0' ? f->value : "-");
}

static void
add_field(struct buf *b, const struct log_field *f)
{
	if (!as_json)
		add_text_field(b, f);
	else if (f->number)
		json_add_raw(b, f->name, f->value, strlen(f->value));
	else
		add_json_text(b, f->name, f->value);
}

/* Writes one line, with its newline, into `b`. */
static void
compose(struct buf *b, enum log_level level, const char *area, const char *message,
    const struct log_field *fields, size_t n)
{
	static const char *const padded[] = { " debug ", " info  ", " warn  ", " error " };
	char now[CLOCK_TEXT_SIZE];
	size_t i;

	clock_text(clock_wall_ms(), now);
	if (as_json) {
		json_begin_object(b, NULL);
		json_add_text(b, "time", now);
		json_add_text(b, "level", level_names[level]);
		json_add_text(b, "area", area);
		add_json_text(b, "message", message);
	} else {
		buf_add_str(b, now);
		buf_add_str(b, padded[level]);
		buf_add_str(b, area);
		buf_add(b, ": ", 2);
		add_printable(b, message);
	}
	for (i = 0; i < n; i++)
		add_field(b, &fields[i]);
	if (as_json)
		json_end_object(b);
	buf_add(b, "\n", 1);
}

bool
log_wanted(enum log_level level)
{
	return level >= atomic_load_explicit(&least_level, memory_order_relaxed);
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
	compose(&b, level, area, message, NULL, 0);
	log_flush();
	write_out(b.data, b.len);
	buf_fini(&b);
}

void
log_record(enum log_level level, const char *area, const char *message,
    const struct log_field *fields, size_t n)
{
	struct buf b = BUF_INIT;

	if (!log_wanted(level))
		return;
	compose(&b, level, area, message, fields, n);
	if (held.len + b.len > sizeof(held.text))
		log_flush();
	if (b.len > sizeof(held.text)) {
		write_out(b.data, b.len);
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
	write_out(held.text, held.len);
	held.len = 0;
}
