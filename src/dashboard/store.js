/*
 * The page's copy of the cluster: all nodes, statistics, leader, hold and the latest events. Agents
 * are not kept, because there may be millions. Events change the copy at once (see stream.js).
 * Values that change without an event, such as a node's load, are fetched every few seconds.
 * Invariant: only this file changes `state`, and listeners are called at most once per frame.
 */
import { Problem, get, path } from "./api.js";
import { throttled } from "./dom.js";
import { naturalKey } from "./format.js";

const FIGURES_MS = 2000;
const NODES_MS = 3000; /* between two rounds over all nodes, if they fit on a few pages */
const PAGE_GAP_MS = 500; /* least time between two pages of a round */
const PAGE = 500;
const EVENTS_KEPT = 1000;
const HISTORY_LENGTH = 100;
const HISTORY_NODES = 500; /* with more nodes than this, only nodes that were looked at have a history */
const SINGLE_MAX = 8; /* if more nodes than this are stale, they are fetched by a round */

export const state = {
	nodes: new Map(),
	loaded: false, /* whether a round over all nodes is complete */
	stats: null,
	leader: null,
	hold: null,
	balance: null,
	events: [], /* the latest events, oldest first */
	problem: null, /* the Problem of the last poll, null if it succeeded */
	problemSince: 0, /* when the problem began */
};

/* Listeners. */

const listeners = new Set();
let topics = new Set();
let newEvents = [];
let frame = 0;

function notifyListeners() {
	const [t, f] = [topics, newEvents];

	frame = 0;
	topics = new Set();
	newEvents = [];
	for (const listener of listeners)
		listener(t, f);
}

function notify(topic) {
	topics.add(topic);
	if (frame === 0)
		frame = requestAnimationFrame(notifyListeners);
}

/*
 * Calls listener(topics, events) in the frame after a change. topics: "nodes" (a node changed),
 * "members" (nodes were added or removed), "figures", "events", "problem". Returns a function that
 * unsubscribes.
 */
