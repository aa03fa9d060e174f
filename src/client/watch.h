/* What the library itself and its tests set of a watch, beyond the public. */
#ifndef CLIENT_WATCH_H
#define CLIENT_WATCH_H

#include "muster/watch.h"

enum { WATCH_SILENCE_MS = 40000 }; /* two of the comments that come every 15 s, and a half */

/* How long a connection may be silent. Before the first step. */
void watch_set_silence(muster_watch *w, int ms);

#endif
