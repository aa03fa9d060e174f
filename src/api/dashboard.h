/* The handlers of the dashboard: its page and its other files. Each consumes its request. */
#ifndef API_DASHBOARD_H
#define API_DASHBOARD_H

#include "http/request.h"

void dashboard_get(struct request *rq);
void asset_get(struct request *rq);

#endif
