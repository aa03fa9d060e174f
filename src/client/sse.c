/* Parses Server-Sent Events. Invariant: `line` holds the bytes since the last line end. */
#include "client/sse.h"

#include <string.h>

void
sse_init(struct sse *s, sse_fn fn, void *arg)
{
	*s = (struct sse){ .fn = fn, .arg = arg };
}

void
sse_fini(struct sse *s)
{
	buf_fini(&s->line);
	buf_fini(&s->type);
	buf_fini(&s->data);
	buf_fini(&s->id);
	buf_fini(&s->last_id);
}

void
sse_restart(struct sse *s)
{
	buf_reset(&s->line);
	buf_reset(&s->type);
	buf_reset(&s->data);
	buf_reset(&s->id);
	buf_add(&s->id, buf_str(&s->last_id), s->last_id.len);
	s->after_cr = s->has_data = s->begun = false;
}

void
sse_set_last_id(struct sse *s, const char *id)
{
	buf_reset(&s->id);
	buf_add_str(&s->id, id);
	buf_reset(&s->last_id);
	buf_add_str(&s->last_id, id);
}

static void
end_event(struct sse *s)
{
	buf_reset(&s->last_id);
	buf_add(&s->last_id, buf_str(&s->id), s->id.len);
	if (s->has_data) {
		s->data.data[--s->data.len] = '\0'; /* removes the last line feed */
		s->fn(s->arg, s->type.len > 0 ? buf_str(&s->type) : "message", buf_str(&s->last_id),
		    buf_str(&s->data));
	}
	buf_reset(&s->type);
	buf_reset(&s->data);
	s->has_data = false;
}

static void
add_field(struct sse *s, const char *name, size_t len, const char *value)
{
	if (len == 5 && memcmp(name, "event", len) == 0) {
		buf_reset(&s->type);
		buf_add_str(&s->type, value);
	} else if (len == 4 && memcmp(name, "data", len) == 0) {
		buf_add_str(&s->data, value);
		buf_add(&s->data, "\n", 1);
		s->has_data = true;
	} else if (len == 2 && memcmp(name, "id", len) == 0) {
		buf_reset(&s->id);
		buf_add_str(&s->id, value);
	}
}

/* Handles a complete line. A line with a NUL, which a cluster never sends, is read up to the
 * NUL. */
static void
end_line(struct sse *s)
{
	const char *line = buf_str(&s->line), *value;
	size_t len;

	if (!s->begun && strncmp(line, "\xef\xbb\xbf", 3) == 0)
		line += 3;
	s->begun = true;
	len = strcspn(line, ":");
	value = line + len + (line[len] == ':');
	if (*line == '\0')
		end_event(s);
	else if (len > 0)
		add_field(s, line, len, value + (*value == ' '));
	buf_reset(&s->line);
}

bool
sse_feed(struct sse *s, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t n;

		if (s->after_cr && *bytes == '\n') {
			s->after_cr = false;
			bytes++;
			len--;
			continue;
		}
		s->after_cr = false;
		for (n = 0; n < len && bytes[n] != '\n' && bytes[n] != '\r'; n++)
			continue;
		if (s->line.len + n > SSE_EVENT_MAX || s->data.len + n > SSE_EVENT_MAX)
			return false;
		buf_add(&s->line, bytes, n);
		if (n == len)
			return true;
		s->after_cr = bytes[n] == '\r';
		end_line(s);
		bytes += n + 1;
		len -= n + 1;
	}
	return true;
}
