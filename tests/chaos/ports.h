/* Ports for processes that are to keep theirs over restarts. */
#ifndef CHAOS_PORTS_H
#define CHAOS_PORTS_H

/* A port of 127.0.0.1 that is free now. */
int free_port(void);

#endif
