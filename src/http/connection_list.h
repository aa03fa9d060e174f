/*
 * The open connections of one server, and those among them that are ready for a turn. It knows an
 * entry that each connection embeds, not the connection.
 */
#ifndef HTTP_CONNECTION_LIST_H
#define HTTP_CONNECTION_LIST_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct connection_entry {
	TAILQ_ENTRY(connection_entry) link, ready_link;
	bool ready;   /* it is among those that are ready */
	bool refused; /* it is over the limit, and is only told so */
};

TAILQ_HEAD(connection_entries, connection_entry);

struct connection_list {
	struct connection_entries all, ready;
	size_t n_open; /* without the refused ones */
	size_t n_refused;
	struct event ready_event; /* active while some are ready */
	void (*turn)(struct connection_entry *e);
	void (*emptied)(void *arg); /* NULL for none */
	void *emptied_arg;
};

/* `turn` is called, from the loop of `base`, for each entry that was made ready. */
void connection_list_init(
    struct connection_list *l, struct event_base *base, void (*turn)(struct connection_entry *e));

/* No turn is given any more. */
void connection_list_fini(struct connection_list *l);

/* Adds an entry; with `refused` it counts as one that is over the limit. */
void connection_list_add(struct connection_list *l, struct connection_entry *e, bool refused);

/* Removes an entry that was added. */
void connection_list_remove(struct connection_list *l, struct connection_entry *e);

/* Any entry, NULL if there is none. */
struct connection_entry *connection_list_first(const struct connection_list *l);

/* Gives the entry one turn soon, even if this is called several times before it. */
void connection_list_make_ready(struct connection_list *l, struct connection_entry *e);

/* Gives all entries a turn soon. */
void connection_list_make_all_ready(struct connection_list *l);

/* Calls `emptied(arg)` each time that the last entry is removed, and now if there is none. */
void connection_list_on_empty(struct connection_list *l, void (*emptied)(void *arg), void *arg);

#endif
