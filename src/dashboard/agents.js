/* The page of the agents: search, filters, and the list that they narrow. */
import { assign } from "./actions.js";
import { agentList } from "./agentlist.js";
import { field } from "./dialog.js";
import { h } from "./dom.js";
import { keep } from "./route.js";

const LIMIT = 50;

export function agentsPage(main, { params }) {
	const search = h("input", { type: "search", value: params.q ?? "", autocomplete: "off", spellcheck: "false" });
	const node = h("input", { type: "search", value: params.node ?? "", autocomplete: "off", spellcheck: "false" });
	const service = h("input", { type: "search", value: params.service ?? "", autocomplete: "off", spellcheck: "false" });
	const status = h("select", null, h("option", { value: "" }, "all"),
		h("option", { value: "assigned" }, "assigned"), h("option", { value: "pending" }, "waiting"));

	status.value = params.status ?? "";
	const text = (control) => control.value.trim();
	const wanted = () => ({
		search: text(search),
		filters: { node_id: text(node), service: text(service), status: status.value },
	});
	const list = agentList("Agents", wanted, LIMIT);

	function look(event) {
		event?.preventDefault();
		keep({ q: text(search), node: text(node), service: text(service), status: status.value });
		list.restart();
	}

	const form = h("form", { class: "filters", role: "search", "aria-label": "Agents", onsubmit: look },
		field("Id holds", search), field("On node", node), field("Service", service),
		field("Status", status), h("button", { type: "submit" }, "Search"));

	status.addEventListener("change", () => look());
	for (const control of [search, node, service])
		control.addEventListener("search", () => control.value === "" && look());
	main.append(
		h("div", { class: "head" }, h("h1", { tabindex: -1 }, "Agents"),
			h("button", { type: "button", class: "primary", onclick: () => assign(list.restart) }, "Assign…")),
		form, list.element);
	return {
		title: "Agents",
		update: (topics, events) => list.events(events),
		end: list.end,
	};
}
