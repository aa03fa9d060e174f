/* What an error of Redis means for the client and for the connection: fates.def, looked up. */
#ifndef REDIS_FATE_H
#define REDIS_FATE_H

#include "base/error.h"

#include <stdbool.h>

/*
 * The error behind Redis' error text of `len` bytes, by its first word. Sets `*close` where the
 * connection must be given up. Never ERR_OK; ERR_INTERNAL for a word that nobody knows.
 */
enum err redis_fate(const char *text, size_t len, bool *close);

#endif
