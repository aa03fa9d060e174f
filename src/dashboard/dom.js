/*
 * Makes and changes elements. Invariant: text from the server becomes a text node or the value of
 * an attribute, never markup. Text and attributes are only written if they have changed.
 */

const SVG = "http://www.w3.org/2000/svg";

function fill(element, props, children) {
	for (const [name, value] of Object.entries(props ?? {})) {
		if (name.startsWith("on"))
			element.addEventListener(name.slice(2), value);
		else if (value === true)
			element.setAttribute(name, "");
		else if (value !== false && value !== null && value !== undefined)
			element.setAttribute(name, value);
	}
	element.append(...children.flat().filter((c) => c !== null && c !== undefined));
	return element;
}

/* Makes an element. props are attributes; those that begin with "on" are event listeners. */
export function h(tag, props, ...children) {
	return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
	return fill(document.createElementNS(SVG, tag), props, children);
}

export function setText(element, text) {
	const s = String(text);

	if (element.textContent !== s)
		element.textContent = s;
}

/* Sets an attribute; null or undefined removes it. */
export function setAttr(element, name, value) {
	if (value === null || value === undefined)
		element.removeAttribute(name);
	else if (element.getAttribute(name) !== String(value))
		element.setAttribute(name, value);
}

export function show(element, visible) {
	if (element.hidden === visible)
		element.hidden = !visible;
}

/* Returns a function that runs `fn` at once, but at most once per `ms`. A call in between runs `fn`
 * at the end of that time. */
export function throttled(fn, ms) {
	let timer = 0, due = false, ended = false;

	function run() {
		due = false;
		timer = setTimeout(() => {
			timer = 0;
			if (due)
				run();
		}, ms);
		fn();
	}
	function call() {
		due = true;
		if (timer === 0 && !ended)
			run();
	}
	call.end = () => {
		ended = true;
		clearTimeout(timer);
	};
	return call;
}
