/*
 * The dialog in which a change is confirmed, and the words that tell of it afterwards. Invariant:
 * a refusal is shown in the dialog, which stays open with what was entered; a dialog that is
 * closed, also with Esc, has changed nothing more.
 */
import { call, intention } from "./api.js";
import { h, setText, show } from "./dom.js";

const TOAST_MS = 6000;
let toastTimer = 0;

/* Says something to those who listen to the page rather than see it. */
export function announce(text) {
	setText(document.getElementById("live"), text);
}

/* Says for a moment, to all, what was done. */
export function toast(text) {
	const element = document.getElementById("toast");

	setText(element, text);
	show(element, true);
	announce(text);
	clearTimeout(toastTimer);
	toastTimer = setTimeout(() => show(element, false), TOAST_MS);
}

const REASONS = {
	full: "full", service: "lack a service", draining: "draining", unhealthy: "not healthy",
};

function problemText(problem) {
	const reasons = Object.entries(problem.reasons ?? {})
		.map(([reason, n]) => `${n} ${REASONS[reason] ?? reason}`);

	return [
		h("strong", null, problem.title || "It failed"),
		h("p", null, problem.detail || problem.message),
		reasons.length > 0 ? h("p", null, `Nodes: ${reasons.join(", ")}.`) : null,
	].filter((part) => part !== null);
}

/* Where the focus goes when what opened the dialog is no longer there. */
function returnFocus(opener) {
	if (opener?.isConnected && !opener.disabled && opener.offsetParent !== null)
		opener.focus();
	else
		document.getElementById("main").focus();
}

/*
 * Opens a dialog: title, text (paragraphs), fields (elements), verb (the button), danger.
 * act(post) makes the change and resolves to what is then said; post(where, body) sends it so that
 * trying the same again after an answer got lost does not do it twice.
 */
export function confirm({ title, text = [], fields = [], verb, danger = false, act }) {
	const opener = document.activeElement;
	const keys = new Map(); /* one for each wish */
	const refusal = h("div", { class: "refusal", role: "alert" });
	const go = h("button", { type: "submit", class: danger ? "danger" : "primary" }, verb);
	const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
	const form = h("form", { onsubmit: submit }, h("h2", { id: "dialog-title" }, title),
		text.map((t) => h("p", null, t)), fields, refusal,
		h("div", { class: "buttons" }, cancel, go));
	const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);

	function post(where, body) {
		const wish = `${where} ${JSON.stringify(body)}`;

		if (!keys.has(wish))
			keys.set(wish, intention());
		return call("POST", where, { body, key: keys.get(wish) });
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

let fieldNumber = 0;

/* A labelled field: a control and, under it, what it is for. */
export function field(label, control, hint = "") {
	const id = `field-${++fieldNumber}`;

	control.id = id;
	if (hint !== "")
		control.setAttribute("aria-describedby", `${id}-hint`);
	return h("div", { class: "field" }, h("label", { for: id }, label), control,
		hint === "" ? null : h("p", { class: "hint", id: `${id}-hint` }, hint));
}
