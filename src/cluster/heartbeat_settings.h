/* The settings for heartbeats, as arguments of scripts. */
#ifndef CLUSTER_HEARTBEAT_SETTINGS_H
#define CLUSTER_HEARTBEAT_SETTINGS_H

#include "base/config.h"
#include "redis/script.h"

#include <inttypes.h>

/* Appends heartbeat_interval_ms and heartbeat_rate. */
static inline void
heartbeat_settings_add(struct script_args *a, const struct config *c)
{
	script_args_addf(a, "%" PRId64, c->heartbeat_interval);
	script_args_addf(a, "%" PRId64, c->heartbeat_rate);
}

#endif
