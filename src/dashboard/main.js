/*
 * The page around the pages: navigation, the state of the connection, the banners, the colours.
 * Starts the store and the stream. Invariant: the page that is shown is the one that the hash
 * names, and only it hears of changes.
 */
import { agentsPage } from "./agents.js";
import { announce } from "./dialog.js";
import { h, setAttr, setText, show } from "./dom.js";
import { eventWords, eventsPage } from "./events.js";
import { plural, timeOfDay } from "./format.js";
import { nodePage } from "./node.js";
import { nodesPage } from "./nodes.js";
import { overviewPage } from "./overview.js";
import { href, parse } from "./route.js";
import { apply, reload, start, state, stop, subscribe } from "./store.js";
import { follow } from "./stream.js";

const SAY_MS = 2000;
const PAGES = {
	overview: overviewPage, nodes: nodesPage, node: nodePage, agents: agentsPage, events: eventsPage,
	missing: missingPage,
};
const byId = (id) => document.getElementById(id);
const main = byId("main");
let page = null;

function missingPage(root) {
	root.append(h("h1", { tabindex: -1 }, "No such page"), h("p", null, h("a", { href: href("overview") }, "Overview")));
	return { title: "No such page", update() {}, end() {} };
}

function go(first) {
	const route = parse(location.hash);

	document.querySelectorAll("dialog").forEach((dialog) => dialog.close());
	page?.end();
	main.replaceChildren();
	page = PAGES[route.name](main, route);
	document.title = `${page.title} · muster`;
	for (const link of document.querySelectorAll("[data-page]"))
		setAttr(link, "aria-current", link.dataset.page === route.name ? "page"
			: route.name === "node" && link.dataset.page === "nodes" ? "true" : null);
	if (!first) {
		scrollTo(0, 0);
		main.querySelector("h1").focus({ preventScroll: true });
	}
}

/* The connection. */

let streaming = "connecting"; /* "live", "lost", "asleep" */

const LINK = {
	connecting: "Connecting", live: "Live", lost: "No live events", asleep: "Asleep", offline: "Disconnected",
};

function showLink() {
	const now = state.trouble !== null ? "offline" : streaming;

	if (byId("link").dataset.state !== now) {
		byId("link").dataset.state = now;
		setText(byId("link-text"), LINK[now]);
	}
	show(byId("lost"), state.trouble !== null);
	setText(byId("lost"), state.trouble === null ? ""
		: `Disconnected since ${timeOfDay(state.since)}. What is shown is from then. ${state.trouble.title}: ${state.trouble.message}`);
}

function showHold() {
	const on = state.hold?.state === "on";

	show(byId("hold"), on);
	setText(byId("hold"), on ? `The cluster is held: no agent is moved off a node that is missed. Missed: ${plural(state.hold.count, "node")}.` : "");
}

/* What a listener should hear: not every agent's move, but what an operator would look up for. */
let unsaid = [];
let sayTimer = 0;

function say(events) {
	for (const event of events)
		if (!event.type.startsWith("agent."))
			unsaid.push(eventWords(event).map((w) => w.textContent ?? w).join(""));
	if (unsaid.length === 0 || sayTimer !== 0)
		return;
	announce(unsaid.length > 3 ? `${unsaid.slice(-3).join(". ")}. ${unsaid.length} changes.` : unsaid.join(". "));
	unsaid = [];
	sayTimer = setTimeout(() => {
		sayTimer = 0;
		say([]);
	}, SAY_MS);
}

function begin() {
	const theme = byId("theme");
	let wasTrouble = false;
	let wasLost = false;

	theme.value = document.documentElement.dataset.theme ?? "";
	theme.addEventListener("change", () => {
		if (theme.value === "")
			delete document.documentElement.dataset.theme;
		else
			document.documentElement.dataset.theme = theme.value;
		try {
			localStorage.setItem("muster.theme", theme.value);
		} catch {
			/* storage may be forbidden: the choice holds until the page is left */
		}
		page.update(new Set(["nodes"]), []);
	});
	byId("skip").addEventListener("click", (event) => {
		event.preventDefault();
		main.focus();
	});
	addEventListener("hashchange", () => go(false));

	const retry = follow({
		event: apply,
		resync: reload,
		open() {
			if (wasLost)
				reload();
			wasLost = false;
			streaming = "live";
			showLink();
		},
		lost() {
			wasLost = true;
			streaming = "lost";
			showLink();
		},
		asleep() {
			streaming = "asleep";
			stop();
			showLink();
		},
		awake() {
			streaming = "connecting";
			start();
			reload();
			showLink();
		},
	});

	subscribe((topics, events) => {
		if (topics.has("trouble") || topics.has("figures")) {
			showLink();
			showHold();
			if (wasTrouble && state.trouble === null) {
				announce("Connected again.");
				reload();
				retry();
			}
			wasTrouble = state.trouble !== null;
		}
		say(events);
		page.update(topics, events);
	});
	go(true);
	start();
}

begin();
