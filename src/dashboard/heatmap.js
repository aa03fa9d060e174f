/*
 * Shows all nodes on a canvas, one cell each. The pointer or the arrow keys select a cell; a click
 * or Enter opens its node. Invariant: it is drawn at most ten times a second, and the order of the
 * cells changes only when nodes are added or removed.
 */
import { h, setText, throttled } from "./dom.js";
import { condition, fixed, percent, plural } from "./format.js";
import { nodeLink } from "./route.js";

const DRAW_MS = 100;
const STEPS = 5;
const CELL_LEAST = 7;
const CELL_MOST = 30;

/* What the colour of a cell can show: label and value, 0 to 1. */
export const MEASURES = {
	load: ["Load", (n) => n.load],
	agents: ["Agents", (n) => (n.max_agents > 0 ? n.active_agents / n.max_agents : 0)],
	cpu: ["Processor", (n) => n.cpu_usage / 100],
	memory: ["Memory", (n) => n.memory_usage / 100],
	disk: ["Disk", (n) => n.disk_usage / 100],
};

function legend() {
	const swatch = (name) => h("i", { class: "swatch", "data-heat": name, "aria-hidden": "true" });
	const scale = Array.from({ length: STEPS }, (_, i) => swatch(String(i)));
	const states = ["draining", "suspect", "offline"].map((s) => h("span", null, swatch(s), ` ${s}`));

	return h("p", { class: "legend" }, h("span", null, "0 ", scale, " 100 %"), states);
}

/* The colours of the legend, as [red, green, blue]; they depend on the colour scheme. */
function palette(element) {
	return Object.fromEntries(Array.from(element.querySelectorAll(".swatch"),
		(s) => [s.dataset.heat, getComputedStyle(s).backgroundColor.match(/\d+/g).map(Number)]));
}

export function describe(node) {
	return `${node.id}: ${condition(node)}, ${plural(node.active_agents, "agent")} of ${node.max_agents}, `
		+ `load ${fixed(node.load)}, processor ${percent(node.cpu_usage)}, memory ${percent(node.memory_usage)}`;
}

/* measure() returns a name of MEASURES. Returns {element, set(nodes), draw(), end()}. */
export function heatmap(measure) {
	const canvas = h("canvas", {
		tabindex: 0, role: "application", "aria-roledescription": "heat map", "aria-label": "Nodes; arrow keys move, Enter opens",
		"aria-describedby": "heat-about",
	});
	const small = document.createElement("canvas");
	const about = h("p", { class: "about", id: "heat-about", role: "status" });
	const key = legend();
	const number = h("p", { class: "count" });
	const element = h("div", { class: "heat" }, key, about, canvas, number);
	let nodes = [];
	let columns = 1;
	let size = CELL_MOST;
	let chosen = -1;

	function layout() {
		const width = element.clientWidth;
		const room = Math.max(240, innerHeight - 320);

		size = Math.floor(Math.sqrt((width * room) / Math.max(1, nodes.length)));
		size = Math.min(CELL_MOST, Math.max(CELL_LEAST, size));
		columns = Math.max(1, Math.floor(width / size));
		const height = Math.max(1, Math.ceil(nodes.length / columns)) * size;
		const ratio = devicePixelRatio;

		if (canvas.width !== Math.round(columns * size * ratio) || canvas.height !== Math.round(height * ratio)) {
			canvas.width = Math.round(columns * size * ratio);
			canvas.height = Math.round(height * ratio);
			canvas.style.width = `${columns * size}px`;
			canvas.style.height = `${height}px`;
		}
	}

	function colour(node, colours) {
		const state = condition(node);

		if (state !== "online")
			return colours[state];
		const value = Math.min(1, Math.max(0, MEASURES[measure()][1](node) ?? 0));

		return colours[Math.min(STEPS - 1, Math.floor(value * STEPS))];
	}

	/* Draws one pixel per node. Scaling that image up is much faster than filling each cell. */
	function picture() {
		const rows = Math.max(1, Math.ceil(nodes.length / columns));
		const image = new ImageData(columns, rows);
		const colours = palette(key);

		nodes.forEach((node, i) => image.data.set([...colour(node, colours), 255], i * 4));
		small.width = columns;
		small.height = rows;
		small.getContext("2d").putImageData(image, 0, 0);
		return rows;
	}

	const draw = throttled(() => {
		if (!element.isConnected)
			return;
		layout();
		setText(number, plural(nodes.length, "node"));
		const pen = canvas.getContext("2d");
		const gap = size > 10 ? 2 : 1;
		const rows = picture();

		pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
		pen.clearRect(0, 0, columns * size, rows * size);
		pen.imageSmoothingEnabled = false;
		pen.drawImage(small, 0, 0, columns * size, rows * size);
		for (let i = 1; i <= columns; i++)
			pen.clearRect(i * size - gap, 0, gap, rows * size);
		for (let i = 1; i <= rows; i++)
			pen.clearRect(0, i * size - gap, columns * size, gap);
		if (chosen >= 0 && chosen < nodes.length) {
			pen.strokeStyle = getComputedStyle(element).color;
			pen.lineWidth = 2;
			pen.strokeRect((chosen % columns) * size, Math.floor(chosen / columns) * size, size - gap, size - gap);
			setText(about, describe(nodes[chosen]));
		}
	}, DRAW_MS);

	function choose(i) {
		chosen = Math.min(nodes.length - 1, Math.max(0, i));
		draw();
	}

	function at(event) {
		const i = Math.floor(event.offsetY / size) * columns + Math.floor(event.offsetX / size);

		return i < nodes.length ? i : -1;
	}

	function open() {
		if (nodes[chosen])
			location.hash = nodeLink(nodes[chosen].id);
	}

	canvas.addEventListener("pointermove", (event) => at(event) >= 0 && choose(at(event)));
	canvas.addEventListener("click", (event) => {
		chosen = at(event);
		open();
	});
	canvas.addEventListener("focus", () => chosen < 0 && choose(0));
	canvas.addEventListener("keydown", (event) => {
		const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -Infinity, End: Infinity }[event.key];

		if (event.key === "Enter")
			open();
		else if (step === undefined)
			return;
		else
			choose(chosen + step);
		event.preventDefault();
	});
	setText(about, "Point at a cell, or use the arrow keys, to read it.");
	addEventListener("resize", draw);
	const scheme = matchMedia("(prefers-color-scheme: dark)");

	scheme.addEventListener("change", draw);
	return {
		element,
		set(list) {
			const held = nodes[chosen]?.id;

			nodes = list;
			chosen = held === undefined ? chosen : nodes.findIndex((n) => n.id === held);
			draw();
		},
		draw,
		end() {
			draw.end();
			removeEventListener("resize", draw);
			scheme.removeEventListener("change", draw);
		},
	};
}
