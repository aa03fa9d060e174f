/*
 * The stream of events, kept open: an EventSource by itself gives up for good on a 503. Not
 * responsible for what events mean. A page that nobody sees gives its connection back, for a
 * browser has only six to one host.
 */
import { url } from "./api.js";

const RETRY_LEAST_MS = 500;
const RETRY_MOST_MS = 5000;
const HIDDEN_MS = 60000;

const TYPES = [
	"node.registered", "node.left", "node.suspect", "node.online", "node.offline", "node.draining",
	"agent.assigned", "agent.moved", "agent.pending", "agent.released",
	"leader.elected", "leader.lost", "strategy.changed", "hold.entered", "hold.left",
];

/*
 * Follows the stream and calls back: event({id, type, …}), resync() where events were missed,
 * open(), lost(), and asleep(), awake() as the page goes out of sight and comes back.
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
	/* Tries now what would be tried later: the front-end has just answered something else. */
	return () => {
		if (retry !== 0) {
			clearTimeout(retry);
			connect();
		}
	};
}
