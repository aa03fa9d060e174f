/*
 * Arguments. Invariant: the first `count` arguments have been added, in the order of their
 * declaration. Only this file writes the separators of items, tab and newline, and it refuses
 * them in values.
 */
#include "redis/script_args.h"

#include "redis/command.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
script_args_init(struct script_args *a, enum script_id id)
{
	a->id = id;
	a->count = 0;
	a->urgent = false;
	a->coalesce = false;
	a->single = false;
	a->texts = (struct buf)BUF_INIT;
}

void
script_args_copy(struct script_args *to, const struct script_args *from)
{
	*to = *from;
	to->texts = (struct buf)BUF_INIT;
	buf_add(&to->texts, from->texts.data, from->texts.len);
}

void
script_args_fini(struct script_args *a)
{
	buf_fini(&a->texts);
	a->count = 0;
}

const char *
script_args_get(const struct script_args *a, size_t arg)
{
	assert(arg < a->count);
	return a->texts.data + a->arg[arg].at;
}

/*
 * Appends a word as it will be sent, except that a NUL stands in for the CR after its text. Returns
 * the offset of its text.
 */
static size_t
add_word(struct buf *b, const char *text, size_t len)
{
	command_add_word(b, text, len);
	b->data[b->len - 2] = '\0';
	return b->len - 2 - len;
}

void
script_args_add(struct script_args *a, size_t arg, const char *text, size_t len)
{
	assert(arg == a->count && arg < SCRIPT_ARGS_MAX);
	a->arg[arg].at = (uint32_t)add_word(&a->texts, text, len);
	a->arg[arg].len = (uint32_t)len;
	a->count++;
}

void
script_args_add_str(struct script_args *a, size_t arg, const char *text)
{
	script_args_add(a, arg, text, strlen(text));
}

void
script_args_addf(struct script_args *a, size_t arg, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	script_args_add_str(a, arg, text);
}

void
script_args_set(struct script_args *a, size_t arg, const char *text, size_t len)
{
	struct script_args changed;
	size_t i;

	script_args_init(&changed, a->id);
	changed.urgent = a->urgent;
	changed.coalesce = a->coalesce;
	changed.single = a->single;
	for (i = 0; i < a->count; i++)
		if (i == arg)
			script_args_add(&changed, i, text, len);
		else
			script_args_add(&changed, i, script_args_get(a, i), a->arg[i].len);
	script_args_fini(a);
	*a = changed;
}

/* Copies a value to `*to`, which is moved to the end of it. False where it holds a separator. */
static bool
copy_value(char **to, const char *value, size_t len)
{
	const char *end = value + len;
	char *at = *to;

	for (; value < end; value++) {
		if (*value == '\t' || *value == '\n')
			return false;
		*at++ = *value;
	}
	*to = at;
	return true;
}

const char *
script_args_add_line(const struct script_args *a, struct buf *lines)
{
	const struct script_source *s = &script_sources[a->id];
	size_t i, n = a->count;
	/* A line is shorter than the arguments as they are sent, each with its length before it. */
	char *start = buf_room(lines, a->texts.len), *to = start;

	assert(n == s->n_item_columns);
	while (n > 1 && a->arg[n - 1].len == 0)
		n--;
	for (i = 0; i < n; i++) {
		if (!copy_value(&to, script_args_get(a, i), a->arg[i].len)) {
			buf_end(lines, start);
			return s->item_columns[i];
		}
		*to++ = i + 1 < n ? '\t' : '\n';
	}
	buf_end(lines, to);
	return NULL;
}

const char *
script_args_pack(struct script_args *a)
{
	struct buf line = BUF_INIT;
	const char *wrong = script_args_add_line(a, &line);

	if (wrong == NULL) {
		script_args_fini(a);
		script_args_add(a, ITEMS_ARG_LINES, line.data, line.len);
		if (script_sources[a->id].n_args > ITEMS_ARG_ALL)
			script_args_add(a, ITEMS_ARG_ALL, "1", 1);
		a->single = true;
	}
	buf_fini(&line);
	return wrong;
}

const char *
script_line_column(const char *line, size_t column, size_t *len)
{
	while (column-- > 0) {
		line += strcspn(line, "\t\n");
		line += *line == '\t';
	}
	*len = strcspn(line, "\t\n");
	return line;
}
