/* Ids of nodes, agents, services, zones and label keys; and nonces. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>

enum { ID_MAX = 128, NONCE_SIZE = 33, SERIAL_SIZE = 34 };

/* What an id must match, to be shown in an error. */
#define ID_PATTERN "^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$"

/* True where the `len` bytes at `s` match ID_PATTERN. */
bool id_valid(const char *s, size_t len);

/* Writes 128 random bits as 32 hex digits and a NUL. Returns `out`. */
const char *id_nonce(char out[NONCE_SIZE]);

/* Writes an id that no other call in any process has made. Returns `out`. */
const char *id_serial(char out[SERIAL_SIZE]);

#endif
