/*
 * Every change that the page can make, each with its confirmation. What a change did is seen
 * through the store, which is asked to look at once in case no event comes.
 */
import { call, path } from "./api.js";
import { confirm, field } from "./dialog.js";
import { h } from "./dom.js";
import { condition, plural } from "./format.js";
import { refreshFigures, refreshNode, state } from "./store.js";

const OFFERED = 500; /* nodes that a field suggests */

async function beat(post, id, status) {
	await post(path("nodes", id), { status });
	await refreshNode(id);
	refreshFigures();
}

export function drain(node) {
	confirm({
		title: `Drain ${node.id}?`,
		text: [`It takes no new agents from now on. ${node.active_agents === 0 ? "It has none."
			: `The ${plural(node.active_agents, "agent")} that it has stay.`}`],
		verb: "Drain",
		act: async (post) => {
			await beat(post, node.id, "draining");
			return `${node.id} is draining.`;
		},
	});
}

export function undrain(node) {
	confirm({
		title: `End draining ${node.id}?`,
		text: ["It takes new agents again."],
		verb: "End draining",
		act: async (post) => {
			await beat(post, node.id, "online");
			return `${node.id} takes agents again.`;
		},
	});
}

export function remove(node) {
	confirm({
		title: `Remove ${node.id}?`,
		text: [
			node.active_agents === 0 ? "It leaves the cluster. It has no agents."
				: `It leaves the cluster, and its ${plural(node.active_agents, "agent")} are placed elsewhere at once; what finds no room waits.`,
			condition(node) === "offline" ? null : "If its process still runs, it will register again.",
		].filter((t) => t !== null),
		verb: "Remove",
		danger: true,
		act: async () => {
			const done = await call("DELETE", path("nodes", node.id));

			await refreshNode(node.id);
			refreshFigures();
			return `${node.id} is removed: ${plural(done.moved, "agent")} moved, ${done.pending} waiting.`;
		},
	});
}

export function promote(id = "") {
	const options = h("datalist", { id: "nodes-offered" });
	const control = h("input", {
		required: true, value: id, list: "nodes-offered", autocomplete: "off", spellcheck: "false",
	});

	for (const node of state.nodes.values()) {
		if (options.childElementCount === OFFERED)
			break;
		if (node.role !== "leader" && node.role !== "replica" && condition(node) === "online")
			options.append(h("option", { value: node.id }));
	}
	confirm({
		title: "Hand the lead over?",
		text: ["The present leader steps down at once, in favour of a running coordinator."],
		fields: [field("To", control, "A node that musterd runs on, or hostname:port of a pure front-end."), options],
		verb: "Promote",
		act: async (post) => {
			const to = control.value.trim();
			const was = state.leader?.leader_id;

			await post("leader", { node_id: to });
			for (const known of [was, to])
				if (state.nodes.has(known))
					refreshNode(known);
			refreshFigures();
			return `${to} leads.`;
		},
	});
}

const PICKS = {
	round_robin: "The node chosen longest ago",
	least_loaded: "The lowest load of processor, memory and agents",
	least_agents: "The fewest agents",
	random: "Any, with equal odds",
	weighted: "Shares that follow the nodes' weights",
};

function strategyChoice(name, chosen) {
	return h("label", { class: "choice" },
		h("input", { type: "radio", name: "strategy", value: name, checked: name === chosen }),
		h("span", null, h("strong", null, name), h("span", { class: "hint" }, PICKS[name] ?? "")));
}

export function changeStrategy() {
	const { strategy, strategies } = state.balance;
	const choices = h("fieldset", { class: "choices" }, h("legend", null, "Which node gets the next agent"),
		strategies.map((name) => strategyChoice(name, strategy)));

	confirm({
		title: "Change the strategy?",
		text: ["It holds for the next agents. Those that have a node stay."],
		fields: [choices],
		verb: "Change",
		act: async (post) => {
			const wanted = choices.querySelector(":checked").value;

			await post("balance", { strategy: wanted });
			refreshFigures();
			return `The strategy is ${wanted}.`;
		},
	});
}

const HOLD = {
	enter: {
		title: "Hold the cluster?",
		text: "New agents are placed, but none is moved off a node that is missed, until you release the hold.",
		verb: "Hold",
		said: "The cluster is held.",
	},
	release: {
		title: "Release the hold?",
		text: "Nodes that are still missed are declared offline when their grace ends, and their agents are placed elsewhere.",
		verb: "Release",
		said: "The hold is released.",
	},
	confirm_dead: {
		title: "Are the missed nodes dead?",
		text: "Nodes that are missed now are declared offline without further grace, and their agents are placed elsewhere.",
		verb: "They are dead",
		said: "The missed nodes are taken for dead.",
		danger: true,
	},
};

export function hold(action) {
	const { title, text, verb, said, danger } = HOLD[action];

	confirm({
		title,
		text: [text],
		verb,
		danger,
		act: async (post) => {
			await post("hold", { action });
			refreshFigures();
			return said;
		},
	});
}

/* done() is called once the agent is assigned or waits. */
export function assign(done) {
	const agent = h("input", { required: true, autocomplete: "off", spellcheck: "false", maxlength: 128 });
	const services = h("input", { autocomplete: "off", spellcheck: "false" });
	const names = state.balance?.strategies ?? [];
	const strategy = h("select", null, h("option", { value: "" }, "the cluster's"),
		names.map((name) => h("option", { value: name }, name)));
	const queue = h("input", { type: "checkbox", checked: true });

	confirm({
		title: "Assign an agent",
		fields: [
			field("Agent", agent, "Letters, digits and . _ : @ -"),
			field("Services", services, "All that its node must have, separated by commas; may be empty."),
			field("Strategy", strategy),
			h("label", { class: "check" }, queue, " Wait if no node can take it"),
		],
		verb: "Assign",
		act: async (post) => {
			const list = services.value.split(/[\s,]+/).filter((s) => s !== "");
			const body = { agent_id: agent.value.trim(), queue: queue.checked };

			if (list.length > 0)
				body.services = list;
			if (strategy.value !== "")
				body.strategy = strategy.value;
			const got = await post("assignments", body);

			done();
			refreshFigures();
			return got.status === "pending" ? `${got.agent_id} waits for a node.`
				: `${got.agent_id} is assigned to ${got.node_id}.`;
		},
	});
}

/* Releases the agent as it was seen: not if it has changed hands since. */
export function release(agent, done) {
	confirm({
		title: `Release ${agent.agent_id}?`,
		text: [agent.node_id ? `It is taken off ${agent.node_id} and forgotten.` : "It no longer waits, and is forgotten."],
		verb: "Release",
		danger: true,
		act: async () => {
			await call("DELETE", path("assignments", agent.agent_id), { params: { epoch: agent.epoch } });
			done();
			refreshFigures();
			return `${agent.agent_id} is released.`;
		},
	});
}
