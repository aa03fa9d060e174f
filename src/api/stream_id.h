/* The ids of entries of Redis streams, "1767607961318-0": milliseconds and a number. */
#ifndef API_STREAM_ID_H
#define API_STREAM_ID_H

#include <stdbool.h>

/* True where `s` is such an id. */
bool stream_id_valid(const char *s);

/* Below, at or above 0 where the id `a` is before, equal to or after `b`; "" is before all. */
int stream_id_compare(const char *a, const char *b);

#endif
