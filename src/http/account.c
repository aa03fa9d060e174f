/* Requests, counted. */
#include "http/account.h"

#include "base/clock.h"
#include "base/metrics.h"

void
account_begin(struct request *rq)
{
	rq->begun_us = clock_mono_us();
	metrics_count(METRIC_HTTP_IN_FLIGHT);
}

void
account_end(struct request *rq, int status)
{
	metrics_add(METRIC_HTTP_REQUESTS, rq->route_number, METRIC_STATUS(status), 1);
	if (rq->begun_us == 0)
		return;
	metrics_add(METRIC_HTTP_IN_FLIGHT, 0, 0, -1);
	metrics_observe(METRIC_HTTP_DURATION, rq->route_number, clock_mono_us() - rq->begun_us);
}
