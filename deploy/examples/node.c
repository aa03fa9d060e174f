/*
 * A program that is a node of a cluster. It registers, sends heartbeats, starts and stops agents
 * when the cluster assigns and moves them, and leaves when it ends.
 *
 * usage: node ID [ADDRESSES] (Ctrl-C or SIGTERM ends it)
 *
 * cc node.c $(pkg-config --cflags --libs muster)
 */
#include <muster/member.h>
#include <muster/watch.h>

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool ending;   /* a signal has arrived, or another process is this node now */
static atomic_bool list_due; /* the agents here must be compared with the cluster's list */

static void
on_signal(int sig)
{
	(void)sig;
	atomic_store(&ending, true);
}

/* Called by the member's thread. */
static void
on_member(
    void *arg, enum muster_member_event what, const muster_reply *reply, const muster_error *error)
{
	(void)arg;
	if (what == MUSTER_MEMBER_REGISTERED) {
		printf("registered, incarnation %" PRId64 "\n",
		    muster_reply_int(reply, "incarnation"));
		atomic_store(&list_due, true);
	} else if (what == MUSTER_MEMBER_REPLACED || what == MUSTER_MEMBER_REFUSED) {
		/* This process is not the node any more, so it must stop all agents. */
		fprintf(stderr, "stopping: %s\n", muster_error_detail(error));
		atomic_store(&ending, true);
	}
}

/* Starts or stops an agent. An agent must pass its epoch to everything that it writes to, which
 * must refuse an epoch lower than one that it has seen. */
static void
on_event(void *arg, const char *type, const char *id, const muster_reply *data)
{
	const char *self = arg, *agent = muster_reply_text(data, "agent_id");
	const char *owner = muster_reply_text(data, "node_id");

	(void)id;
	if (strcmp(type, "resync") == 0)
		atomic_store(&list_due, true);
	else if (agent != NULL && owner != NULL && strcmp(owner, self) == 0)
		printf("start %s, epoch %" PRId64 "\n", agent, muster_reply_int(data, "epoch"));
	else if (agent != NULL)
		printf("stop %s\n", agent);
}

/* Prints the agents that are assigned to this node, page by page. */
static void
list_agents(muster_client *c, const char *self)
{
	struct muster_agents_filter filter = { .node_id = self };
	char cursor[160], path[64];
	muster_reply *page;
	const char *next;
	size_t i;

	do {
		if ((page = muster_agent_list(c, &filter)) == NULL) {
			atomic_store(&list_due, true); /* try again later */
			return;
		}
		for (i = 0; i < muster_reply_count(page, "assignments"); i++) {
			snprintf(path, sizeof(path), "assignments.%zu.agent_id", i);
			printf("have %s\n", muster_reply_text(page, path));
		}
		next = muster_reply_text(page, "next_cursor");
		snprintf(cursor, sizeof(cursor), "%s", next != NULL ? next : "");
		filter.cursor = next != NULL ? cursor : NULL;
		muster_reply_free(page);
	} while (filter.cursor != NULL);
}

static void
report_load(muster_member *m)
{
	double load;

	if (getloadavg(&load, 1) == 1)
		muster_member_report_usage(m, NAN, NAN, NAN, load);
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	const char *self = argc > 1 ? argv[1] : "";
	muster_client *c = muster_client_new(argc > 2 ? argv[2] : NULL);
	muster_member *m = c != NULL ? muster_member_new(c, self) : NULL;
	struct muster_watch_options options = {
		.node_id = self, .on_event = on_event, .arg = argv[1]
	};
	muster_watch *w = m != NULL ? muster_watch_new(c, &options) : NULL;
	const muster_error *error;
	int status = 0;

	if (w == NULL) {
		fprintf(stderr, "usage: node ID [ADDRESSES]\n");
		muster_member_free(m);
		muster_client_free(c);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	muster_member_set_capacity(m, 20, -1);
	muster_member_set_callback(m, on_member, NULL);
	muster_member_start(m);
	while (!atomic_load(&ending)) {
		report_load(m);
		muster_watch_step(w, 200);
		if (atomic_exchange(&list_due, false))
			list_agents(c, self);
	}
	if (!muster_member_leave(m, &error)) {
		fprintf(stderr, "cannot leave: %s\n", muster_error_detail(error));
		status = 1;
	}
	muster_watch_free(w);
	muster_member_free(m);
	muster_client_free(c);
	return status;
}
