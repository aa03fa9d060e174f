/* The page of one node: its record, its usage, its agents and its actions. */
import { drain, leave, promote, undrain } from "./actions.js";
import { agentList } from "./agentlist.js";
import { h, setAttr, setText, show } from "./dom.js";
import { age, condition, count, dateTime, fixed, percent } from "./format.js";
import { href } from "./route.js";
import { sparkline } from "./sparkline.js";
import { refreshNode, state, watch } from "./store.js";

const LIMIT = 25;
const ASK_MS = 2000;

const FACTS = [
	["Role", (n) => n.role],
	["Address", (n) => (n.port ? `${n.ip_address}:${n.port}` : n.ip_address)],
	["Host", (n) => n.hostname],
	["Zone", (n) => n.zone || "none"],
	["Services", (n) => n.services.join(", ") || "none"],
	["Labels", (n) => Object.entries(n.labels).map(([k, v]) => `${k}=${v}`).join(", ") || "none"],
	["Resources", (n) => Object.entries(n.resources).map(([k, v]) => `${k} ${n.allocated[k] ?? 0} of ${v}`).join(", ") || "none"],
	["Weight", (n) => count(n.weight)],
	["Load", (n) => fixed(n.load)],
	["Registered", (n) => dateTime(n.registered_at)],
	["Last heartbeat", (n) => dateTime(n.last_heartbeat)],
	["Heartbeat TTL", (n) => age(n.heartbeat_ttl_ms)],
	["Incarnation", (n) => n.incarnation],
];

function facts() {
	const values = FACTS.map(() => h("dd"));
	const element = h("dl", { class: "facts" },
		FACTS.map(([name], i) => h("div", null, h("dt", null, name), values[i])));

	return { element, fill: (node) => FACTS.forEach(([, text], i) => setText(values[i], text(node))) };
}

function gauges() {
	const lines = [
		sparkline("Processor", 1, percent, 100),
		sparkline("Memory", 2, percent, 100),
		sparkline("Disk", 3, percent, 100),
		sparkline("Load average", 4, (v) => fixed(v)),
		sparkline("Agents", 5, count),
	];

	return {
		element: h("div", { class: "gauges" }, lines.map((line) => line.element)),
		fill(node) {
			if (node.history?.length > 0)
				lines.forEach((line) => line.update(node.history));
		},
	};
}

function buttons(id) {
	const known = () => state.nodes.get(id);
	const button = (text, act, name = null) => h("button", { type: "button", class: name, onclick: () => act(known()) }, text);
	const draining = button("Drain…", drain);
	const undraining = button("Undrain…", undrain);
	const leading = button("Promote…", (node) => promote(node.id));
	const leaving = button("Leave…", leave, "danger");

	return {
		element: h("div", { class: "buttons" }, draining, undraining, leading, leaving),
		fill(node) {
			/* Draining sends a heartbeat. For a node that is silent, that would falsely
			 * report it as alive. */
			show(draining, condition(node) === "online");
			show(undraining, condition(node) === "draining");
			show(leading, node.role !== "leader" && node.role !== "replica" && condition(node) !== "offline");
		},
	};
}

export function nodePage(main, { id }) {
	const title = h("h1", { tabindex: -1, class: "id" }, id);
	const status = h("span", { class: "state" });
	const missing = h("p", { hidden: true }, "There is no such node. It may have left the cluster. ",
		h("a", { href: href("nodes") }, "All nodes"));
	const [about, lines, acts] = [facts(), gauges(), buttons(id)];
	const agents = agentList(`Agents on ${id}`, () => ({ filters: { node_id: id }, search: "" }), LIMIT);
	const agentsHead = h("h2", null, "Agents");
	const body = h("div", { hidden: true },
		h("section", { "aria-label": "Usage" }, lines.element),
		h("section", { "aria-labelledby": "node-agents" }, agentsHead, agents.element),
		h("section", { "aria-labelledby": "node-facts" }, h("h2", { id: "node-facts" }, "Record"), about.element));
	const timer = setInterval(() => refreshNode(id), ASK_MS);
	let asked = state.nodes.has(id);

	agentsHead.id = "node-agents";
	main.append(h("p", { class: "up" }, h("a", { href: href("nodes") }, "Nodes")),
		h("div", { class: "head" }, h("div", { class: "named" }, title, status), acts.element), missing, body);

	function fill() {
		const node = state.nodes.get(id);

		show(missing, node === undefined && asked);
		show(body, node !== undefined);
		show(acts.element, node !== undefined);
		show(status, node !== undefined);
		if (node === undefined)
			return;
		watch(id);
		setText(status, condition(node));
		setAttr(status, "data-state", condition(node));
		setText(agentsHead, `Agents: ${count(node.active_agents)} of ${count(node.max_agents)}`);
		about.fill(node);
		lines.fill(node);
		acts.fill(node);
	}

	refreshNode(id).then(() => {
		asked = true;
		watch(id);
		fill();
	});
	fill();
	return {
		title: id,
		update(topics, events) {
			if (topics.has("nodes") || topics.has("members"))
				fill();
			agents.events(events.filter((e) => e.node_id === id || e.previous_node_id === id));
		},
		end() {
			clearInterval(timer);
			agents.end();
		},
	};
}
