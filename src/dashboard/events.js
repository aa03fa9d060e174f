/* The events page: events since the page was opened, newest first. Also describes events in
 * words. */
import { field } from "./dialog.js";
import { h, setText, show } from "./dom.js";
import { plural, timeOfDay } from "./format.js";
import { setParams, nodeLink } from "./route.js";
import { state } from "./store.js";

const SHOWN = 200;

/* The time of an event: its `at`, or the first part of its id. */
function eventTime(event) {
	return event.at ?? Number(event.id.split("-")[0]);
}

const node = (id) => (id ? h("a", { href: nodeLink(id) }, id) : "no node");
const why = (event) => (event.reason && event.reason !== "requested" ? ` (${event.reason.replace("_", " ")})` : "");

const WORDS = {
	"node.registered": (e) => [node(e.node_id), " registered"],
	"node.left": (e) => [e.node_id, " left"],
	"node.suspect": (e) => [node(e.node_id), " is suspect"],
	"node.online": (e) => [node(e.node_id), " is online"],
	"node.offline": (e) => [node(e.node_id), " is offline"],
	"node.draining": (e) => [node(e.node_id), " is draining"],
	"agent.assigned": (e) => [e.agent_id, " assigned to ", node(e.node_id)],
	"agent.moved": (e) => [e.agent_id, " moved from ", node(e.previous_node_id), " to ", node(e.node_id), why(e)],
	"agent.pending": (e) => [e.agent_id, " is pending", why(e)],
	"agent.released": (e) => [e.agent_id, " released", ...(e.previous_node_id ? [" from ", node(e.previous_node_id)] : [])],
	"agent.changed": (e) => [e.agent_id, " has other metadata or another priority"],
	"agent.expired": (e) => [e.agent_id, " has waited too long and is released"],
	"leader.elected": (e) => [node(e.node_id), " is the leader"],
	"leader.lost": (e) => [node(e.node_id), " is no longer the leader"],
	"strategy.changed": (e) => ["Strategy ", e.strategy ?? "", e.previous ? `, was ${e.previous}` : ""],
	"hold.entered": () => ["Hold entered"],
	"hold.left": () => ["Hold left"],
};

/* Describes the event: an array of strings and links. */
export function eventWords(event) {
	return WORDS[event.type]?.(event) ?? [event.type];
}

export function eventItem(event) {
	return h("li", null, h("time", null, timeOfDay(eventTime(event))),
		h("span", { class: "type" }, event.type), h("span", { class: "words" }, ...eventWords(event)));
}

const KINDS = { "": "all", node: "nodes", agent: "agents", leader: "leader", strategy: "strategy", hold: "hold" };

export function eventsPage(main, { params }) {
	const kind = h("select", null, Object.entries(KINDS).map(([value, text]) => h("option", { value }, text)));
	const about = h("input", { type: "search", value: params.q ?? "", autocomplete: "off", spellcheck: "false" });
	const pause = h("button", { type: "button", "aria-pressed": "false", onclick: toggle }, "Pause");
	const status = h("p", { class: "count" });
	const list = h("ol", { class: "log", reversed: true });
	let paused = false;
	let seen = 0; /* the sequence number of the last event in the list */

	kind.value = params.kind ?? "";

	function matches(event) {
		const text = about.value.trim();

		return event.type.startsWith(kind.value)
			&& (text === "" || [event.agent_id, event.node_id, event.previous_node_id].some((id) => id?.includes(text)));
	}

	function trim() {
		while (list.childElementCount > SHOWN)
			list.lastChild.remove();
		setText(status, state.events.length === 0 ? "None since this page was opened."
			: `${plural(state.events.length, "event")} kept${list.childElementCount < state.events.length
				? `, ${list.childElementCount} shown` : ""}.`);
		show(list, list.childElementCount > 0);
	}

	function all() {
		seen = state.events.at(-1)?.sequence ?? 0;
		list.replaceChildren(...state.events.filter(matches).slice(-SHOWN).reverse().map(eventItem));
		trim();
	}

	function toggle() {
		paused = !paused;
		pause.setAttribute("aria-pressed", String(paused));
		if (!paused)
			all();
	}

	function applyFilters() {
		setParams({ kind: kind.value, q: about.value.trim() });
		all();
	}

	kind.addEventListener("change", applyFilters);
	about.addEventListener("input", applyFilters);
	main.append(h("div", { class: "head" }, h("h1", { tabindex: -1 }, "Events"), pause),
		h("form", { class: "filters", role: "search", "aria-label": "Events", onsubmit: (e) => e.preventDefault() },
			field("About", kind), field("Agent or node", about)),
		status, list);
	all();
	return {
		title: "Events",
		update(topics, events) {
			const added = events.filter((event) => event.sequence > seen);

			if (paused || added.length === 0)
				return;
			seen = added.at(-1).sequence;
			list.prepend(...added.filter(matches).slice(-SHOWN).reverse().map(eventItem));
			trim();
		},
		end() {},
	};
}
