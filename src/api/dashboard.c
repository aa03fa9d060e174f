/*
 * The dashboard: the files of src/dashboard as parts of the binary. Not responsible for what they
 * show: the page uses the API like any other client. Invariant: every file is sent with a policy that
 * makes browsers load nothing from elsewhere and run only scripts that are files.
 */
#include "api/dashboard.h"

#include "base/embed.h"
#include "base/error.h"
#include "http/reply.h"

#include <string.h>

#define DASHBOARD(X)                                           \
	X(index_html, "index.html", "text/html")               \
	X(icon_svg, "icon.svg", "image/svg+xml")               \
	X(style_css, "style.css", "text/css")                  \
	X(theme_js, "theme.js", "text/javascript")             \
	X(main_js, "main.js", "text/javascript")               \
	X(actions_js, "actions.js", "text/javascript")         \
	X(agentlist_js, "agentlist.js", "text/javascript")     \
	X(agentsource_js, "agentsource.js", "text/javascript") \
	X(agents_js, "agents.js", "text/javascript")           \
	X(api_js, "api.js", "text/javascript")                 \
	X(dialog_js, "dialog.js", "text/javascript")           \
	X(dom_js, "dom.js", "text/javascript")                 \
	X(events_js, "events.js", "text/javascript")           \
	X(format_js, "format.js", "text/javascript")           \
	X(heatmap_js, "heatmap.js", "text/javascript")         \
	X(node_js, "node.js", "text/javascript")               \
	X(nodes_js, "nodes.js", "text/javascript")             \
	X(overview_js, "overview.js", "text/javascript")       \
	X(route_js, "route.js", "text/javascript")             \
	X(sparkline_js, "sparkline.js", "text/javascript")     \
	X(store_js, "store.js", "text/javascript")             \
	X(stream_js, "stream.js", "text/javascript")           \
	X(why_js, "why.js", "text/javascript")

#define X(symbol, name, type) EMBED(dashboard_##symbol, "src/dashboard/" name);
DASHBOARD(X)
#undef X

static const struct asset {
	const char *name, *type, *data;
	const size_t *len;
} assets[] = {
#define X(symbol, name, type) \
	{ name, type "; charset=utf-8", dashboard_##symbol, &dashboard_##symbol##_len },
	DASHBOARD(X)
#undef X
};

static void
reply_asset(struct request *rq, const struct asset *a)
{
	reply_header(rq, "Content-Security-Policy",
	    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
	reply_header(rq, "X-Content-Type-Options", "nosniff");
	reply_header(rq, "Referrer-Policy", "no-referrer");
	reply_static(rq, a->type, a->data, *a->len);
}

void
dashboard_get(struct request *rq)
{
	reply_asset(rq, &assets[0]);
}

void
asset_get(struct request *rq)
{
	const char *name = request_param(rq, 0);
	size_t i;

	for (i = 1; i < ARRAY_LEN(assets); i++)
		if (strcmp(assets[i].name, name) == 0) {
			reply_asset(rq, &assets[i]);
			return;
		}
	reply_problem(rq, ERR_NOT_FOUND, "The dashboard has no file of this name.");
}
