/* The overview page: statistics, leader, strategy, hold, nodes that need attention, latest
 * events. */
import { changeStrategy, hold, promote } from "./actions.js";
import { h, setAttr, setText, show } from "./dom.js";
import { eventItem } from "./events.js";
import { condition, count, dateTime, fixed, percent, plural } from "./format.js";
import { href, nodeLink } from "./route.js";
import { state } from "./store.js";

const ATTENTION_MAX = 8;
const LATEST_MAX = 8;

function figure(name) {
	const value = h("strong");
	const more = h("small");
	const element = h("div", null, h("dt", null, name), h("dd", null, value, more));

	return { element, fill: (v, m) => { setText(value, v); setText(more, m); } };
}

function meter() {
	const bar = h("i");
	const element = h("div", { class: "meter", role: "img" }, bar);

	return {
		element,
		fill(value) {
			bar.style.width = `${Math.min(100, value)}%`;
			setAttr(element, "aria-label", `Utilization ${percent(value)}`);
		},
	};
}

function figures() {
	const [nodes, agents, use, machines] = ["Nodes", "Agents", "Utilization", "Processors"].map(figure);
	const bar = meter();

	use.element.lastChild.append(bar.element);
	return {
		element: h("dl", { class: "figures" }, [nodes, agents, use, machines].map((f) => f.element)),
		fill({ nodes: n, agents: a, usage: u }) {
			nodes.fill(count(n.total), `${count(n.healthy)} healthy, ${count(n.draining)} draining, ${count(n.offline)} offline`);
			agents.fill(count(a.assigned), `${count(a.pending)} pending`);
			use.fill(percent(a.utilization), `room for ${count(a.available)} more of ${count(a.capacity)}`);
			bar.fill(a.utilization);
			machines.fill(percent(u.cpu), `memory ${percent(u.memory)}, disk ${percent(u.disk)}, load average ${fixed(u.load_average)}`);
		},
	};
}

function panel(title, ...content) {
	const id = `panel-${title.toLowerCase().replaceAll(" ", "-")}`;

	return h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, title), content);
}

function leaderPanel() {
	const name = h("a", { class: "lead id" });
	const none = h("p", { class: "lead" }, "No leader");
	const about = h("p", { class: "hint" });
	const element = panel("Leader", name, none, about,
		h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => promote() }, "Hand over…")));

	return {
		element,
		fill(leader) {
			show(name, leader !== null);
			show(none, leader === null);
			if (leader === null) {
				setText(about, "Dead nodes are not handled until a leader is elected.");
				return;
			}
			setText(name, leader.leader_id);
			setAttr(name, "href", state.nodes.has(leader.leader_id) ? nodeLink(leader.leader_id) : null);
			setText(about, `Since ${dateTime(leader.acquired_at)}, term ${leader.term}, ${plural(leader.transitions, "election")}.`);
		},
	};
}

function strategyPanel() {
	const name = h("p", { class: "lead id" });
	const why = h("p", { class: "hint" });
	const change = h("button", { type: "button", disabled: true, onclick: changeStrategy }, "Change…");
	const element = panel("Strategy", name, why, h("div", { class: "buttons" }, change));

	return {
		element,
		fill({ strategy, placements }) {
			const total = Object.values(placements).reduce((a, b) => a + b, 0);
			const forced = total - placements.requested;

			setText(name, strategy);
			setText(why, `${plural(total, "placement")}, ${count(forced)} of them moves.`);
			change.disabled = state.balance === null;
		},
	};
}

function holdPanel() {
	const name = h("p", { class: "lead" });
	const about = h("p", { class: "hint" });
	const [enter, release, dead] = [["Hold…", "enter"], ["Release…", "release"], ["Confirm dead…", "confirm_dead"]]
		.map(([text, action]) => h("button", {
			type: "button", class: action === "confirm_dead" ? "danger" : null, onclick: () => hold(action),
		}, text));
	const element = panel("Hold", name, about, h("div", { class: "buttons" }, enter, release, dead));

	return {
		element,
		fill(h_) {
			const on = h_?.state === "on";

			setText(name, on ? "On" : "Off");
			setText(about, !on ? "Agents of dead nodes are moved to other nodes."
				: `Since ${dateTime(h_.since)}, ${h_.why === "operator" ? "by an operator" : "many heartbeats expired at once"}. ${plural(h_.count, "node")} missing.`);
			show(enter, !on);
			show(release, on);
			show(dead, on);
		},
	};
}

function attentionPanel() {
	const list = h("ul", { class: "rows" });
	const more = h("a", { href: href("nodes", "", { sort: "-state" }), hidden: true });
	const empty = h("p", { class: "hint" });
	const element = panel("Nodes that need attention", empty, list, more);

	return {
		element,
		fill() {
			const found = [];

			for (const node of state.nodes.values())
				if (condition(node) !== "online")
					found.push(node);
			found.sort((a, b) => (a.key < b.key ? -1 : 1));
			show(empty, found.length === 0);
			setText(empty, !state.loaded ? "Loading…" : state.nodes.size === 0 ? "There are no nodes yet." : "All nodes are online and healthy.");
			const rows = found.slice(0, ATTENTION_MAX).map((n) => `${n.id}\n${condition(n)}`).join("\n\n");

			if (list.dataset.rows !== rows) {
				list.dataset.rows = rows;
				list.replaceChildren(...found.slice(0, ATTENTION_MAX).map((n) => h("li", null,
					h("a", { href: nodeLink(n.id), class: "id" }, n.id),
					h("span", { class: "state", "data-state": condition(n) }, condition(n)))));
			}
			show(list, found.length > 0);
			show(more, found.length > ATTENTION_MAX);
			setText(more, `All ${count(found.length)}`);
		},
	};
}

function eventsPanel() {
	const list = h("ol", { class: "log short", reversed: true });
	const none = h("p", { class: "hint" }, "None since this page was opened.");
	const element = panel("Latest events", none, list);
	let seen = -1;

	return {
		element,
		fill() {
			const latest = state.events.slice(-LATEST_MAX).reverse();

			if (seen === (latest[0]?.sequence ?? 0))
				return;
			seen = latest[0]?.sequence ?? 0;
			show(none, latest.length === 0);
			show(list, latest.length > 0);
			list.replaceChildren(...latest.map(eventItem));
		},
	};
}

export function overviewPage(main) {
	const parts = {
		figures: figures(), leader: leaderPanel(), strategy: strategyPanel(), hold: holdPanel(),
		attention: attentionPanel(), events: eventsPanel(),
	};
	const loading = h("p", { class: "hint" }, "Loading…");
	const body = h("div", { hidden: true }, parts.figures.element,
		h("div", { class: "panels three" }, parts.leader.element, parts.strategy.element, parts.hold.element),
		h("div", { class: "panels" }, parts.attention.element, parts.events.element));

	main.append(h("div", { class: "head" }, h("h1", { tabindex: -1 }, "Overview")), loading, body);

	function fill() {
		show(loading, state.stats === null);
		show(body, state.stats !== null);
		if (state.stats === null)
			return;
		parts.figures.fill(state.stats);
		parts.leader.fill(state.leader);
		parts.strategy.fill(state.stats);
		parts.hold.fill(state.hold);
		parts.attention.fill();
		parts.events.fill();
	}

	fill();
	return { title: "Overview", update: fill, end() {} };
}
