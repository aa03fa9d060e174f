/* What a member says of itself in its next registration or heartbeat. */
#ifndef CLIENT_MEMBER_SETTINGS_H
#define CLIENT_MEMBER_SETTINGS_H

#include "client/member_state.h"

/* Returns the body of a heartbeat, to be freed. */
char *member_heartbeat_body(const struct member_report *r, int64_t incarnation);

#endif
