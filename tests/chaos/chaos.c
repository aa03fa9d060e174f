/*
 * The chaos suite: runs clients without pause against a cluster of real processes, and injects one
 * fault after another, in an order that the seed determines. After each fault, the cluster must
 * recover and pass all checks. STORE=single or STORE=sentinel selects the Redis setup, REPLICAS=n
 * the number of replicas that must have a change before it is answered. SEED=n repeats an order,
 * MINUTES=n sets the length (1), FAULTS=a,b selects faults, REPORT=file writes the table into that
 * page. The exit status is 0 if no violation was found.
 */
#include "chaos/faults.h"
#include "chaos/report.h"
#include "support/api.h"
#include "support/process.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { AFTERMATH_MS = 200, OVERTIME_S = 300, FAULTS_MAX = 64 };

/* Selects the faults to run: those that FAULTS names, or all that suit the store. Returns 0 if a
 * name is unknown. */
static size_t
choose_faults(struct row *rows, unsigned store)
{
	const char *wanted = getenv("FAULTS");
	size_t i, n = 0, names = 1;

	for (i = 0; i < faults_n; i++)
		if ((faults[i].flags & store) != 0 &&
		    (wanted == NULL ||
		        strstr(fmt(",%s,", wanted), fmt(",%s,", faults[i].name)) != NULL))
			rows[n++].fault = &faults[i];
	for (i = 0; wanted != NULL && wanted[i] != '\0'; i++)
		names += wanted[i] == ',';
	return wanted == NULL || n == names ? n : 0;
}

/* Puts the rows into a new random order for the next round. */
static void
shuffle(struct rng *rng, size_t *order, size_t n)
{
	size_t i, j, kept;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; i > 1; i--) {
		j = (size_t)rng_between(rng, 0, (int)i - 1);
		kept = order[i - 1];
		order[i - 1] = order[j];
		order[j] = kept;
	}
}

static void
run_fault(struct world *w, struct row *row)
{
	size_t before = w->findings.count;
	unsigned long operations = w->history.total;
	long moves = w->replay.moves, deaths = w->replay.deaths;

	row->fault->run(w);
	samples_add(&row->recovery, world_recover(w));
	world_go_on(AFTERMATH_MS);
	world_check(w, (row->fault->flags & MAY_LOSE) != 0 ? &row->losses : NULL);
	if ((row->fault->flags & NO_MOVES) != 0 && w->replay.moves != moves)
		findings_add(&w->findings, FINDING_MOVED, row->fault->name, "%ld agents",
		    w->replay.moves - moves);
	if ((row->fault->flags & NO_MOVES) != 0 && w->replay.deaths != deaths)
		findings_add(&w->findings, FINDING_DIED, row->fault->name, "%ld nodes",
		    w->replay.deaths - deaths);
	row->injected++;
	row->operations += w->history.total - operations;
	row->violations += w->findings.count - before;
	fprintf(stderr, "%-20s %5lu operations, recovered after %ld ms, %zu violations\n",
	    row->fault->name, w->history.total - operations, row->recovery.ms[row->recovery.n - 1],
	    w->findings.count - before);
	findings_print(&w->findings, before);
	api_reset();
}

static void
run_all(struct world *w, struct row *rows, size_t n, double minutes)
{
	long until = now_ms() + (long)(minutes * 60000);
	size_t order[FAULTS_MAX], i = n;

	assert(n <= FAULTS_MAX);
	while (now_ms() < until) {
		if (i == n) {
			shuffle(&w->rng, order, n);
			i = 0;
		}
		run_fault(w, &rows[order[i++]]);
	}
}

static void
print_statuses(struct world *w)
{
	size_t i;

	fputs("answers by status:", stderr);
	for (i = 0; i < sizeof(w->clients.status) / sizeof(w->clients.status[0]); i++)
		if (atomic_load(&w->clients.status[i]) > 0)
			fprintf(stderr, " %zu: %lu", i, atomic_load(&w->clients.status[i]));
	fputs(" (0: none came)\n", stderr);
}

static double
number(const char *name, double usual)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtod(text, NULL) : usual;
}

int
main(void)
{
	static struct world w;
	struct row *rows = calloc(faults_n, sizeof(*rows));
	struct report report = { .rows = rows,
		.detected = &w.detected,
		.placed = &w.placed,
		.failed_over = &w.failed_over };
	char dir[] = "/tmp/muster-chaos-XXXXXX";
	const char *seed = getenv("SEED"), *page = getenv("REPORT");
	const char *store = getenv("STORE") != NULL ? getenv("STORE") : "single";
	size_t i;

	report.seed =
	    seed != NULL && *seed != '\0' ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	report.minutes = number("MINUTES", 1);
	printf("SEED=%" PRIu64 "\n", report.seed);
	fflush(stdout);
	signal(SIGPIPE, SIG_IGN);
	report.failover = strcmp(store, "sentinel") == 0;
	report.replicas = (int)number("REPLICAS", 0);
	if (rows != NULL && (report.failover || strcmp(store, "single") == 0))
		report.n = choose_faults(rows, report.failover ? FAILOVER : SINGLE);
	if (report.n == 0 || mkdtemp(dir) == NULL) {
		fputs("chaos: no such STORE, FAULTS for it, or no folder in /tmp\n", stderr);
		return 2;
	}
	alarm((unsigned)(report.minutes * 60) + OVERTIME_S);
	if (!world_start(&w, dir, report.seed, report.failover, report.replicas)) {
		findings_print(&w.findings, 0);
		fprintf(stderr, "chaos: no start, see %s\n", dir);
		return 2;
	}
	run_all(&w, rows, report.n, report.minutes);
	report.operations = w.history.total;
	report.violations = w.findings.count;
	print_statuses(&w);
	report_print(&report);
	if (page != NULL && !report_write(&report, page))
		fprintf(stderr, "chaos: %s cannot be written or lacks its marker lines\n", page);
	world_stop(&w);
	for (i = 0; i < faults_n; i++)
		samples_fini(&rows[i].recovery);
	free(rows);
	api_reset();
	if (report.violations > 0) {
		printf("The history and all logs are in %s; SEED=%" PRIu64
		       " repeats the schedule.\n",
		    dir, report.seed);
		return 1;
	}
	dir_remove(dir);
	return 0;
}
