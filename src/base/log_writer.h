/*
 * Writes log lines to stderr on a thread of its own, so that nobody waits for whoever reads them. Lines
 * wait in a buffer of fixed size. If that is full, further lines are lost and counted; a line that tells
 * how many follows as soon as lines can be written again. Each write(2) has whole lines, and at most
 * 4 KiB if the lines are not longer.
 */
#ifndef BASE_LOG_WRITER_H
#define BASE_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>

enum { LOG_BUFFER_BYTES = 1024 * 1024 };

/*
 * Adds `len` bytes, which are whole lines, to the buffer. Never waits for the reader. The first call
 * starts the thread; the process then waits up to a second at its exit until all lines are written.
 */
void log_writer_add(const char *data, size_t len);

/* Waits until all lines are written, at most `ms`. Returns whether they are. */
bool log_writer_drain(int ms);

#endif