export function subscribe(listener) {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

/* Polling. */

let stopped = true;

/* Records whether the front-end and its Redis answer; `problem` is null if they do. */
function setProblem(problem) {
	if (problem !== null && !(problem instanceof Problem))
		throw problem;
	if ((problem === null) !== (state.problem === null)) {
		state.problemSince = Date.now();
		notify("problem");
	} else if (problem?.message !== state.problem?.message) {
		notify("problem");
	}
	state.problem = problem;
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

/* Fetches leader, hold and strategies, unless the statistics show that they have not changed. */
async function fetchRest(stats) {
	const { leader, hold, balance } = state;
	const led = leader !== null && leader.leader_id === stats.leader_id && leader.term === stats.term;
	const held = hold === null || stats.hold || hold.state === "on";

	return Promise.all([
		stats.leader_id === null ? null : led ? leader : orNull(get("leader")),
		held ? get("hold") : hold,
		balance ?? get("balance"),
	]);
}

async function fetchStats() {
	if (stopped)
		return;
	try {
		const stats = await get("stats");
		const [leader, hold, balance] = await fetchRest(stats);

		Object.assign(state, { stats, leader, hold, balance: { ...balance, strategy: stats.strategy } });
		setProblem(null);
	} catch (e) {
		setProblem(e);
	}
	notify("figures");
}

/* The first call fetches at once, so that a single change shows at once. */
export const refreshFigures = throttled(fetchStats, 400);

function addSample(node) {
	if (node.history === null)
		return;
	node.history.push([Date.now(), node.cpu_usage, node.memory_usage, node.disk_usage,
		node.load_average, node.active_agents]);
	if (node.history.length > HISTORY_LENGTH)
		node.history.shift();
}

/* Stores a record that was requested at time `asked`. Ignores it if an event has changed the node
 * since then. */
function storeNode(record, asked, round) {
	let node = state.nodes.get(record.id);

	if (node === undefined) {
		node = {
			key: naturalKey(record.id),
			touched: 0,
			history: state.nodes.size < HISTORY_NODES ? [] : null,
		};
		state.nodes.set(record.id, node);
		notify("members");
	} else if (node.touched > asked) {
		node.round = round;
		return;
	}
	Object.assign(node, record);
	node.round = round;
	addSample(node);
	notify("nodes");
}

/* Starts to keep the history of a node that the user looks at. */
export function watch(id) {
	const node = state.nodes.get(id);

	if (node && node.history === null)
		node.history = [];
}

/* Removes a node. */
function forget(id) {
	if (state.nodes.delete(id)) {
		notify("members");
		notify("nodes");
	}
}

export async function refreshNode(id) {
	const asked = performance.now();

	try {
		const record = await orNull(get(path("nodes", id)));

		if (record === null)
			forget(id);
		else
			storeNode(record, asked, round);
	} catch (e) {
		setProblem(e);
	}
}

let round = 0;
let currentRound = null; /* a promise; null if no round is running */

/* Fetches all nodes, page by page, with a pause of gap() ms between pages. Then removes nodes that
 * were not returned. */
async function fetchNodes(gap) {
	const pause = () => new Promise((resolve) => setTimeout(resolve, gap()));
	let cursor = "";
	let pages = 0;

	round++;
	do {
		const asked = performance.now();
		const page = await get("nodes", { limit: PAGE, cursor });

		for (const record of page.nodes)
			storeNode(record, asked, round);
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

function refreshNodes(gap) {
	currentRound ??= fetchNodes(gap).finally(() => {
		currentRound = null;
	});
	return currentRound;
}

async function pollNodes(own) {
	while (!stopped && own === generation) {
		let pages = 1;

		try {
			pages = await refreshNodes(() => (state.loaded ? PAGE_GAP_MS : 0));
			if (!state.loaded) {
				state.loaded = true;
				notify("members");
			}
		} catch (e) {
			setProblem(e);
		}
		await new Promise((resolve) => {
			setTimeout(resolve, Math.max(PAGE_GAP_MS, NODES_MS - (pages - 1) * PAGE_GAP_MS));
		});
	}
}

/* Nodes whose records must be fetched again because of an event. */
const stale = new Set();

const refreshStale = throttled(() => {
	const ids = [...stale];

	stale.clear();
	if (ids.length <= SINGLE_MAX)
		ids.forEach(refreshNode);
	else if (state.nodes.size <= PAGE)
		refreshNodes(() => 0).catch(setProblem);
}, 400);

function markStale(id) {
	if (id) {
		stale.add(id);
		refreshStale();
	}
}

let generation = 0; /* counts calls of start(), so that an older polling loop ends */
let timer = 0;

export function start() {
	stopped = false;
	generation++;
	timer = setInterval(refreshFigures, FIGURES_MS);
	refreshFigures();
	pollNodes(generation);
}

/* Stops polling until start(). */
export function stop() {
	stopped = true;
	clearInterval(timer);
}

/* Fetches everything again. */
export function reload() {
	state.hold = null;
	state.balance = null;
	refreshFigures();
	refreshNodes(() => 0).then(() => {
		state.loaded = true;
		notify("members");
	}, setProblem);
}

/* Events. */

function changeNode(id, change) {
	const node = state.nodes.get(id);

	if (node !== undefined) {
		Object.assign(node, change(node));
		node.touched = performance.now();
		notify("nodes");
	}
}

const add = (n) => (node) => ({ active_agents: Math.max(0, node.active_agents + n) });

/* An agent moveAgent between two nodes. Adjusts their counts; the exact ones are fetched. */
function moveAgent(from, to) {
	changeNode(from, add(-1));
	changeNode(to, add(1));
	for (const id of [from, to])
		if (state.nodes.has(id))
			markStale(id);
}

/* The event tells how the node stands from now on. */
function standNode({ node_id: id, status, healthy }) {
	changeNode(id, () => ({ status, healthy }));
}

const handlers = {
	"node.registered": (e) => {
		standNode(e);
		markStale(e.node_id);
	},
	"node.left": (e) => forget(e.node_id),
	"node.online": standNode,
	"node.draining": standNode,
	"node.suspect": standNode,
	"node.offline": standNode,
	"agent.assigned": (e) => moveAgent(null, e.node_id),
	"agent.moved": (e) => moveAgent(e.previous_node_id, e.node_id),
	"agent.pending": (e) => moveAgent(e.previous_node_id, null),
	"agent.released": (e) => moveAgent(e.previous_node_id, null),
	"leader.elected": (e) => {
		markStale(state.leader?.leader_id);
		markStale(e.node_id);
	},
	"hold.entered": () => {
		state.hold = null;
	},
	"hold.left": () => {
		state.hold = null;
	},
};

let sequence = 0;

/* Applies an event of the stream, {id, type, …its data}, and gives it a sequence number. */
export function apply(event) {
	event.sequence = ++sequence;
	handlers[event.type]?.(event);
	state.events.push(event);
	if (state.events.length > EVENTS_KEPT + 200)
		state.events.splice(0, 200);
	newEvents.push(event);
	if (newEvents.length > EVENTS_KEPT)
		newEvents.shift();
	notify("events");
	refreshFigures();
}
