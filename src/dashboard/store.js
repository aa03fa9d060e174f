/*
 * The page's copy of the cluster: all nodes, the figures, the leader, the hold and the latest
 * events. Agents are not kept: there may be millions. Events change it at once (see stream.js);
 * figures that make no events, like a node's load, are asked for every few seconds.
 * Invariant: only this file changes `state`, and listeners hear of it at most once a frame.
 */
import { Problem, get, path } from "./api.js";
import { throttled } from "./dom.js";
import { naturalKey } from "./format.js";

const FIGURES_MS = 2000;
const NODES_MS = 3000; /* for one round through all nodes, where they fit into a few pages */
const PAGE_GAP_MS = 500; /* the least between two pages of a round */
const PAGE = 500;
const EVENTS_KEPT = 1000;
const HISTORY_LENGTH = 100;
const HISTORY_NODES = 500; /* more nodes than these: only what was looked at has a history */
const SINGLES = 8; /* more nodes than these have changed: the round sees to them */

export const state = {
	nodes: new Map(),
	loaded: false, /* whether all nodes have been seen */
	stats: null,
	leader: null,
	hold: null,
	balance: null,
	events: [], /* the latest, oldest first */
	trouble: null, /* the Problem that the last poll met */
	since: 0, /* when the present trouble began */
};

/* Listeners. */

const listeners = new Set();
let topics = new Set();
let fresh = [];
let frame = 0;

function tell() {
	const [t, f] = [topics, fresh];

	frame = 0;
	topics = new Set();
	fresh = [];
	for (const listener of listeners)
		listener(t, f);
}

function changed(topic) {
	topics.add(topic);
	if (frame === 0)
		frame = requestAnimationFrame(tell);
}

/*
 * Calls listener(topics, events) in the frame after a change. topics: "nodes" (a node changed),
 * "members" (nodes came or went), "figures", "events", "trouble". Returns what ends it.
 */
