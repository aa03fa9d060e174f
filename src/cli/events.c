/* `muster events`: prints one line for each event. */
#include "cli/events.h"

#include "muster/watch.h"

#include "base/clock.h"
#include "base/json.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TYPE_WIDTH = 16,
	STEP_MS = 200,
	QUIET_MS = 700, /* without -f: stop when no event has come for this long */
};

#define OLDEST "0-0"

struct follower {
	const struct cli *cli;
	int64_t heard_at; /* when the last event came, or the connection was made; 0 before that */
	int status;
};

static volatile sig_atomic_t interrupted;

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void
put_field(struct terminal_line *l, const muster_reply *data, const char *name, const char *shown)
{
	const char *text = muster_reply_text(data, name);

	if (text == NULL)
		return;
	terminal_putf(l, DIM, "  %s ", shown);
	terminal_put(l, PLAIN, text);
}

static void
put_event(struct terminal_line *l, const char *type, const muster_reply *data)
{
	const char *at = muster_reply_text(data, "at");
	size_t width;

	terminal_put(l, DIM, at != NULL ? at : "-");
	terminal_pad(l, 2);
	width = terminal_put(l, BOLD, type);
	terminal_pad(l, width < TYPE_WIDTH ? TYPE_WIDTH - width : 0);
	put_field(l, data, "agent_id", "agent");
	put_field(l, data, "previous_node_id", "from");
	put_field(l, data, "node_id", "node");
	put_field(l, data, "leader_id", "leader");
	put_field(l, data, "strategy", "strategy");
	put_field(l, data, "reason", "reason");
	buf_add(l->out, "\n", 1);
}

static void
put_json(struct buf *out, const char *type, const char *id, const muster_reply *data)
{
	char *json = muster_reply_json(data, "");

	json_begin_object(out, NULL);
	json_add_text(out, "id", id);
	json_add_text(out, "type", type);
	json_add_raw(out, "data", json, strlen(json));
	json_end_object(out);
	buf_add(out, "\n", 1);
	free(json);
}

static void
on_event(void *arg, const char *type, const char *id, const muster_reply *data)
{
	struct follower *f = arg;
	struct buf text = BUF_INIT;
	struct terminal_line l = { &text, TERMINAL_UNLIMITED, f->cli->colour };

	f->heard_at = clock_mono_ms();
	if (f->cli->options.json)
		put_json(&text, type, id, data);
	else
		put_event(&l, type, data);
	if (f->status == CLI_GOOD)
		f->status = cli_write(&text);
	buf_fini(&text);
}

static void
on_state(void *arg, bool connected, const muster_error *error)
{
	struct follower *f = arg;
	bool first = f->heard_at == 0;

	if (connected)
		f->heard_at = clock_mono_ms();
	else if (first || !f->cli->options.follow)
		f->status = cli_failed_with(error);
}

/* Installs handlers without SA_RESTART, so that Ctrl-C interrupts a wait. */
static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

int
command_event_list(const struct cli *cli)
{
	const struct options *o = &cli->options;
	struct follower f = { .cli = cli };
	const struct muster_watch_options options = {
		.since = o->since != NULL || o->follow ? o->since : OLDEST,
		.types = o->types,
		.node_id = o->node,
		.agent_id = o->agent,
		.on_event = on_event,
		.on_state = on_state,
		.arg = &f,
	};
	/* This call finds an address that answers; the watch starts with that one. */
	muster_reply *r = muster_stats_get(cli->client);
	muster_watch *w;
	int next = 0;

	if (r == NULL)
		return cli_failed(cli);
	muster_reply_free(r);
	if ((w = muster_watch_new(cli->client, &options)) == NULL)
		return cli_usage("-node, -agent and -since: an id is expected");
	catch_signals();
	while (!interrupted && f.status == CLI_GOOD && next >= 0) {
		next = muster_watch_step(w, STEP_MS);
		if (!o->follow && f.heard_at > 0 && clock_mono_ms() - f.heard_at > QUIET_MS)
			break;
	}
	muster_watch_free(w);
	return f.status;
}
