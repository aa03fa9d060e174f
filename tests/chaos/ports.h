/* Ports for processes that must keep their port when they restart. */
#ifndef CHAOS_PORTS_H
#define CHAOS_PORTS_H

/* A port of 127.0.0.1 that is free now. */
int free_port(void);

#endif
