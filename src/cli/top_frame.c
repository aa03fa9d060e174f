/* Draws a frame. Invariant: no line is wider than the frame, and there are no more lines than it is
 * high. */
#include "cli/top_frame.h"
#include "cli/node_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NODES_MAX = 1000, HEAD_LINES = 5, BAR = 20 };

static void
end_line(struct terminal_line *l, const struct top_frame *f)
{
	buf_add(l->out, "\n", 1);
	l->left = f->width;
}

static void
put_title(struct terminal_line *l, const struct cli *cli, const muster_reply *stats)
{
	const char *leader = muster_reply_text(stats, "leader_id");

	terminal_put(l, BOLD, "muster");
	terminal_put(l, DIM, "  at ");
	terminal_put(l, PLAIN, muster_client_address(cli->client));
	terminal_put(l, DIM, "  leader ");
	terminal_put(l, leader != NULL ? BOLD : RED, leader != NULL ? leader : "none");
	if (muster_reply_has(stats, "term"))
		terminal_putf(l, DIM, "  term %" PRId64, muster_reply_int(stats, "term"));
	terminal_put(l, DIM, "  strategy ");
	terminal_put(l, PLAIN, muster_reply_text(stats, "strategy"));
}

static void
put_count(struct terminal_line *l, const muster_reply *stats, const char *path, enum colour colour,
    const char *what)
{
	int64_t n = muster_reply_int(stats, path);

	terminal_putf(l, n > 0 ? colour : DIM, "  %" PRId64 " %s", n, what);
}

static void
put_nodes(struct terminal_line *l, const muster_reply *stats)
{
	terminal_put(l, DIM, "nodes ");
	terminal_putf(l, BOLD, "%6" PRId64, muster_reply_int(stats, "nodes.total"));
	put_count(l, stats, "nodes.online", GREEN, "online");
	put_count(l, stats, "nodes.draining", YELLOW, "draining");
	put_count(l, stats, "nodes.offline", RED, "offline");
	put_count(l, stats, "nodes.healthy", GREEN, "healthy");
	if (muster_reply_bool(stats, "hold"))
		terminal_put(l, YELLOW, "  HOLD: nothing is moved");
}

static void
put_agents(struct terminal_line *l, const muster_reply *stats)
{
	double used = muster_reply_number(stats, "agents.utilization");
	int full = used >= 100 ? BAR : (int)(used / 100 * BAR + 0.5), i;

	terminal_put(l, DIM, "agents");
	terminal_putf(l, BOLD, "%6" PRId64, muster_reply_int(stats, "agents.assigned"));
	terminal_putf(l, PLAIN, "  of %" PRId64 "  [", muster_reply_int(stats, "agents.capacity"));
	for (i = 0; i < BAR; i++)
		terminal_put(l, i >= full ? DIM : used >= 90 ? RED : GREEN, i < full ? "#" : ".");
	terminal_putf(l, PLAIN, "] %.1f%%", used);
	put_count(l, stats, "agents.pending", YELLOW, "pending");
}

static void
put_usage(struct terminal_line *l, const muster_reply *stats)
{
	terminal_put(l, DIM, "usage   ");
	terminal_putf(l, PLAIN, "cpu %.1f%%  memory %.1f%%  disk %.1f%%  load average %.2f",
	    muster_reply_number(stats, "usage.cpu"), muster_reply_number(stats, "usage.memory"),
	    muster_reply_number(stats, "usage.disk"),
	    muster_reply_number(stats, "usage.load_average"));
}

static void
draw_nodes(const muster_reply *page, const struct top_frame *f, struct buf *out)
{
	size_t n = muster_reply_count(page, "nodes"), room = n + 1, i;
	struct table t;

	if (f->height > 0)
		room = f->height > HEAD_LINES + 1 ? f->height - HEAD_LINES : 0;
	table_init(&t, NODE_TABLE_HEADINGS);
	for (i = 0; i < n && i < room; i++) {
		char at[32];

		snprintf(at, sizeof(at), "nodes.%zu", i);
		node_table_row(&t, page, at);
	}
	table_write(&t, out, f->colour, f->width, room);
	table_fini(&t);
}

static void
draw(const struct cli *cli, const struct top_frame *f, const muster_reply *stats,
    const muster_reply *page, struct buf *out)
{
	struct terminal_line l = { out, f->width, f->colour };

	put_title(&l, cli, stats);
	end_line(&l, f);
	put_nodes(&l, stats);
	end_line(&l, f);
	put_agents(&l, stats);
	end_line(&l, f);
	put_usage(&l, stats);
	end_line(&l, f);
	end_line(&l, f);
	draw_nodes(page, f, out);
}

int
top_frame_draw(const struct cli *cli, const struct top_frame *f, struct buf *out)
{
	const struct muster_nodes_filter all = { .limit = NODES_MAX };
	muster_reply *stats = muster_stats_get(cli->client), *page = NULL;

	if (stats != NULL)
		page = muster_node_list(cli->client, &all);
	if (page != NULL)
		draw(cli, f, stats, page, out);
	muster_reply_free(stats);
	muster_reply_free(page);
	return page != NULL ? CLI_GOOD : CLI_REFUSED;
}
