/* The text of log lines. Invariant: a line has no control character but its final newline. */
#include "base/log_text.h"

#include "base/clock.h"
#include "base/json.h"

#include <string.h>

static bool as_json;

void
log_text_set_json(bool json)
{
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

void
log_text_add(struct buf *b, enum log_level level, const char *area, const char *message,
    const struct log_field *fields, size_t n)
{
	static const char *const names[] = { LOG_LEVELS };
	static const char *const padded[] = { " debug ", " info  ", " warn  ", " error " };
	char now[CLOCK_TEXT_SIZE];
	size_t i;

	clock_text(clock_wall_ms(), now);
	if (as_json) {
		json_begin_object(b, NULL);
		json_add_text(b, "time", now);
		json_add_text(b, "level", names[level]);
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
