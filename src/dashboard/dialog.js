/*
 * The dialog that confirms a change, and the message after it. Invariant: if the change is refused,
 * the dialog shows why and stays open with its fields as they were; a dialog that was closed, for
 * example with Esc, makes no further change.
 */
import { call, newIdempotencyKey } from "./api.js";
import { h, setText, show } from "./dom.js";

const TOAST_MS = 6000;
let toastTimer = 0;

/* Announces a text to users of a screen reader. */
export function announce(text) {
	setText(document.getElementById("live"), text);
}

/* Shows a message for a few seconds, and announces it. */
export function toast(text) {
	const element = document.getElementById("toast");

	setText(element, text);
	show(element, true);
	announce(text);
	clearTimeout(toastTimer);
	toastTimer = setTimeout(() => show(element, false), TOAST_MS);
}

const REASONS = {
	full: "full", service: "lack a service", draining: "draining", unhealthy: "not healthy", role: "of another role",
	label: "lack a label", zone: "in another zone", node: "not among those named", resource: "short of a resource",
	spread: "ruled out by the spread",
};

/* The numbers of nodes by reason, as "12 full, 3 lack a label". */
export function nodesByReason(reasons) {
	return Object.entries(reasons).map(([reason, n]) => `${n} ${REASONS[reason] ?? reason}`).join(", ");
}

function problemText(problem) {
	const reasons = nodesByReason(problem.reasons ?? {});

	return [
		h("strong", null, problem.title || "The request failed"),
		h("p", null, problem.detail || problem.message),
		reasons !== "" ? h("p", null, `Nodes: ${reasons}.`) : null,
	].filter((part) => part !== null);
}

/* Returns the focus to the element that opened the dialog; if that is gone, to the page. */
function returnFocus(opener) {
	if (opener?.isConnected && !opener.disabled && opener.offsetParent !== null)
		opener.focus();
	else
		document.getElementById("main").focus();
}

/*
 * Opens a dialog: title, text (paragraphs), fields (elements), verb (the button's label), danger.
 * act(post) makes the change and returns the message to show. post(where, body) sends a request; if
 * the same request is sent again after its answer was lost, it is applied once.
 */
export function confirm({ title, text = [], fields = [], verb, danger = false, act }) {
	const opener = document.activeElement;
	const keys = new Map(); /* request → Idempotency-Key */
	const refusal = h("div", { class: "refusal", role: "alert" });
	const go = h("button", { type: "submit", class: danger ? "danger" : "primary" }, verb);
	const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
	const form = h("form", { onsubmit: submit }, h("h2", { id: "dialog-title" }, title),
		text.map((t) => h("p", null, t)), fields, refusal,
		h("div", { class: "buttons" }, cancel, go));
	const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);

	function post(where, body) {
		const request = `${where} ${JSON.stringify(body)}`;

		if (!keys.has(request))
			keys.set(request, newIdempotencyKey());
		return call("POST", where, { body, key: keys.get(request) });
	}

	async function submit(event) {
		event.preventDefault();
		if (go.getAttribute("aria-disabled") === "true")
			return;
		go.setAttribute("aria-disabled", "true");
		setText(go, "Working…");
		refusal.replaceChildren();
		try {
			const said = await act(post);

			dialog.close();
			toast(said);
		} catch (problem) {
			refusal.replaceChildren(...problemText(problem));
			go.removeAttribute("aria-disabled");
			setText(go, problem.retryable ? "Try again" : verb);
		}
	}
	dialog.addEventListener("close", () => {
		dialog.remove();
		returnFocus(opener);
	});
	document.body.append(dialog);
	dialog.showModal();
	(form.querySelector("input, select") ?? (danger ? cancel : go)).focus();
}

/* Opens a dialog that only tells something: title, content (elements). */
export function inform({ title, content }) {
	const opener = document.activeElement;
	const close = h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Close");
	const dialog = h("dialog", { class: "wide", "aria-labelledby": "dialog-title" }, h("form", { method: "dialog" },
		h("h2", { id: "dialog-title" }, title), content, h("div", { class: "buttons" }, close)));

	dialog.addEventListener("close", () => {
		dialog.remove();
		returnFocus(opener);
	});
	document.body.append(dialog);
	dialog.showModal();
	close.focus();
}

let fieldNumber = 0;

/* A labelled field: a control with a hint below it. */
export function field(label, control, hint = "") {
	const id = `field-${++fieldNumber}`;

	control.id = id;
	if (hint !== "")
		control.setAttribute("aria-describedby", `${id}-hint`);
	return h("div", { class: "field" }, h("label", { for: id }, label), control,
		hint === "" ? null : h("p", { class: "hint", id: `${id}-hint` }, hint));
}
