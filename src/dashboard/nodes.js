/*
 * The nodes page: filters, and either a table with paging or a heat map. Invariant: nodes are
 * sorted at most once per ORDER_MS; in between, only the values in the rows change.
 */
import { h, setAttr, setText, show, throttled } from "./dom.js";
import { field } from "./dialog.js";
import { condition, fixed, percent, plural } from "./format.js";
import { MEASURES, heatmap } from "./heatmap.js";
import { href, setParams, nodeLink, parse } from "./route.js";
import { state } from "./store.js";

const LIMIT = 50;
const ORDER_MS = 150;
const STATES = ["online", "suspect", "draining", "offline"];

/* Columns: name in the URL, heading, class, value to sort by, text to show. */
const COLUMNS = [
	["id", "Node", "id", (n) => n.key, null],
	["state", "Status", null, (n) => STATES.indexOf(condition(n)), null],
	["role", "Role", "wide", (n) => n.role, (n) => n.role],
	["agents", "Agents", "number", (n) => n.active_agents, (n) => `${n.active_agents} / ${n.max_agents}`],
	["load", "Load", "number", (n) => n.load, (n) => fixed(n.load)],
	["cpu", "Processor", "wide number", (n) => n.cpu_usage, (n) => percent(n.cpu_usage)],
	["memory", "Memory", "wide number", (n) => n.memory_usage, (n) => percent(n.memory_usage)],
	["disk", "Disk", "wide number", (n) => n.disk_usage, (n) => percent(n.disk_usage)],
	["resources", "Resources", "wider", (n) => -fullest(n), null],
	["zone", "Zone", "wider", (n) => n.zone, (n) => n.zone],
	["services", "Services", "wider", (n) => n.services.join(), (n) => n.services.join(", ")],
];

/* The greatest share of a resource that is allocated; -1 for a node without resources. */
function fullest(node) {
	return Math.max(-1, ...Object.entries(node.resources)
		.map(([name, total]) => (total > 0 ? (node.allocated[name] ?? 0) / total : 0)));
}

/* Shows each resource as a bar, with its numbers beside it. */
function fillResources(cell, node) {
	const text = Object.entries(node.resources).map(([name, total]) => `${name} ${node.allocated[name] ?? 0} / ${total}`);

	if (cell.dataset.text === text.join())
		return;
	cell.dataset.text = text.join();
	cell.replaceChildren(...Object.entries(node.resources).map(([name, total], i) => h("div", { class: "resource" },
		h("span", null, text[i]),
		h("meter", { min: 0, max: Math.max(total, 1), value: node.allocated[name] ?? 0, "aria-label": name }))));
}

const RESOURCES = COLUMNS.findIndex(([name]) => name === "resources");

function makeRow() {
	const link = h("a");
	const status = h("span", { class: "state" });
	const cells = COLUMNS.map(([, , name]) => h("td", { class: name }));

	cells[0] = h("th", { scope: "row", class: "id" }, link);
	cells[1].append(status);
	return { element: h("tr", null, cells), link, status, cells };
}

function fillRow(row, node) {
	setText(row.link, node.id);
	setAttr(row.link, "href", nodeLink(node.id));
	setText(row.status, condition(node));
	setAttr(row.status, "data-state", condition(node));
	for (let i = 2; i < COLUMNS.length; i++)
		if (COLUMNS[i][4] !== null)
			setText(row.cells[i], COLUMNS[i][4](node));
	fillResources(row.cells[RESOURCES], node);
}

/* All nodes, sorted by their natural key. Sorted again only when nodes are added or removed. */
let byKey = null;

