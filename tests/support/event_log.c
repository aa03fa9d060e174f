/* Events as a client reads them. */
#include "support/event_log.h"

#include "support/sse.h"

#include <stdio.h>

enum { EVENT_WAIT_MS = 5000 };

void
event_log_read(struct event_log *log, struct lane *l)
{
	struct sse sse;
	struct sse_event e;

	log->n = 0;
	api(l->musterd->port, 201, "POST", "/api/cluster/nodes",
	    "{\"id\":\"zz-end\",\"role\":\"replica\"}");
	assert_true(sse_open(&sse, l->musterd->port, "/api/cluster/events?since=0-0", NULL));
	assert_int_equal(sse.status, 200);
	do {
		struct event *to = &log->event[log->n++];

		assert_true(log->n < EVENTS_MAX);
		assert_true(sse_next(&sse, &e, EVENT_WAIT_MS));
		snprintf(to->id, sizeof(to->id), "%s", e.id);
		snprintf(to->text, sizeof(to->text), "%.40s %.960s", e.type, e.data);
	} while (strstr(e.data, "\"zz-end\"") == NULL);
	sse_close(&sse);
}

/* The place of the first event of this id that is about the agent or node; -1 where there is none. */
static int
place_of(const struct event_log *log, const struct told *t)
{
	int i;

	for (i = 0; i < log->n; i++)
		if (strcmp(log->event[i].id, t->index) == 0 &&
		    (t->id[0] == '\0' || strstr(log->event[i].text, fmt("\"%s\"", t->id)) != NULL))
			return i;
	return -1;
}

/*
 * Every event that a reply of the lane named is there, and is the one that the reply to the single
 * request named. A batch names its last one.
 */
static void
compare_told(struct buf *out, const struct event_log *a, const struct lane *single,
    const struct event_log *b, const struct lane *l)
{
	int i, k = 0, place;

	for (i = 0; i < l->n_told; i++) {
		const struct told *t = &l->told[i];

		place = place_of(b, t);
		if (place < 0)
			buf_addf(out, "%s: step %d: there is no event %s of %s\n",
			    lane_names[l->kind], t->step, t->index, t->id);
		while (k < single->n_told &&
		    (single->told[k].step < t->step ||
		        (single->told[k].step == t->step && single->told[k].op < t->op)))
			k++;
		if (k == single->n_told || place_of(a, &single->told[k]) != place)
			buf_addf(out, "%s: step %d: the reply about %s names event %d\n",
			    lane_names[l->kind], t->step, t->id, place);
	}
	if (l->kind != LANE_BATCH && l->n_told != single->n_told)
		buf_addf(out, "%s: %d replies name an event instead of %d\n", lane_names[l->kind],
		    l->n_told, single->n_told);
}

/* What is compared of an event: without the node where that was drawn by lot. */
static const char *
event_text(const struct scenario *sc, const struct event *e)
{
	const char *agent = strstr(e->text, "\"agent_id\":");

	if (!sc->by_lot)
		return e->text;
	return fmt("%.*s%.*s", (int)strcspn(e->text, "{"), e->text,
	    agent != NULL ? (int)strcspn(agent, ",") : 0, agent);
}

void
event_log_compare(struct buf *out, const struct scenario *sc, const struct event_log *a,
    const struct lane *single, const struct event_log *b, const struct lane *l)
{
	int i, n = 0;

	for (i = 0; (i < a->n || i < b->n) && n < 10; i++) {
		const char *x = i < a->n ? event_text(sc, &a->event[i]) : "(none)";
		const char *y = i < b->n ? event_text(sc, &b->event[i]) : "(none)";

		if (strcmp(x, y) == 0)
			continue;
		n++;
		buf_addf(out, "event %d differs:\n  %s: %s\n  %s: %s\n", i,
		    lane_names[single->kind], x, lane_names[l->kind], y);
	}
	compare_told(out, a, single, b, l);
}
