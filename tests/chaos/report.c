/* The table of a run. One function writes it, to stdout and to the file. */
#include "chaos/report.h"

#include "support/api.h"
#include "support/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
write_durations(FILE *f, const char *what, struct samples *s)
{
	fprintf(f, "| %s | %zu | %ld | %ld | %ld |\n", what, s->n, samples_quantile(s, 0.5),
	    samples_quantile(s, 0.99), samples_quantile(s, 1));
}

static void
write_rows(struct report *r, FILE *f)
{
	size_t i;

	fprintf(f,
	    "| fault | what must hold | times | operations | violations |%s "
	    "recovered after: median, ms | p99 | max |\n"
	    "| --- | --- | ---: | ---: | ---: |%s ---: | ---: | ---: |\n",
	    r->failover ? " lost: on replicas | local | only seen |" : "",
	    r->failover ? " ---: | ---: | ---: |" : "");
	for (i = 0; i < r->n; i++) {
		struct row *row = &r->rows[i];

		fprintf(f, "| %s | %s | %lu | %lu | %zu |", row->fault->name, row->fault->promise,
		    row->injected, row->operations, row->violations);
		if (r->failover)
			fprintf(f, " %zu | %zu | %zu |", row->losses.promised, row->losses.local,
			    row->losses.seen);
		fprintf(f, " %ld | %ld | %ld |\n", samples_quantile(&row->recovery, 0.5),
		    samples_quantile(&row->recovery, 0.99), samples_quantile(&row->recovery, 1));
	}
}

static void
write_table(struct report *r, FILE *f)
{
	fprintf(f,
	    "Seed %" PRIu64
	    ", %.4g minutes, %d clients, %d front-ends, %d nodes (%d of them members), "
	    "heartbeat TTL %d ms, grace %d ms, lease %d ms. %" PRIu64
	    " operations, %zu violations.\n\n",
	    r->seed, r->minutes, CLIENTS, DAEMONS, MEMBERS + REST_NODES, MEMBERS, TTL_MS, GRACE_MS,
	    LEASE_MS, r->operations, r->violations);
	write_rows(r, f);
	fputs("\n| measured | times | median, ms | p99 | max |\n"
	      "| --- | ---: | ---: | ---: | ---: |\n",
	    f);
	write_durations(f, "from a node's death until it is offline", r->detected);
	write_durations(f, "from a node's death until its last agent is placed", r->placed);
	if (r->failover)
		write_durations(f, "from a primary's death until every front-end can make changes",
		    r->failed_over);
}

void
report_print(struct report *r)
{
	write_table(r, stdout);
	fflush(stdout);
}

bool
report_write(struct report *r, const char *path)
{
	const char *store = r->failover ? fmt("sentinel, replicas %d", r->replicas) : "single";
	const char *first = fmt("<!-- figures of %s: begin -->\n", store);
	char *text = file_read(path), *begin = strstr(text, first);
	char *end =
	    begin != NULL ? strstr(begin, fmt("<!-- figures of %s: end -->\n", store)) : NULL;
	bool good = false;
	FILE *f = NULL;

	if (end == NULL || (f = fopen(path, "we")) == NULL)
		goto cleanup;
	fwrite(text, 1, (size_t)(begin - text) + strlen(first), f);
	fputc('\n', f);
	write_table(r, f);
	fputc('\n', f);
	fputs(end, f);
	good = fclose(f) == 0;
cleanup:
	free(text);
	return good;
}
