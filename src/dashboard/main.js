/*
 * The frame around the pages: navigation, connection state, banners, colours. Starts the store and
 * the stream. Invariant: the page that is shown is the one in the URL's hash, and only that page is
 * told about changes.
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

const ANNOUNCE_MS = 2000;
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
	connecting: "Connecting", live: "Live", lost: "No live events", asleep: "Paused", offline: "Disconnected",
};

function showLink() {
	const now = state.problem !== null ? "offline" : streaming;

	if (byId("link").dataset.state !== now) {
		byId("link").dataset.state = now;
		setText(byId("link-text"), LINK[now]);
	}
	show(byId("lost"), state.problem !== null);
	setText(byId("lost"), state.problem === null ? ""
		: `Disconnected since ${timeOfDay(state.problemSince)}. The page shows the state at that time. ${state.problem.title}: ${state.problem.message}`);
}

function showHold() {
	const on = state.hold?.state === "on";

	show(byId("hold"), on);
	setText(byId("hold"), on ? `The cluster is held: agents of missing nodes are not moved. Missing: ${plural(state.hold.count, "node")}.` : "");
}

/* Announces changes to users of a screen reader, except those of single agents. */
let unannounced = [];
let announceTimer = 0;

function announceEvents(events) {
	for (const event of events)
		if (!event.type.startsWith("agent."))
			unannounced.push(eventWords(event).map((w) => w.textContent ?? w).join(""));
	if (unannounced.length === 0 || announceTimer !== 0)
		return;
	announce(unannounced.length > 3 ? `${unannounced.slice(-3).join(". ")}. ${unannounced.length} changes.` : unannounced.join(". "));
	unannounced = [];
	announceTimer = setTimeout(() => {
		announceTimer = 0;
		announceEvents([]);
	}, ANNOUNCE_MS);
}

function begin() {
	const theme = byId("theme");
	let hadProblem = false;
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
			/* if storage is blocked, the choice lasts until the page is closed */
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
		if (topics.has("problem") || topics.has("figures")) {
			showLink();
			showHold();
			if (hadProblem && state.problem === null) {
				announce("Connected again.");
				reload();
				retry();
			}
			hadProblem = state.problem !== null;
		}
		announceEvents(events);
		page.update(topics, events);
	});
	go(true);
	start();
}

begin();
