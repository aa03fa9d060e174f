/* Ids of entries of Redis streams, "1767607961318-0": milliseconds and a serial number. */
#ifndef API_STREAM_ID_H
#define API_STREAM_ID_H

#include <stdbool.h>

/* True if `s` is such an id. */
bool stream_id_valid(const char *s);

/* Below, equal to or above 0 if `a` is before, equal to or after `b`. "" is before all ids. */
int stream_id_compare(const char *a, const char *b);

#endif
