/* Settings of a watch for the library's own tests. */
#ifndef CLIENT_WATCH_H
#define CLIENT_WATCH_H

#include "muster/watch.h"

enum { WATCH_SILENCE_MS = 40000 }; /* comments arrive every 15 s: two of them may be late or lost */

/* Sets how many milliseconds a connection may be silent. Call before the first step. */
void watch_set_silence(muster_watch *w, int ms);

#endif
