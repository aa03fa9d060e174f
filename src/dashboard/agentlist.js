/*
 * A table of agents with paging, updated by events: if a shown agent moves, its row is updated; if
 * agents are added or released, the page is fetched again. The filters are in agents.js and
 * node.js.
 */
import { release } from "./actions.js";
import { agentSource } from "./agentsource.js";
import { h, setAttr, setText, show, throttled } from "./dom.js";
import { dateTime, plural, timeOfDay } from "./format.js";
import { nodeLink } from "./route.js";
import { why } from "./why.js";

const RELOAD_MS = 1000;
/* Events that do not tell what the row is from then on. */
const READ_AGAIN = ["agent.changed", "agent.pending", "agent.released", "agent.expired"];
const REASONS = {
	requested: "requested", node_lost: "node lost", node_left: "node left", drained: "drained",
	rebalanced: "rebalanced", migrated: "migrated",
};

function makeRow(reload) {
	const row = { agent: null };
	const button = h("button", { type: "button", class: "quiet", onclick: () => release(row.agent, reload) }, "Release…");

	row.why = h("button", { type: "button", class: "quiet", onclick: () => why(row.agent) });
	row.id = h("th", { scope: "row", class: "id" });
	row.link = h("a", { class: "id" });
	row.pending = h("span", { class: "state", "data-state": "pending" }, "pending");
	row.services = h("td", { class: "wide" });
	row.group = h("td", { class: "wider" });
	row.reason = h("td", { class: "wide" });
	row.since = h("td", { class: "wide number" });
	row.epoch = h("td", { class: "wider number" });
	row.release = button;
	row.element = h("tr", null, row.id, h("td", { class: "on" }, row.link, row.pending), row.services, row.group,
		row.reason, row.since, row.epoch, h("td", { class: "act" }, row.why, button));
	return row;
}

function fillRow(row, agent) {
	row.agent = agent;
	setText(row.id, agent.agent_id);
	setText(row.link, agent.node_id ?? "");
	setAttr(row.link, "href", agent.node_id ? nodeLink(agent.node_id) : null);
	show(row.pending, agent.node_id === null);
	setText(row.services, agent.services.join(", "));
	setText(row.group, agent.group ?? "");
	setText(row.reason, (REASONS[agent.reason] ?? agent.reason)
		+ (agent.previous_node_id ? `, was on ${agent.previous_node_id}` : "")
		+ (agent.waiting ? `, number ${agent.waiting.position} in the queue` : ""));
	const question = agent.node_id === null ? "Why waiting?" : "Why here?";

	setText(row.why, question);
	setAttr(row.why, "aria-label", `${question} ${agent.agent_id}`);
	setText(row.since, agent.assigned_at ? timeOfDay(agent.assigned_at) : "");
	setAttr(row.since, "title", agent.assigned_at ? dateTime(agent.assigned_at) : null);
	setText(row.epoch, agent.epoch);
	setAttr(row.release, "aria-label", `Release ${agent.agent_id}…`);
}

function table(caption) {
	const body = h("tbody");
	const head = ["Agent", "Node", "Services", "Group", "Why", "Since", "Epoch"];
	const classes = [null, "on", "wide", "wider", "wide", "wide number", "wider number"];
	const element = h("div", { class: "scroll" }, h("table", null,
		h("caption", { class: "unseen" }, caption),
		h("thead", null, h("tr", null, head.map((t, i) => h("th", { scope: "col", class: classes[i] }, t)),
			h("th", { scope: "col" }, h("span", { class: "unseen" }, "Actions")))), body));

	return { element, body };
}

/*
 * caption: the caption of the table. currentQuery() returns {filters, search}. limit: rows per
 * page. Returns {element, restart(), events(list), end()}.
 */
export function agentList(caption, currentQuery, limit) {
	const { element: scroll, body } = table(caption);
	const rows = new Map(); /* agent id → row */
	const spare = [];
	const status = h("p", { class: "count", role: "status" });
	const refusal = h("p", { class: "refusal", role: "alert", hidden: true });
	const previous = h("button", { type: "button", onclick: () => go(at - 1) }, "Previous");
	const next = h("button", { type: "button", onclick: () => go(at + 1) }, "Next");
	const pager = h("div", { class: "pager" }, previous, status, next);
	const again = throttled(() => go(at), RELOAD_MS);
	let source = null;
	let at = 0;
	let turn = 0; /* only the answer to the latest request is shown */
	let ended = false;

	function fill(agents) {
		const kept = new Map();

		for (const agent of agents) {
			const row = rows.get(agent.agent_id) ?? spare.pop() ?? makeRow(refresh);

			rows.delete(agent.agent_id);
			fillRow(row, agent);
			kept.set(agent.agent_id, row);
		}
		for (const row of rows.values()) {
			row.element.remove();
			spare.push(row);
		}
		rows.clear();
		let place = body.firstChild;

		for (const [id, row] of kept) {
			rows.set(id, row);
			if (row.element === place)
				place = place.nextSibling;
			else
				body.insertBefore(row.element, place);
		}
	}

	async function go(to) {
		const mine = ++turn;

		try {
			const page = await source.load(to);

			if (mine !== turn || ended)
				return;
			at = to;
			fill(page.agents);
			show(scroll, page.agents.length > 0);
			previous.disabled = at === 0;
			next.disabled = !page.more;
			show(previous, at > 0 || page.more);
			show(next, at > 0 || page.more);
			setText(status, describe(page));
			show(refusal, false);
		} catch (problem) {
			if (mine !== turn || ended)
				return;
			setText(refusal, problem.detail || problem.message);
			show(refusal, true);
		}
	}

	function describe(page) {
		if (page.agents.length === 0)
			return page.more ? `None found yet. ${page.note || "There are more to search."}` : "No agents.";
		if (at === 0 && !page.more)
			return `${plural(page.agents.length, "agent")}. ${page.note}`.trim();
		return `${at * limit + 1}–${at * limit + page.agents.length} ${page.note}`.trim();
	}

	/* Fetches the current page again. A search is not repeated. */
	function refresh() {
		if (currentQuery().search === "")
			again();
	}

	function restart() {
		const { filters, search } = currentQuery();

		source = agentSource(filters, search, limit);
		at = 0;
		go(0);
	}

	function events(list) {
		const { node_id, status: state } = currentQuery().filters;
		const narrowed = Boolean(node_id || state);
		let changed = false;

		for (const event of list) {
			const row = event.agent_id ? rows.get(event.agent_id) : undefined;

			if (!event.type.startsWith("agent."))
				continue;
			const untold = READ_AGAIN.includes(event.type);

			changed ||= row === undefined || narrowed || untold;
			if (row === undefined || untold)
				continue;
			fillRow(row, {
				...row.agent,
				node_id: event.node_id || null,
				previous_node_id: event.previous_node_id || null,
				epoch: event.epoch,
				reason: event.reason,
				assigned_at: event.node_id ? event.at ?? row.agent.assigned_at : null,
				status: event.node_id ? "assigned" : "pending",
				waiting: undefined,
			});
		}
		if (changed)
			refresh();
	}

	restart();
	return {
		element: h("div", { class: "agents" }, refusal, scroll, pager),
		restart,
		events,
		end() {
			ended = true;
			again.end();
		},
	};
}
