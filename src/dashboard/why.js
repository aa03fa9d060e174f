/*
 * Why an agent is where it is, or waits: a dialog that asks the cluster, by a dry run for an agent that
 * wants the same. Nothing is changed by it.
 */
import { call, newIdempotencyKey } from "./api.js";
import { inform, nodesByReason } from "./dialog.js";
import { h } from "./dom.js";
import { plural } from "./format.js";
import { nodeLink } from "./route.js";

/* What is asked for again. An agent's own place counts in its group, so a spread is left out. */
const NEEDS = ["services", "labels", "zones", "node_ids", "exclude_node_ids", "resources"];

function request(agent) {
	const body = { agent_id: `why-${newIdempotencyKey()}`, strategy: agent.strategy, dry_run: true, explain: true };

	for (const name of NEEDS)
		if (agent[name] !== undefined)
			body[name] = agent[name];
	return body;
}

function parts(candidate) {
	return Object.entries(candidate.parts).map(([name, value]) => `${name} ${value}`).join(", ");
}

function ranking(top) {
	return h("table", null, h("caption", { class: "unseen" }, "The best nodes"),
		h("thead", null, h("tr", null, ["Node", "Score", "Made of"].map((t) => h("th", { scope: "col" }, t)))),
		h("tbody", null, top.map((c) => h("tr", null,
			h("th", { scope: "row", class: "id" }, h("a", { href: nodeLink(c.node_id) }, c.node_id)),
			h("td", { class: "number" }, c.score), h("td", null, parts(c))))));
}

function answer(e) {
	return [
		h("p", null, `By ${e.strategy}, ${plural(e.eligible, "node")} could take it now. The lowest score comes first.`),
		Object.keys(e.filtered).length > 0 ? h("p", null, `Others: ${nodesByReason(e.filtered)}.`) : null,
		e.top.length > 0 ? ranking(e.top) : null,
	];
}

function waits(agent) {
	const { position, reasons } = agent.waiting;

	return h("p", null, `It is number ${position} in the queue. At the last attempt, nodes were: ${nodesByReason(reasons)}.`);
}

/* Opens the dialog for an agent, as the API shows it. */
export async function why(agent) {
	const pending = agent.node_id === null;
	const content = [
		pending && agent.waiting ? waits(agent) : null,
		agent.spread ? h("p", null, `Its group ${agent.group} is spread by ${agent.spread.by}, which is not asked for here.`) : null,
	];

	try {
		const asked = await call("POST", "assignments", { body: request(agent) });

		content.push(...answer(asked.explanation));
	} catch (problem) {
		content.push(h("p", null, problem.detail || problem.message),
			Object.keys(problem.reasons).length > 0 ? h("p", null, `Nodes: ${nodesByReason(problem.reasons)}.`) : null);
	}
	inform({ title: pending ? `Why does ${agent.agent_id} wait?` : `Why is ${agent.agent_id} on ${agent.node_id}?`, content });
}
