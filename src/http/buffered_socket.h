/*
 * The socket of a connection: the bytes that were read and are not parsed yet, those that are not
 * sent yet, and the events that say when to go on with either. It knows no HTTP.
 */
#ifndef HTTP_BUFFERED_SOCKET_H
#define HTTP_BUFFERED_SOCKET_H

#include "base/buf.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct buffered_socket {
	int fd;        /* non-blocking */
	bool eof;      /* the other side sends no more */
	bool failed;   /* the socket can no longer be used */
	struct buf in; /* from in_start on */
	size_t in_start;
	struct buf out; /* from out_start on */
	size_t out_start;

	struct event read_event, write_event;
	bool reading;     /* read_event is set */
	bool writing;     /* write_event is set */
	int64_t wrote_at; /* when the last output was taken, or began to wait (monotonic ms) */
};

/*
 * Takes over `fd`. The callbacks, which get `arg`, are called from the loop of `base` when the
 * socket can be read or written, as buffered_socket_watch has asked for.
 */
void buffered_socket_init(struct buffered_socket *s, struct event_base *base, int fd,
    event_callback_fn readable, event_callback_fn writable, void *arg);

/* Closes the socket. */
void buffered_socket_fini(struct buffered_socket *s);

/* Reads up to `size` bytes into `to`. Returns how many; notes an end or a failure. */
size_t buffered_socket_read(struct buffered_socket *s, char *to, size_t size);

/*
 * Joins the input that was kept with the `len` bytes at `input` that follow it. Returns all of it,
 * now `*len` bytes, valid until buffered_socket_keep.
 */
const char *buffered_socket_take(struct buffered_socket *s, const char *input, size_t *len);

/* Keeps the `left` bytes at `rest`, the end of what buffered_socket_take returned, for later. */
void buffered_socket_keep(struct buffered_socket *s, const char *rest, size_t left);

/* The number of bytes that are kept. */
size_t buffered_socket_kept(const struct buffered_socket *s);

/* The buffer to append output to. Borrowed. */
struct buf *buffered_socket_output(struct buffered_socket *s);

/* The number of bytes that are not sent yet. */
size_t buffered_socket_unsent(const struct buffered_socket *s);

/* Sends as much output as the socket takes. */
void buffered_socket_flush(struct buffered_socket *s);

/* Asks for a callback when the socket can be written if there is output, or read if `read`. */
void buffered_socket_watch(struct buffered_socket *s, bool read);

#endif