export function subscribe(listener) {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

/* Asking. */

let stopped = true;

/* Notes whether the front-end and its store answer; `problem` is null where they do. */
function note(problem) {
	if (problem !== null && !(problem instanceof Problem))
		throw problem;
	if ((problem === null) !== (state.trouble === null)) {
		state.since = Date.now();
		changed("trouble");
	} else if (problem?.message !== state.trouble?.message) {
		changed("trouble");
	}
	state.trouble = problem;
}

async function orNull(promise) {
	try {
		return await promise;
	} catch (e) {
		if (e.status === 404)
			return null;
		throw e;
	}
}

/* What is asked for beside the figures: only what they say has changed. */
async function askRest(stats) {
	const { leader, hold, balance } = state;
	const led = leader !== null && leader.leader_id === stats.leader_id && leader.term === stats.term;
	const held = hold === null || stats.hold || hold.state === "on";

	return Promise.all([
		stats.leader_id === null ? null : led ? leader : orNull(get("leader")),
		held ? get("hold") : hold,
		balance ?? get("balance"),
	]);
}

async function askFigures() {
	if (stopped)
		return;
	try {
		const stats = await get("stats");
		const [leader, hold, balance] = await askRest(stats);

		Object.assign(state, { stats, leader, hold, balance: { ...balance, strategy: stats.strategy } });
		note(null);
	} catch (e) {
		note(e);
	}
	changed("figures");
}

/* The first call is answered at once, so that a single change is seen at once. */
export const refreshFigures = throttled(askFigures, 400);

function remember(node) {
	if (node.history === null)
		return;
	node.history.push([Date.now(), node.cpu_usage, node.memory_usage, node.disk_usage,
		node.load_average, node.active_agents]);
	if (node.history.length > HISTORY_LENGTH)
		node.history.shift();
}

/* Takes a record that was asked for at `asked`; an event that came since knows better. */
function take(record, asked, round) {
	let node = state.nodes.get(record.id);

	if (node === undefined) {
		node = {
			key: naturalKey(record.id),
			touched: 0,
			history: state.nodes.size < HISTORY_NODES ? [] : null,
		};
		state.nodes.set(record.id, node);
		changed("members");
	} else if (node.touched > asked) {
		node.round = round;
		return;
	}
	Object.assign(node, record);
	node.round = round;
	remember(node);
	changed("nodes");
}

/* Begins to keep the figures of a node that somebody looks at. */
export function watch(id) {
	const node = state.nodes.get(id);

	if (node && node.history === null)
		node.history = [];
}

/* Forgets a node that is gone. */
function forget(id) {
	if (state.nodes.delete(id)) {
		changed("members");
		changed("nodes");
	}
}

export async function refreshNode(id) {
	const asked = performance.now();

	try {
		const record = await orNull(get(path("nodes", id)));

		if (record === null)
			forget(id);
		else
			take(record, asked, round);
	} catch (e) {
		note(e);
	}
}

/* One round through all nodes, page by page with `gap` between; forgets those not seen. */
let round = 0;
let rounds = null; /* the round under way */

async function goRound(gap) {
	const pause = () => new Promise((resolve) => setTimeout(resolve, gap()));
	let cursor = "";
	let pages = 0;

	round++;
	do {
		const asked = performance.now();
		const page = await get("nodes", { limit: PAGE, cursor });

		for (const record of page.nodes)
			take(record, asked, round);
		cursor = page.next_cursor ?? "";
		pages++;
		if (cursor !== "")
			await pause();
	} while (cursor !== "" && !stopped);
	if (stopped)
		return pages;
	for (const [id, node] of state.nodes)
		if (node.round < round)
			forget(id);
	return pages;
}

function nodesRound(gap) {
	rounds ??= goRound(gap).finally(() => {
		rounds = null;
	});
	return rounds;
}

async function nodesForever(mine) {
	while (!stopped && mine === life) {
		let pages = 1;

		try {
			pages = await nodesRound(() => (state.loaded ? PAGE_GAP_MS : 0));
			if (!state.loaded) {
				state.loaded = true;
				changed("members");
			}
		} catch (e) {
			note(e);
		}
		await new Promise((resolve) => {
			setTimeout(resolve, Math.max(PAGE_GAP_MS, NODES_MS - (pages - 1) * PAGE_GAP_MS));
		});
	}
}

/* Nodes that events spoke of and whose record has to be asked for. */
const stale = new Set();

const refreshStale = throttled(() => {
	const ids = [...stale];

	stale.clear();
	if (ids.length <= SINGLES)
		ids.forEach(refreshNode);
	else if (state.nodes.size <= PAGE)
		nodesRound(() => 0).catch(note);
}, 400);

function doubt(id) {
	if (id) {
		stale.add(id);
		refreshStale();
	}
}

let life = 0; /* which start() the loops belong to */
let timer = 0;

export function start() {
	stopped = false;
	life++;
	timer = setInterval(refreshFigures, FIGURES_MS);
	refreshFigures();
	nodesForever(life);
}

/* Stops asking, until start(). */
export function stop() {
	stopped = true;
	clearInterval(timer);
}

/* Everything may have changed: asks for all of it again. */
export function reload() {
	state.hold = null;
	state.balance = null;
	refreshFigures();
	nodesRound(() => 0).then(() => {
		state.loaded = true;
		changed("members");
	}, note);
}

/* Events. */

function touch(id, change) {
	const node = state.nodes.get(id);

	if (node !== undefined) {
		Object.assign(node, change(node));
		node.touched = performance.now();
		changed("nodes");
	}
}

const add = (n) => (node) => ({ active_agents: Math.max(0, node.active_agents + n) });

/* An agent went from one node to another; how many each has now is asked for. */
function moved(from, to) {
	touch(from, add(-1));
	touch(to, add(1));
	for (const id of [from, to])
		if (state.nodes.has(id))
			doubt(id);
}

const appliers = {
	"node.registered": (e) => doubt(e.node_id),
	"node.left": (e) => forget(e.node_id),
	"node.online": (e) => touch(e.node_id, () => ({ status: "online", healthy: true })),
	"node.draining": (e) => touch(e.node_id, () => ({ status: "draining" })),
	"node.suspect": (e) => touch(e.node_id, () => ({ healthy: false })),
	"node.offline": (e) => touch(e.node_id, () => ({ status: "offline", healthy: false })),
	"agent.assigned": (e) => moved(null, e.node_id),
	"agent.moved": (e) => moved(e.previous_node_id, e.node_id),
	"agent.pending": (e) => moved(e.previous_node_id, null),
	"agent.released": (e) => moved(e.previous_node_id, null),
	"leader.elected": (e) => {
		doubt(state.leader?.leader_id);
		doubt(e.node_id);
	},
	"hold.entered": () => {
		state.hold = null;
	},
	"hold.left": () => {
		state.hold = null;
	},
};

let sequence = 0;

/* Takes an event of the stream: {id, type, …its data}; gives it a number in order of arrival. */
export function apply(event) {
	event.sequence = ++sequence;
	appliers[event.type]?.(event);
	state.events.push(event);
	if (state.events.length > EVENTS_KEPT + 200)
		state.events.splice(0, 200);
	fresh.push(event);
	if (fresh.length > EVENTS_KEPT)
		fresh.shift();
	changed("events");
	refreshFigures();
}
