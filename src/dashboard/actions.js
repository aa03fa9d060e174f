/*
 * Every change that the page can make, with a dialog that confirms it. After a change, the store is
 * told to refresh, in case no event arrives.
 */
import { call, path } from "./api.js";
import { confirm, field } from "./dialog.js";
import { h } from "./dom.js";
import { condition, plural } from "./format.js";
import { refreshFigures, refreshNode, state } from "./store.js";

const SUGGESTED_MAX = 500; /* the most nodes that a field suggests */

async function sendStatus(post, id, status) {
	await post(path("nodes", id), { status });
	await refreshNode(id);
	refreshFigures();
}

export function drain(node) {
	confirm({
		title: `Drain ${node.id}?`,
		text: [`It gets no new agents. ${node.active_agents === 0 ? "It has none."
			: `Its ${plural(node.active_agents, "agent")} stay.`}`],
		verb: "Drain",
		act: async (post) => {
			await sendStatus(post, node.id, "draining");
			return `${node.id} is draining.`;
		},
	});
}

export function undrain(node) {
	confirm({
		title: `Undrain ${node.id}?`,
		text: ["It gets new agents again."],
		verb: "Undrain",
		act: async (post) => {
			await sendStatus(post, node.id, "online");
			return `${node.id} gets new agents again.`;
		},
	});
}

export function leave(node) {
	confirm({
		title: `Take ${node.id} out of the cluster?`,
		text: [
			node.active_agents === 0 ? "It has no agents."
				: `Its ${plural(node.active_agents, "agent")} are moved to other nodes at once, or are pending if there is no capacity.`,
			condition(node) === "offline" ? null : "If its process is still running, it will register again.",
		].filter((t) => t !== null),
		verb: "Leave",
		danger: true,
		act: async () => {
			const done = await call("DELETE", path("nodes", node.id));

			await refreshNode(node.id);
			refreshFigures();
			return `${node.id} left: ${plural(done.moved, "agent")} moved, ${done.pending} pending.`;
		},
	});
}

export function promote(id = "") {
	const options = h("datalist", { id: "nodes-offered" });
	const control = h("input", {
		required: true, value: id, list: "nodes-offered", autocomplete: "off", spellcheck: "false",
	});

	for (const node of state.nodes.values()) {
		if (options.childElementCount === SUGGESTED_MAX)
			break;
		if (node.role !== "leader" && node.role !== "replica" && condition(node) === "online")
			options.append(h("option", { value: node.id }));
	}
	confirm({
		title: "Hand over the lead?",
		text: ["The current leader steps down at once, and another coordinator takes over."],
		fields: [field("To", control, "A node that musterd runs on, or the hostname:port of a front-end."), options],
		verb: "Promote",
		act: async (post) => {
			const to = control.value.trim();
			const was = state.leader?.leader_id;

			await post("leader", { node_id: to });
			for (const known of [was, to])
				if (state.nodes.has(known))
					refreshNode(known);
			refreshFigures();
			return `${to} is the leader.`;
		},
	});
}

const STRATEGY_HINTS = {
	round_robin: "The node chosen longest ago",
	least_loaded: "The lowest load of processor, memory and agents",
	least_agents: "The fewest agents",
	random: "Any, with equal odds",
	weighted: "Shares that follow the nodes' weights",
	packed: "The fullest that still has room",
};

function strategyChoice(name, chosen) {
	return h("label", { class: "choice" },
		h("input", { type: "radio", name: "strategy", value: name, checked: name === chosen }),
		h("span", null, h("strong", null, name), h("span", { class: "hint" }, STRATEGY_HINTS[name] ?? "")));
}

export function changeStrategy() {
	const { strategy, strategies } = state.balance;
	const choices = h("fieldset", { class: "choices" }, h("legend", null, "Which node gets the next agent"),
		strategies.map((name) => strategyChoice(name, strategy)));

	confirm({
		title: "Change the strategy?",
		text: ["It applies to new placements. Agents that have a node stay there."],
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
		text: "New agents are placed, but agents of missing nodes are not moved until you release the hold.",
		verb: "Hold",
		said: "The cluster is held.",
	},
	release: {
		title: "Release the hold?",
		text: "Nodes that are still missing go offline when their grace period ends, and their agents are moved to other nodes.",
		verb: "Release",
		said: "The hold is released.",
	},
	confirm_dead: {
		title: "Confirm that the missing nodes are dead?",
		text: "Nodes that are missing now go offline at once, and their agents are moved to other nodes.",
		verb: "Confirm dead",
		said: "The missing nodes are confirmed dead.",
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

/* Calls done() once the agent is assigned or pending. */
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
			field("Services", services, "Comma-separated; its node must have all of them. May be empty."),
			field("Strategy", strategy),
			h("label", { class: "check" }, queue, " Wait if there is no capacity"),
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
			return got.status === "pending" ? `${got.agent_id} is pending.`
				: `${got.agent_id} is assigned to ${got.node_id}.`;
		},
	});
}

/* Releases the agent, unless its epoch has changed since it was shown. */
export function release(agent, done) {
	confirm({
		title: `Release ${agent.agent_id}?`,
		text: [agent.node_id ? `It runs on ${agent.node_id}. Its assignment is deleted.` : "It is pending. Its assignment is deleted."],
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
