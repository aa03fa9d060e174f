/*
 * The socket's buffers. Invariant: an empty one holds no memory, for most connections are idle, and
 * what was parsed or sent is at most as much as what was not, or MOVE_MIN.
 */
#include "http/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOVE_MIN = 64 * 1024 };

void
wire_init(struct wire *w, int fd)
{
	*w = (struct wire){ .fd = fd, .in = BUF_INIT, .out = BUF_INIT };
}

void
wire_fini(struct wire *w)
{
	close(w->fd);
	buf_fini(&w->in);
	buf_fini(&w->out);
}

/* Gives back the first `*start` bytes, at once where they are all, or when it is worth a move. */
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

/* Notes what a failed call says about the socket. */
static void
note_error(struct wire *w)
{
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		w->failed = true;
}

size_t
wire_read(struct wire *w, char *to, size_t size)
{
	ssize_t n;

	do
		n = recv(w->fd, to, size, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		note_error(w);
	w->eof = w->eof || n == 0;
	return n > 0 ? (size_t)n : 0;
}

const char *
wire_take(struct wire *w, const char *input, size_t *len)
{
	if (w->in.len == 0)
		return input;
	buf_add(&w->in, input, *len);
	*len = wire_kept(w);
	return w->in.data + w->in_start;
}

void
wire_keep(struct wire *w, const char *rest, size_t left)
{
	if (w->in.len == 0)
		buf_add(&w->in, rest, left);
	else
		w->in_start = w->in.len - left;
	drop(&w->in, &w->in_start);
}

size_t
wire_kept(const struct wire *w)
{
	return w->in.len - w->in_start;
}

struct buf *
wire_output(struct wire *w)
{
	return &w->out;
}

size_t
wire_unsent(const struct wire *w)
{
	return w->out.len - w->out_start;
}

bool
wire_flush(struct wire *w)
{
	bool went = false;

	while (wire_unsent(w) > 0) {
		ssize_t n = send(w->fd, w->out.data + w->out_start, wire_unsent(w), MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			note_error(w);
			break;
		}
		w->out_start += (size_t)n;
		went = true;
	}
	drop(&w->out, &w->out_start);
	return went;
}
