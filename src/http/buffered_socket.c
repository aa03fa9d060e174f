/*
 * The socket and its buffers. Invariant: an empty buffer holds no memory, for most connections are
 * idle; and the bytes at its start that were parsed or sent already never exceed both MOVE_MIN and
 * the bytes that were not.
 */
#include "http/buffered_socket.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOVE_MIN = 64 * 1024 };

void
buffered_socket_init(struct buffered_socket *s, struct event_base *base, int fd,
    event_callback_fn readable, event_callback_fn writable, void *arg)
{
	*s = (struct buffered_socket){ .fd = fd };
	event_assign(&s->read_event, base, fd, EV_READ | EV_PERSIST, readable, arg);
	event_assign(&s->write_event, base, fd, EV_WRITE | EV_PERSIST, writable, arg);
}

void
buffered_socket_fini(struct buffered_socket *s)
{
	event_del(&s->read_event);
	event_del(&s->write_event);
	close(s->fd);
	buf_fini(&s->in);
	buf_fini(&s->out);
}

/*
 * Drops the first `*start` bytes of a buffer: at once if nothing else is left, otherwise only
 * when they are worth moving the rest.
 */
static void
drop(struct buf *b, size_t *start)
{
	size_t left = b->len - *start;

	if (left == 0) {
		buf_fini(b);
	} else if (*start > MOVE_MIN && *start > left) {
		struct buf moved = BUF_INIT;

		buf_add(&moved, b->data + *start, left);
		buf_fini(b);
		*b = moved;
	} else {
		return;
	}
	*start = 0;
}

/* Notes what errno says about the socket after a failed call. */
static void
note_error(struct buffered_socket *s)
{
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		s->failed = true;
}

size_t
buffered_socket_read(struct buffered_socket *s, char *to, size_t size)
{
	ssize_t n;

	do
		n = recv(s->fd, to, size, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		note_error(s);
	s->eof = s->eof || n == 0;
	return n > 0 ? (size_t)n : 0;
}

const char *
buffered_socket_take(struct buffered_socket *s, const char *input, size_t *len)
{
	if (s->in.len == 0)
		return input;
	buf_add(&s->in, input, *len);
	*len = buffered_socket_kept(s);
	return s->in.data + s->in_start;
}

void
buffered_socket_keep(struct buffered_socket *s, const char *rest, size_t left)
{
	if (s->in.len == 0)
		buf_add(&s->in, rest, left);
	else
		s->in_start = s->in.len - left;
	drop(&s->in, &s->in_start);
}

size_t
buffered_socket_kept(const struct buffered_socket *s)
{
	return s->in.len - s->in_start;
}

struct buf *
buffered_socket_output(struct buffered_socket *s)
{
	return &s->out;
}

size_t
buffered_socket_unsent(const struct buffered_socket *s)
{
	return s->out.len - s->out_start;
}

/* Sends what the socket takes. True if it took some. */
static bool
send_some(struct buffered_socket *s)
{
	bool sent = false;

	while (buffered_socket_unsent(s) > 0) {
		ssize_t n = send(
		    s->fd, s->out.data + s->out_start, buffered_socket_unsent(s), MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			note_error(s);
			break;
		}
		s->out_start += (size_t)n;
		sent = true;
	}
	drop(&s->out, &s->out_start);
	return sent;
}

void
buffered_socket_flush(struct buffered_socket *s)
{
	if (buffered_socket_unsent(s) == 0)
		return;
	if (send_some(s) || !s->writing)
		s->wrote_at = clock_mono_ms();
}

static void
set_event(struct event *event, bool wanted, bool *is_set)
{
	if (wanted && !*is_set)
		event_add(event, NULL);
	else if (!wanted && *is_set)
		event_del(event);
	*is_set = wanted;
}

void
buffered_socket_watch(struct buffered_socket *s, bool read)
{
	set_event(&s->read_event, read, &s->reading);
	set_event(&s->write_event, buffered_socket_unsent(s) > 0, &s->writing);
}
