/* Formats numbers, times and states for people. */

const whole = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

const DASH = "–";

export function count(n) {
	return n === null || n === undefined ? DASH : whole.format(n);
}

export function percent(n) {
	return n === null || n === undefined ? DASH : `${n.toFixed(n < 10 && n > 0 ? 1 : 0)} %`;
}

export function fixed(n, digits = 2) {
	return n === null || n === undefined ? DASH : n.toFixed(digits);
}

export function plural(n, one, many = `${one}s`) {
	return `${count(n)} ${n === 1 ? one : many}`;
}

export function timeOfDay(t) {
	return t ? clock.format(new Date(t)) : DASH;
}

export function dateTime(t) {
	return t ? date.format(new Date(t)) : DASH;
}

/* A rough duration: "12 s", "3 min", "5 h", "2 d". */
export function age(ms) {
	const s = Math.max(0, Math.round(ms / 1000));

	if (s < 90)
		return `${s} s`;
	if (s < 90 * 60)
		return `${Math.round(s / 60)} min`;
	if (s < 36 * 3600)
		return `${Math.round(s / 3600)} h`;
	return `${Math.round(s / 86400)} d`;
}

/* The state of a node to show: an unhealthy node is suspect until it is offline. */
export function condition(node) {
	if (node.status === "offline")
		return "offline";
	return node.healthy ? node.status : "suspect";
}

/* A sort key that puts "node-2" before "node-10". */
export function naturalKey(id) {
	return id.replace(/\d+/g, (digits) => digits.padStart(12, "0"));
}
