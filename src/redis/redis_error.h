/* What an error of Redis means for the client and for the connection: fates.def, looked up. */
#ifndef REDIS_FATE_H
#define REDIS_FATE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The error behind Redis' error text of `len` bytes, by its first word. Sets `*close` where the
 * connection must be given up. Never ERR_OK; ERR_INTERNAL for a word that nobody knows.
 */
enum err redis_fate(const char *text, size_t len, bool *close);

/* What becomes of a command, as statistics count it: first what happens without a word of Redis. */
enum redis_fate_number {
	REDIS_FATE_NOT_CONNECTED,
	REDIS_FATE_OVERLOADED,
	REDIS_FATE_LOST,      /* the connection, while the command was in flight */
	REDIS_FATE_TIMED_OUT, /* or behind one that had */
	REDIS_FATE_OTHER,     /* an error without a row in fates.def, which has the others */
	REDIS_FATE_NAMED
};

/* The number of an error text of Redis; that of redis_fate_count() for a script's own word. */
size_t redis_fate_number(const char *text, size_t len);

size_t redis_fate_count(void);

/* The name of a number below that: "timed_out", "LOADING". Static. */
const char *redis_fate_name(size_t number);

#endif
