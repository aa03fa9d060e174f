/*
 * The list of connections. Invariant: the event is active whenever an entry is ready, and an entry
 * is removed from both lists at once.
 */
#include "http/connection_list.h"

#include "base/log.h"

static void
give_turns(evutil_socket_t fd, short what, void *arg)
{
	struct connection_list *l = arg;
	struct connection_entry *e;

	(void)fd;
	(void)what;
	while ((e = TAILQ_FIRST(&l->ready)) != NULL) {
		TAILQ_REMOVE(&l->ready, e, ready_link);
		e->ready = false;
		/* It may remove the entry, and make others ready. */
		l->turn(e);
	}
	/* One write for the log records of all turns. */
	log_flush();
}

void
connection_list_init(
    struct connection_list *l, struct event_base *base, void (*turn)(struct connection_entry *e))
{
	*l = (struct connection_list){ .turn = turn };
	TAILQ_INIT(&l->all);
	TAILQ_INIT(&l->ready);
	event_assign(&l->ready_event, base, -1, 0, give_turns, l);
}

void
connection_list_fini(struct connection_list *l)
{
	event_del(&l->ready_event);
}

void
connection_list_add(struct connection_list *l, struct connection_entry *e, bool refused)
{
	*e = (struct connection_entry){ .refused = refused };
	TAILQ_INSERT_TAIL(&l->all, e, link);
	if (refused)
		l->n_refused++;
	else
		l->n_open++;
}

void
connection_list_remove(struct connection_list *l, struct connection_entry *e)
{
	if (e->ready)
		TAILQ_REMOVE(&l->ready, e, ready_link);
	TAILQ_REMOVE(&l->all, e, link);
	if (e->refused)
		l->n_refused--;
	else
		l->n_open--;
	if (l->emptied != NULL && TAILQ_EMPTY(&l->all))
		l->emptied(l->emptied_arg);
}

struct connection_entry *
connection_list_first(const struct connection_list *l)
{
	return TAILQ_FIRST(&l->all);
}

void
connection_list_make_ready(struct connection_list *l, struct connection_entry *e)
{
	if (e->ready)
		return;
	e->ready = true;
	if (TAILQ_EMPTY(&l->ready))
		event_active(&l->ready_event, EV_TIMEOUT, 0);
	TAILQ_INSERT_TAIL(&l->ready, e, ready_link);
}

void
connection_list_make_all_ready(struct connection_list *l)
{
	struct connection_entry *e;

	TAILQ_FOREACH(e, &l->all, link)
	connection_list_make_ready(l, e);
}

void
connection_list_on_empty(struct connection_list *l, void (*emptied)(void *arg), void *arg)
{
	l->emptied = emptied;
	l->emptied_arg = arg;
	if (TAILQ_EMPTY(&l->all))
		emptied(arg);
}
