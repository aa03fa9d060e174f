/* Requests, counted and logged. */
#include "http/access_log.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_BYTES = 1024, OUTCOME_UNKNOWN = 504 };

void
access_log_begin(struct request *rq)
{
	rq->begun_us = clock_mono_us();
	metrics_count(METRIC_HTTP_IN_FLIGHT);
}

/* Copies the path of the target, cut if it is too long. */
static void
copy_path(const struct request *rq, char out[PATH_MAX_BYTES])
{
	const char *path = buf_str(&rq->target);
	size_t len;

	if (*path != '/') {
		const char *authority = strstr(path, "://");

		path = authority != NULL ? authority + 3 : path;
		path += strcspn(path, "/?#");
	}
	len = strcspn(path, "?#");
	len = len < PATH_MAX_BYTES ? len : PATH_MAX_BYTES - 1;
	memcpy(out, path, len);
	out[len] = '\0';
}

/* Writes the log lines of a request that took `us` microseconds. */
static void
log_request(const struct request *rq, int status, int64_t us)
{
	char path[PATH_MAX_BYTES], us_text[24] = "";
	const char status_text[] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10),
		(char)('0' + status % 10), '\0' };
	const struct log_field fields[] = {
		{ "peer", rq->peer, .plain = true },
		{ "method", rq->method_name },
		{ "path", path },
		{ "status", status_text, .number = true, .plain = true },
		{ "request_id", rq->id, .plain = true },
		{ "index", rq->change },
		{ "duration_us", us_text, .number = true, .plain = true },
	};

	copy_path(rq, path);
	/* An audit record for a change, and for what may have been one. */
	if (rq->change[0] != '\0' || (status == OUTCOME_UNKNOWN && rq->method != METHOD_GET))
		log_record(LOG_INFO, "audit", "change", fields, 6);
	if (log_wanted(LOG_DEBUG)) {
		snprintf(us_text, sizeof(us_text), "%" PRId64, us);
		log_record(LOG_DEBUG, "http", "request", fields, 7);
	}
	/* With a connection this is done at the end of its turn. */
	if (rq->sink == NULL)
		log_flush();
}

void
access_log_end(struct request *rq, int status)
{
	int64_t us = rq->begun_us != 0 ? clock_mono_us() - rq->begun_us : 0;

	if (rq->id[0] == '\0')
		id_serial(rq->id);
	metrics_add(METRIC_HTTP_REQUESTS, rq->route_number, METRIC_STATUS(status), 1);
	if (rq->begun_us != 0)
		metrics_add(METRIC_HTTP_IN_FLIGHT, 0, 0, -1);
	if (rq->begun_us != 0 && !rq->untimed)
		metrics_observe(METRIC_HTTP_DURATION, rq->route_number, us);
	if (rq->change[0] != '\0' || status == OUTCOME_UNKNOWN || log_wanted(LOG_DEBUG))
		log_request(rq, status, us);
}
