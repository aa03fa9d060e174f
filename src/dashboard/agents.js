/* The agents page: search, filters and the list of agents. */
import { assign } from "./actions.js";
import { agentList } from "./agentlist.js";
import { field } from "./dialog.js";
import { h } from "./dom.js";
import { setParams } from "./route.js";

const LIMIT = 50;

export function agentsPage(main, { params }) {
	const search = h("input", { type: "search", value: params.q ?? "", autocomplete: "off", spellcheck: "false" });
	const node = h("input", { type: "search", value: params.node ?? "", autocomplete: "off", spellcheck: "false" });
	const service = h("input", { type: "search", value: params.service ?? "", autocomplete: "off", spellcheck: "false" });
	const status = h("select", null, h("option", { value: "" }, "all"),
		h("option", { value: "assigned" }, "assigned"), h("option", { value: "pending" }, "pending"));

	status.value = params.status ?? "";
	const text = (control) => control.value.trim();
	const currentQuery = () => ({
		search: text(search),
		filters: { node_id: text(node), service: text(service), status: status.value },
	});
	const list = agentList("Agents", currentQuery, LIMIT);

	function searchAgain(event) {
		event?.preventDefault();
		setParams({ q: text(search), node: text(node), service: text(service), status: status.value });
		list.restart();
	}

	const form = h("form", { class: "filters", role: "search", "aria-label": "Agents", onsubmit: searchAgain },
		field("Id contains, or group", search), field("On node", node), field("Service", service),
		field("Status", status), h("button", { type: "submit" }, "Search"));

	status.addEventListener("change", () => searchAgain());
	for (const control of [search, node, service])
		control.addEventListener("search", () => control.value === "" && searchAgain());
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
