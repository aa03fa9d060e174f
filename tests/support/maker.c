/* What all makers of steps share. */
#include "support/maker.h"

#include <stdio.h>
#include <string.h>

static const char *const services[SERVICES] = { "db", "gpu", "web", "xyz" };

struct step *
step_begin(struct maker *m, enum step_kind kind, int64_t advance_ms)
{
	struct step *st = &m->sc->step[m->sc->n++];

	st->kind = kind;
	st->advance_ms = advance_ms;
	st->cut = rng_next(&m->rng);
	m->now += advance_ms;
	return st;
}

int64_t
pause_ms(struct maker *m)
{
	static const int64_t pauses[] = { 0, 0, 0, 1, 1, 3, 40, 900 };

	return pauses[between(m, 0, 7)];
}

void
body_services(struct op *op, int mask, bool backwards)
{
	char list[64] = "[";
	int i;

	for (i = 0; i < SERVICES; i++) {
		int s = backwards ? SERVICES - 1 - i : i;

		if (mask & 1 << s)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s\"%s\"",
			    list[1] != '\0' ? "," : "", services[s]);
	}
	strncat(list, "]", sizeof(list) - strlen(list) - 1);
	body_member(op, "services", list);
}
