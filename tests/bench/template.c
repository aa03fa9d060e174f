/* Expands templates. */
#include "bench/template.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USAGE_STEP = 37 }; /* prime to 100, so that %u takes all values in turn */

void
text_add(struct text *t, const char *s, size_t len)
{
	if (t->len + len > t->size) {
		t->size = 2 * (t->len + len) + 256;
		t->s = realloc(t->s, t->size);
		if (t->s == NULL)
			abort();
	}
	if (len > 0)
		memcpy(t->s + t->len, s, len);
	t->len += len;
}

static void __attribute__((format(printf, 2, 3))) addf(struct text *t, const char *format, ...)
{
	char s[1024];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(s, sizeof(s), format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(s))
		abort();
	text_add(t, s, (size_t)n);
}

/* Appends the twelve digits in base64, which are sixteen bytes without padding. */
static void
add_base64(struct text *t, const char digits[12])
{
	static const char code[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	int i;

	for (i = 0; i < 12; i += 3) {
		unsigned v = (unsigned)digits[i] << 16 | (unsigned)digits[i + 1] << 8 |
		    (unsigned)digits[i + 2];
		char four[4] = { code[v >> 18], code[v >> 12 & 63], code[v >> 6 & 63],
			code[v & 63] };

		text_add(t, four, 4);
	}
}

/* Appends the twelve digits, the last one first. */
static void
add_reversed(struct text *t, const char digits[12])
{
	int i;

	for (i = 11; i >= 0; i--)
		text_add(t, &digits[i], 1);
}

struct counter {
	long next;
	/*
	 * Set for a Redis command of several items: each %d or %r begins an item and takes the next count,
	 * which is also that of the %s and %u that follow.
	 */
	bool each;
};

static void expand(const struct template *m, struct text *out, const char *s, struct counter *c);

static void
add_items(const struct template *m, struct text *out, struct counter *c)
{
	long i;

	for (i = 0; i < m->items; i++) {
		if (i > 0)
			text_add(out, ",", 1);
		expand(m, out, m->item, c);
		c->next++;
	}
}

static void
add_line(const struct template *m, struct text *out, long count)
{
	const char *line = m->list[count % m->n_list];

	text_add(out, line, strlen(line));
}

static void
expand(const struct template *m, struct text *out, const char *s, struct counter *c)
{
	char digits[32];
	size_t plain;

	for (; *s != '\0'; s += plain) {
		long n, count, round;
		char what;
		bool id;

		plain = strcspn(s, "%");
		text_add(out, s, plain);
		if (s[plain] == '\0')
			continue;
		what = s[plain + 1];
		plain += 2;
		id = what == 'd' || what == 'r';
		n = c->each && !id ? c->next - 1 : c->next;
		count = m->modulo > 0 ? n % m->modulo : n;
		round = m->modulo > 0 ? n / m->modulo : 0;
		snprintf(digits, sizeof(digits), "%012ld", count);
		if (what == 'd')
			text_add(out, digits, 12);
		else if (what == 'b')
			add_base64(out, digits);
		else if (what == 'r')
			add_reversed(out, digits);
		else if (what == 'u')
			addf(out, "%ld", (count + USAGE_STEP * round) % 100);
		else if (what == 's' && m->list != NULL && count >= 0)
			add_line(m, out, count);
		else if (what == '*' && m->item != NULL)
			add_items(m, out, c);
		else if (what == '%')
			text_add(out, "%", 1);
		else
			abort();
		if (c->each && id)
			c->next++;
	}
}

static void
write_http(const struct template *m, struct text *out, struct counter *c)
{
	struct text body = { 0 };

	text_add(out, m->method, strlen(m->method));
	text_add(out, " ", 1);
	expand(m, out, m->path, c);
	addf(out, " HTTP/1.1\r\nHost: localhost\r\n");
	if (m->header != NULL)
		addf(out, "%s\r\n", m->header);
	if (m->body != NULL) {
		expand(m, &body, m->body, c);
		addf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.len);
	}
	text_add(out, "\r\n", 2);
	text_add(out, body.s, body.len);
	free(body.s);
}

static void
write_resp(const struct template *m, struct text *out, struct counter *c)
{
	struct text arg = { 0 };
	int i;

	addf(out, "*%d\r\n", m->n_args);
	for (i = 0; i < m->n_args; i++) {
		arg.len = 0;
		expand(m, &arg, m->args[i], c);
		addf(out, "$%zu\r\n", arg.len);
		text_add(out, arg.s, arg.len);
		text_add(out, "\r\n", 2);
	}
	free(arg.s);
}

void
template_write(const struct template *m, struct text *out, long first, long n)
{
	struct counter c = { first + n * (m->items > 0 ? m->items : 1), m->resp && m->items > 0 };

	if (m->resp)
		write_resp(m, out, &c);
	else
		write_http(m, out, &c);
}

bool
template_read_list(struct template *m, const char *path)
{
	FILE *f = fopen(path, "r");
	long size = 0;
	size_t room;
	ssize_t n;

	if (f == NULL)
		return false;
	for (;;) {
		if (m->n_list == size) {
			size = 2 * size + 1024;
			m->list = realloc(m->list, (size_t)size * sizeof(*m->list));
			if (m->list == NULL)
				abort();
		}
		m->list[m->n_list] = NULL;
		room = 0;
		n = getline(&m->list[m->n_list], &room, f);
		if (n <= 0)
			break;
		m->list[m->n_list][strcspn(m->list[m->n_list], "\n")] = '\0';
		m->n_list++;
	}
	free(m->list[m->n_list]);
	fclose(f);
	return m->n_list > 0;
}
