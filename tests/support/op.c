/* Requests. Invariant: a body is empty or the beginning of an object, until body_end. */
#include "support/op.h"

#include <stdio.h>
#include <string.h>

struct op *
op_add(struct step *st, const char *id, const char *method, const char *path)
{
	struct op *op = &st->op[st->n++];

	snprintf(op->id, sizeof(op->id), "%s", id);
	snprintf(op->method, sizeof(op->method), "%s", method);
	snprintf(op->path, sizeof(op->path), "%s", path);
	return op;
}

void
body_add(struct op *op, const char *text)
{
	size_t len = strlen(op->body);

	snprintf(op->body + len, sizeof(op->body) - len, "%s", text);
}

void
body_member(struct op *op, const char *name, const char *json)
{
	body_add(op, op->body[0] == '\0' ? "{\"" : ",\"");
	body_add(op, name);
	body_add(op, "\":");
	body_add(op, json);
}

void
body_int(struct op *op, const char *name, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	body_member(op, name, text);
}

void
body_text(struct op *op, const char *name, const char *value)
{
	char text[64];

	snprintf(text, sizeof(text), "\"%s\"", value);
	body_member(op, name, text);
}

void
body_end(struct op *op)
{
	body_add(op, op->body[0] == '\0' ? "{}" : "}");
}

void
step_print(const struct step *st, char *text, size_t size)
{
	size_t len = 0;
	char epoch[32];
	int i, n;

	text[0] = '\0';
	for (i = 0; i < st->n && len < size; i++) {
		const struct op *op = &st->op[i];

		if (op->left_out)
			continue;
		snprintf(epoch, sizeof(epoch), "?epoch=(its)%+d", op->epoch_off);
		n = snprintf(text + len, size - len, "    %s %s%s %s\n", op->method, op->path,
		    op->by_epoch ? epoch : "", op->body);
		len += n > 0 ? (size_t)n : 0;
	}
}