function allByKey() {
	if (byKey === null)
		byKey = [...state.nodes.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
	return byKey;
}

/*
 * The nodes that match, sorted: "load" is ascending, "-load" descending. The sort is stable, so
 * nodes with equal values stay in the order of their keys. It compares only the values, which is
 * fast.
 */
function ordered(text, status, sort) {
	const name = sort.replace("-", "");
	const by = (COLUMNS.find((column) => column[0] === name) ?? COLUMNS[0])[3];
	const sign = sort.startsWith("-") ? -1 : 1;
	const list = allByKey().filter((node) =>
		(status === "" || condition(node) === status) && (text === "" || fits(node, text)));

	if (name === "id")
		return sign > 0 ? list : list.reverse();
	return list.map((node) => ({ node, by: by(node) }))
		.sort((a, b) => (a.by < b.by ? -sign : a.by > b.by ? sign : 0))
		.map(({ node }) => node);
}

function fits(node, text) {
	return node.id.includes(text) || node.hostname.includes(text) || node.zone === text
		|| node.services.includes(text) || Object.entries(node.labels).some(([k, v]) => `${k}=${v}` === text);
}

function tableView(pageOf, sorted) {
	const body = h("tbody");
	const rows = [];
	const heads = COLUMNS.map(([name, text, classes]) => h("th", { scope: "col", class: classes },
		h("button", { type: "button", class: "sort", onclick: () => sorted(name) }, text)));
	const scroll = h("div", { class: "scroll" }, h("table", null,
		h("caption", { class: "unseen" }, "Nodes"), h("thead", null, h("tr", null, heads)), body));
	const status = h("p", { class: "count", role: "status" });
	const previous = h("button", { type: "button", onclick: () => pageOf(-1) }, "Previous");
	const next = h("button", { type: "button", onclick: () => pageOf(1) }, "Next");
	const element = h("div", null, scroll, h("div", { class: "pager" }, previous, status, next));

	function fill(list, page, sort) {
		const shown = list.slice(page * LIMIT, (page + 1) * LIMIT);

		while (rows.length < shown.length)
			rows.push(makeRow());
		rows.forEach((row, i) => {
			if (i < shown.length) {
				fillRow(row, shown[i]);
				if (!row.element.isConnected)
					body.append(row.element);
			} else {
				row.element.remove();
			}
		});
		heads.forEach((head, i) => setAttr(head, "aria-sort", sort === COLUMNS[i][0] ? "ascending"
			: sort === `-${COLUMNS[i][0]}` ? "descending" : null));
		previous.disabled = page === 0;
		next.disabled = (page + 1) * LIMIT >= list.length;
		show(previous, list.length > LIMIT);
		show(next, list.length > LIMIT);
		show(scroll, list.length > 0);
		setText(status, list.length === 0 ? (state.loaded ? "No nodes." : "Loading…")
			: list.length <= LIMIT ? plural(list.length, "node")
			: `${page * LIMIT + 1}–${page * LIMIT + shown.length} of ${plural(list.length, "node")}`);
	}
	return { element, fill };
}

/* Links to the two views. fill() updates them to setParams the current filters. */
function views(view) {
	const links = [["", "Table"], ["map", "Heat map"]].map(([name, text]) => [name,
		h("a", { "aria-current": view === name ? "page" : null }, text)]);

	return {
		element: h("nav", { class: "views", "aria-label": "How nodes are shown" }, links.map(([, link]) => link)),
		fill() {
			const { q, status } = parse(location.hash).params;

			for (const [name, link] of links)
				setAttr(link, "href", href("nodes", "", { view: name, q, status }));
		},
	};
}

function mapPart(refresh, params) {
	const colour = h("select", null, Object.entries(MEASURES).map(([value, [text]]) => h("option", { value }, text)));

	colour.value = params.by in MEASURES ? params.by : "load";
	const map = heatmap(() => colour.value);

	colour.addEventListener("change", () => {
		setParams({ by: colour.value });
		refresh();
	});
	return { map, control: field("Colour", colour) };
}

export function nodesPage(main, { params }) {
	const view = params.view === "map" ? "map" : "";
	const text = h("input", { type: "search", value: params.q ?? "", autocomplete: "off", spellcheck: "false" });
	const status = h("select", null, h("option", { value: "" }, "all"), STATES.map((s) => h("option", { value: s }, s)));
	let sort = params.sort ?? "id";
	let page = Math.max(0, (Number(params.page) || 1) - 1);
	let list = [];

	const choice = views(view);
	const part = view === "map" ? mapPart(() => order(), params) : null;
	const table = view === "map" ? null : tableView((step) => turn(page + step), (name) => {
		sort = sort === name ? `-${name}` : name;
		turn(0);
	});

	byKey = null;
	status.value = STATES.includes(params.status) ? params.status : "";

	const order = throttled(() => {
		list = ordered(text.value.trim(), status.value, sort);
		page = Math.min(page, Math.max(0, Math.ceil(list.length / LIMIT) - 1));
		table?.fill(list, page, sort);
		part?.map.set(list);
		choice.fill();
	}, ORDER_MS);

	function turn(to) {
		page = to;
		setParams({ q: text.value.trim(), status: status.value, sort: sort === "id" ? "" : sort, page: page === 0 ? "" : page + 1 });
		order();
	}

	text.addEventListener("input", () => turn(0));
	status.addEventListener("change", () => turn(0));
	main.append(h("div", { class: "head" }, h("h1", { tabindex: -1 }, "Nodes"), choice.element),
		h("form", { class: "filters", role: "search", "aria-label": "Nodes", onsubmit: (e) => e.preventDefault() },
			field("Id, host, zone, service or key=label", text), field("Status", status), part?.control ?? null),
		table?.element ?? part.map.element);
	order();
	return {
		title: "Nodes",
		update(topics) {
			if (topics.has("members"))
				byKey = null;
			if (topics.has("members") || (topics.has("nodes") && (sort !== "id" || status.value !== "")))
				order();
			else if (topics.has("nodes"))
				table ? table.fill(list, page, sort) : part.map.draw();
		},
		end() {
			order.end();
			part?.map.end();
		},
	};
}
