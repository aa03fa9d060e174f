/* The list of findings. */
#include "chaos/findings.h"

#include <stdarg.h>
#include <stdio.h>

#define FINDING_TEXT(name, text) text,
static const char *const texts[] = { FINDING_KINDS(FINDING_TEXT) };
#undef FINDING_TEXT

const char *
finding_text(enum finding_kind kind)
{
	return texts[kind];
}

void
findings_add(
    struct findings *f, enum finding_kind kind, const char *subject, const char *format, ...)
{
	struct finding *found = &f->kept[f->count];
	va_list ap;

	if (f->count++ >= FINDINGS_KEPT)
		return;
	found->kind = kind;
	snprintf(found->subject, sizeof(found->subject), "%s", subject);
	va_start(ap, format);
	vsnprintf(found->detail, sizeof(found->detail), format, ap);
	va_end(ap);
}

size_t
findings_of(const struct findings *f, enum finding_kind kind)
{
	size_t i, n = 0;

	for (i = 0; i < f->count && i < FINDINGS_KEPT; i++)
		n += f->kept[i].kind == kind;
	return n;
}

void
findings_print(const struct findings *f, size_t first)
{
	size_t i;

	for (i = first; i < f->count && i < FINDINGS_KEPT; i++)
		fprintf(stderr, "VIOLATION %s: %s: %s\n", finding_text(f->kept[i].kind),
		    f->kept[i].subject, f->kept[i].detail);
	if (f->count > FINDINGS_KEPT && first < f->count)
		fprintf(stderr, "(%zu in all)\n", f->count);
}
