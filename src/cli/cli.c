/* Output, error messages and exit statuses, for all commands. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 2048 };

/* Prints one line on stderr. */
static void
print_error(const char *code, const char *detail, const char *reasons)
{
	struct buf text = BUF_INIT;
	struct terminal_line l = { &text, TERMINAL_UNLIMITED, false };

	terminal_put(&l, PLAIN, "muster: ");
	if (*code != '\0') {
		terminal_put(&l, PLAIN, code);
		terminal_put(&l, PLAIN, ": ");
	}
	terminal_put(&l, PLAIN, detail);
	terminal_put(&l, PLAIN, reasons);
	fprintf(stderr, "%s\n", buf_str(&text));
	buf_fini(&text);
}

int
cli_failed_with(const muster_error *e)
{
	struct buf reasons = BUF_INIT;
	const char *name;
	int64_t nodes;
	size_t i;

	for (i = 0; (name = muster_error_reason(e, i, &nodes)) != NULL; i++)
		buf_addf(&reasons, "%s%s %lld", i == 0 ? " (" : ", ", name, (long long)nodes);
	if (i > 0)
		buf_add_str(&reasons, ")");
	print_error(muster_error_code(e), muster_error_detail(e), buf_str(&reasons));
	buf_fini(&reasons);
	switch (muster_error_kind(e)) {
	case MUSTER_UNREACHABLE:
		return CLI_UNREACHABLE;
	case MUSTER_BAD_ARGUMENT:
		return CLI_USAGE;
	case MUSTER_OK:
	case MUSTER_BAD_ANSWER:
	case MUSTER_REFUSED:
		break;
	}
	return muster_error_status(e) == 404 ? CLI_MISSING : CLI_REFUSED;
}

int
cli_failed(const struct cli *cli)
{
	return cli_failed_with(muster_client_error(cli->client));
}

int
cli_usage(const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	print_error("", text, "");
	return CLI_USAGE;
}

int
cli_number(const char *option, const char *text, int64_t *n)
{
	char *end = NULL;

	*n = 0;
	if (text == NULL)
		return CLI_GOOD;
	errno = 0;
	*n = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || *n < 1)
		return cli_usage("%s: a whole number above 0 is expected", option);
	return CLI_GOOD;
}

int
cli_missing(const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	print_error("not_found", text, "");
	return CLI_MISSING;
}

int
cli_write(const struct buf *text)
{
	if (fwrite(buf_str(text), 1, text->len, stdout) == text->len && fflush(stdout) == 0)
		return CLI_GOOD;
	print_error("", "the output cannot be written", "");
	return CLI_REFUSED;
}

int
cli_write_table(const struct cli *cli, struct table *t)
{
	struct buf text = BUF_INIT;
	int status;

	table_write(t, &text, cli->colour, TERMINAL_UNLIMITED, t->n);
	status = cli_write(&text);
	buf_fini(&text);
	table_fini(t);
	return status;
}

int
cli_write_json(const muster_reply *r)
{
	char *json = muster_reply_json(r, "");
	struct buf text = BUF_INIT;
	int status;

	buf_addf(&text, "%s\n", json);
	free(json);
	status = cli_write(&text);
	buf_fini(&text);
	return status;
}

int
cli_show(
    const struct cli *cli, muster_reply *r, int (*show)(const struct cli *, const muster_reply *))
{
	int status;

	if (r == NULL)
		return cli_failed(cli);
	status = cli->options.json ? cli_write_json(r) : show(cli, r);
	muster_reply_free(r);
	return status;
}

void
cli_row(struct table *t, const char *name, const char *value)
{
	table_add(t, DIM, *name != '\0' ? name : " "); /* a further value for the name above */
	table_add(t, PLAIN, value);
}

void
cli_rowf(struct table *t, const char *name, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	cli_row(t, name, text);
}

const char *
cli_join(const muster_reply *r, const char *path, struct buf *out)
{
	size_t i, n = muster_reply_count(r, path);

	buf_reset(out);
	for (i = 0; i < n; i++) {
		char at[160];
		const char *text;

		snprintf(at, sizeof(at), "%s.%zu", path, i);
		text = muster_reply_text(r, at);
		buf_addf(out, "%s%s", i > 0 ? "," : "", text != NULL ? text : "");
	}
	return buf_str(out);
}

const char *
cli_join_numbers(const muster_reply *r, const char *path, struct buf *out)
{
	struct buf at = BUF_INIT;
	const char *name;
	size_t i;

	buf_reset(out);
	for (i = 0; (name = muster_reply_name(r, path, i)) != NULL; i++) {
		buf_reset(&at);
		buf_addf(&at, "%s.%s", path, name);
		buf_addf(out, "%s%s %.15g", i > 0 ? ", " : "", name,
		    muster_reply_number(r, buf_str(&at)));
	}
	buf_fini(&at);
	return buf_str(out);
}

void
cli_row_numbers(struct table *t, const char *name, const muster_reply *r, const char *path)
{
	struct buf text = BUF_INIT;

	if (*cli_join_numbers(r, path, &text) != '\0')
		cli_row(t, name, buf_str(&text));
	buf_fini(&text);
}
