/*
 * The writer of the log. Invariants: lines are written in the order in which they were added; the lock
 * is never held while something is written.
 */
#include "base/log_writer.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_text.h"
#include "base/metrics.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CHUNK_BYTES = 4096, /* a pipe takes that much in one piece (PIPE_BUF) */
	RETRY_MS = 100,
	EXIT_MS = 1000,
};

/* Lines are added to one half while the thread writes the other. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled, written;
	char half[2][LOG_BUFFER_BYTES / 2];
	int filling;   /* the half that lines are added to */
	size_t len;    /* bytes in it */
	uint64_t lost; /* lines that had no room in it */
	bool writing;  /* the other half is not written yet */
	bool started;
} writer = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.filled = PTHREAD_COND_INITIALIZER,
	.written = PTHREAD_COND_INITIALIZER,
};

static uint64_t
count_lines(const char *data, size_t len)
{
	const char *end = data + len;
	uint64_t n = 0;

	while ((data = memchr(data, '\n', (size_t)(end - data))) != NULL) {
		data++;
		n++;
	}
	return n;
}

/* The length of the first lines that fit into a chunk; that of the first line if it does not fit. */
static size_t
chunk_length(const char *data, size_t len)
{
	const char *end = len <= CHUNK_BYTES ? data + len - 1 : memrchr(data, '\n', CHUNK_BYTES);

	if (end == NULL)
		end = memchr(data, '\n', len);
	return (size_t)(end - data) + 1;
}

/* What cannot be written now, because the disk is full or the reader is slow, is tried again. */
static void
write_chunk(const char *data, size_t len)
{
	struct pollfd writable = { .fd = STDERR_FILENO, .events = POLLOUT };
	const struct timespec pause = { 0, RETRY_MS * 1000000L };

	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, data, len);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&writable, 1, RETRY_MS);
		} else if (n == 0 || errno != EINTR) {
			nanosleep(&pause, NULL);
		}
	}
}

static void
write_all(const char *data, size_t len)
{
	size_t n;

	for (; len > 0; data += n, len -= n) {
		n = chunk_length(data, len);
		write_chunk(data, n);
	}
}

static void
tell_lost(uint64_t lost)
{
	struct buf line = BUF_INIT;
	char message[64];

	snprintf(message, sizeof(message), "%" PRIu64 " lines were lost", lost);
	log_text_add(&line, LOG_WARN, "log", message, NULL, 0);
	write_chunk(line.data, line.len);
	buf_fini(&line);
}

static void *
run(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&writer.lock);
	for (;;) {
		const char *data = writer.half[writer.filling];
		size_t len = writer.len;
		uint64_t lost = writer.lost;

		writer.writing = len > 0;
		if (!writer.writing) {
			pthread_cond_broadcast(&writer.written);
			pthread_cond_wait(&writer.filled, &writer.lock);
			continue;
		}
		writer.filling = 1 - writer.filling;
		writer.len = 0;
		writer.lost = 0;
		pthread_mutex_unlock(&writer.lock);
		write_all(data, len);
		if (lost > 0)
			tell_lost(lost);
		pthread_mutex_lock(&writer.lock);
	}
	return NULL;
}

static void
drain_at_exit(void)
{
	log_writer_drain(EXIT_MS);
}

/* Starts the thread, which leaves signals to the others. */
static void
start(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, run, NULL);
	assert(rc == 0);
	(void)rc;
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	atexit(drain_at_exit);
	writer.started = true;
}

void
log_writer_add(const char *data, size_t len)
{
	pthread_mutex_lock(&writer.lock);
	if (!writer.started)
		start();
	/* After a line is lost, all are until the half is taken, so that the loss has one place. */
	if (writer.lost == 0 && len <= sizeof(writer.half[0]) - writer.len) {
		memcpy(writer.half[writer.filling] + writer.len, data, len);
		writer.len += len;
		pthread_cond_signal(&writer.filled);
	} else {
		uint64_t lines = count_lines(data, len);

		writer.lost += lines;
		metrics_add(METRIC_LOG_LOST, 0, 0, (int64_t)lines);
	}
	pthread_mutex_unlock(&writer.lock);
}

bool
log_writer_drain(int ms)
{
	int64_t at = clock_mono_ms() + ms;
	const struct timespec deadline = { at / 1000, at % 1000 * 1000000 };
	bool drained, late = false;

	pthread_mutex_lock(&writer.lock);
	while (!(drained = writer.len == 0 && !writer.writing) && !late)
		late = pthread_cond_clockwait(
		           &writer.written, &writer.lock, CLOCK_MONOTONIC, &deadline) == ETIMEDOUT;
	pthread_mutex_unlock(&writer.lock);
	return drained;
}
