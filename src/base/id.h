/* Ids of nodes, agents, services, zones and label keys; and random ids of our own. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>

enum { ID_MAX = 128, NONCE_SIZE = 33, SERIAL_SIZE = 34 };

/* The pattern that an id must match, for error messages. */
#define ID_PATTERN "^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$"

/* True if the `len` bytes at `s` match ID_PATTERN. */
bool id_valid(const char *s, size_t len);

/* Writes 128 random bits as 32 hex digits with a NUL. Returns `out`. */
const char *id_nonce(char out[NONCE_SIZE]);

/*
 * Writes an id that no other call in any process returns: 16 random hex digits of this thread, a
 * dash, and the number of the call. Cheaper than id_nonce, and easy to guess. Returns `out`.
 */
const char *id_serial(char out[SERIAL_SIZE]);

#endif
