/*
 * Keeps the event stream open. An EventSource alone would give up after a 503. A page that is
 * hidden closes its connection, because a browser has only six per host.
 */
import { url } from "./api.js";

const RETRY_LEAST_MS = 500;
const RETRY_MOST_MS = 5000;
const HIDDEN_MS = 60000;

const TYPES = [
	"node.registered", "node.left", "node.suspect", "node.online", "node.offline", "node.draining",
	"agent.assigned", "agent.moved", "agent.pending", "agent.changed", "agent.released", "agent.expired",
	"leader.elected", "leader.lost", "strategy.changed", "hold.entered", "hold.left",
];

/*
 * Follows the stream and calls back: event({id, type, …}); resync() if events were missed; open(),
 * lost(); asleep(), awake() when the page is hidden and shown again.
 */
export function follow(callbacks) {
	let source = null;
	let last = "";
	let delay = RETRY_LEAST_MS;
	let retry = 0;
	let sleep = 0;

	function receive(message) {
		if (message.lastEventId)
			last = message.lastEventId;
		callbacks.event({ id: message.lastEventId, type: message.type, ...JSON.parse(message.data) });
	}

	function close() {
		source?.close();
		source = null;
		clearTimeout(retry);
		retry = 0;
	}

	function failed() {
		callbacks.lost();
		close();
		retry = setTimeout(connect, delay * (0.5 + Math.random() / 2));
		delay = Math.min(delay * 2, RETRY_MOST_MS);
	}

	function connect() {
		retry = 0;
		source = new EventSource(url("events", { since: last }));
		source.onopen = () => {
			delay = RETRY_LEAST_MS;
			callbacks.open();
		};
		source.onerror = failed;
		for (const type of TYPES)
			source.addEventListener(type, receive);
		source.addEventListener("resync", (message) => {
			last = message.lastEventId;
			callbacks.resync();
		});
	}

	document.addEventListener("visibilitychange", () => {
		clearTimeout(sleep);
		if (document.hidden) {
			sleep = setTimeout(() => {
				close();
				callbacks.asleep();
			}, HIDDEN_MS);
		} else if (source === null && retry === 0) {
			callbacks.awake();
			connect();
		}
	});
	connect();
	/* Reconnects now instead of waiting: the front-end has just answered another request. */
	return () => {
		if (retry !== 0) {
			clearTimeout(retry);
			connect();
		}
	};
}
