/* Reads Server-Sent Events from a socket. */
#include "support/sse.h"

#include "support/process.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MS = 10000, READ_SIZE = 65536 };

/* Takes the chunk lines out of the `n` bytes at `data`. Returns how many bytes are left there. */
static size_t
dechunk(struct sse *s, char *data, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		if (s->chunk_left > 0) {
			data[kept++] = data[i];
			s->chunk_left--;
		} else if (isxdigit((unsigned char)data[i])) {
			const char digit[] = { data[i], '\0' };

			s->chunk_size = s->chunk_size * 16 + strtoul(digit, NULL, 16);
		} else if (data[i] == '\n') {
			s->chunk_left = s->chunk_size;
			s->chunk_size = 0;
		}
	}
	return kept;
}

/* Receives more. Returns false at the deadline (monotonic ms) or the end. */
static bool
receive(struct sse *s, long deadline)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	long left = deadline - now_ms();
	ssize_t n;

	if (s->size - s->len < READ_SIZE) {
		s->size = s->len + 2 * READ_SIZE;
		s->in = realloc(s->in, s->size);
		if (s->in == NULL)
			abort();
	}
	if (poll(&p, 1, left > 0 ? (int)left : 0) <= 0)
		return false;
	n = recv(s->fd, s->in + s->len, s->size - s->len - 1, 0);
	if (n <= 0)
		return false;
	s->len += s->chunked ? dechunk(s, s->in + s->len, (size_t)n) : (size_t)n;
	s->in[s->len] = '\0';
	return true;
}

/* The length of the first part of the input that ends in `end`; 0 if there is none. */
static size_t
until(struct sse *s, const char *end, long deadline)
{
	char *at;

	while ((at = s->len > 0 ? strstr(s->in, end) : NULL) == NULL)
		if (!receive(s, deadline))
			return 0;
	return (size_t)(at - s->in) + strlen(end);
}

static void
drop(struct sse *s, size_t n)
{
	memmove(s->in, s->in + n, s->len - n + 1);
	s->len -= n;
}

bool
sse_open(struct sse *s, int port, const char *path, const char *last_event_id)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	char request[1024];
	size_t head;
	int len;

	memset(s, 0, sizeof(*s));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: t\r\n%s%s%s\r\n", path,
	    last_event_id != NULL ? "Last-Event-ID: " : "",
	    last_event_id != NULL ? last_event_id : "", last_event_id != NULL ? "\r\n" : "");
	if (connect(s->fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    send(s->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		return false;
	head = until(s, "\r\n\r\n", now_ms() + HEAD_MS);
	if (head == 0)
		return false;
	s->status = atoi(s->in + strlen("HTTP/1.1 "));
	s->in[head - 1] = '\0';
	s->chunked = strstr(s->in, "\r\nTransfer-Encoding: chunked\r\n") != NULL;
	drop(s, head);
	if (s->chunked)
		s->len = dechunk(s, s->in, s->len);
	s->in[s->len] = '\0';
	return true;
}

/* Copies the text after `name` on a line that begins with it. */
static void
field(const char *block, const char *name, char *out, size_t size)
{
	const char *line = block;
	size_t len = strlen(name);

	out[0] = '\0';
	while (line != NULL && *line != '\0') {
		if (strncmp(line, name, len) == 0)
			snprintf(out, size, "%.*s", (int)strcspn(line + len, "\n"), line + len);
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
}

static bool
next_block(struct sse *s, struct sse_event *e, long deadline)
{
	size_t len = until(s, "\n\n", deadline);

	if (len == 0)
		return false;
	s->in[len - 1] = '\0';
	field(s->in, "id: ", e->id, sizeof(e->id));
	field(s->in, "event: ", e->type, sizeof(e->type));
	field(s->in, "data: ", e->data, sizeof(e->data));
	s->in[len - 1] = '\n';
	drop(s, len);
	if (e->id[0] != '\0')
		snprintf(s->id, sizeof(s->id), "%s", e->id);
	return true;
}

bool
sse_next(struct sse *s, struct sse_event *e, long ms)
{
	long deadline = now_ms() + ms;

	do
		if (!next_block(s, e, deadline))
			return false;
	while (e->type[0] == '\0');
	return true;
}

bool
sse_live(struct sse *s, long ms)
{
	long deadline = now_ms() + ms;
	struct sse_event e;

	do
		if (!next_block(s, &e, deadline))
			return false;
	while (e.type[0] != '\0' || e.id[0] == '\0');
	return true;
}

void
sse_close(struct sse *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->in);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}
