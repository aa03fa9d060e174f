/* The settings for heartbeats, as arguments of scripts. */
#ifndef CLUSTER_HEARTBEAT_SETTINGS_H
#define CLUSTER_HEARTBEAT_SETTINGS_H

#include "base/config.h"
#include "redis/script_args.h"

#include <inttypes.h>

/* Adds heartbeat_interval and heartbeat_rate as the arguments `interval` and `rate`. */
static inline void
heartbeat_settings_add(struct script_args *a, size_t interval, size_t rate, const struct config *c)
{
	script_args_addf(a, interval, "%" PRId64, c->heartbeat_interval);
	script_args_addf(a, rate, "%" PRId64, c->heartbeat_rate);
}

#endif
