/* Every page shows what the API returns, and follows changes. */
import assert from "node:assert/strict";
import test from "node:test";

import { close, open } from "./browser.js";
import { fixture } from "./fixture.js";

const s = fixture();
const GONE = /status of 404/; /* the page requested a record that does not exist */
const rowOf = (page, id) => page.locator("tbody tr", { has: page.getByRole("rowheader", { name: id, exact: true }) });

test("the page and its files have a type, an ETag and the policy; other paths are 404", async () => {
	const index = await s.cluster.ask("GET", "/");
	const names = [...index.text.matchAll(/(?:src|href)="assets\/([^"]+)"/g)].map((m) => m[1]);
	const types = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };

	assert.equal(index.status, 200);
	assert.match(index.headers["content-type"], /^text\/html/);
	assert.ok(names.length > 15);
	for (const name of names) {
		const file = await s.cluster.ask("GET", `/assets/${name}`);

		assert.equal(file.status, 200, name);
		assert.equal(file.headers["content-type"], `${types[name.split(".").pop()]}; charset=utf-8`);
		assert.equal(file.headers["cache-control"], "no-cache");
		assert.match(file.headers.etag, /^"[0-9a-f]{16}"$/);
		assert.equal(file.headers["x-content-type-options"], "nosniff");
		assert.equal(file.headers["referrer-policy"], "no-referrer");
		assert.equal(file.headers["content-security-policy"], "default-src 'none'; script-src 'self'; style-src 'self'; "
			+ "connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
	}
	const other = await s.cluster.ask("GET", "/assets/index.html");

	assert.equal(other.status, 404);
	assert.equal(other.body.code, "not_found");
});

test("a second visit takes the files from the browser's cache", async () => {
	const page = await open(s.browser, s.cluster.base);
	const codes = new Set();

	await page.getByText("Live").waitFor();
	const cdp = await page.context().newCDPSession(page);

	await cdp.send("Network.enable");
	cdp.on("Network.responseReceivedExtraInfo", (e) => /ETag/i.test(JSON.stringify(Object.keys(e.headers))) && codes.add(e.statusCode));
	await page.reload();
	await page.getByText("Live").waitFor();
	assert.ok(codes.has(304), [...codes].join());
	await close(page);
});

test("the overview shows statistics, leader, strategy and nodes that need attention", async () => {
	const page = await open(s.browser, s.cluster.base);
	const figure = (name) => page.locator(".figures > div", { hasText: name });
	const stats = await s.cluster.must("GET", "stats");

	await figure("Nodes").getByText("4", { exact: true }).waitFor();
	await figure("Nodes").getByText("4 healthy, 1 draining, 0 offline").waitFor();
	await figure("Agents").getByText("30", { exact: true }).waitFor();
	await figure("Agents").getByText("2 pending").waitFor();
	await figure("Utilization").getByText(`${stats.agents.utilization.toFixed(0)} %`).waitFor();
	await page.getByRole("region", { name: "Leader" }).getByRole("link", { name: "node-1" }).waitFor();
	await page.getByRole("region", { name: "Strategy" }).getByText("round_robin").waitFor();
	await page.getByRole("region", { name: "Hold" }).getByText("Off").waitFor();
	await page.getByRole("region", { name: "Nodes that need attention" }).getByRole("link", { name: "edge-2" }).waitFor();
	await s.cluster.must("POST", "assignments", { agent_id: "late" });
	await figure("Agents").getByText("31", { exact: true }).waitFor();
	await page.getByRole("region", { name: "Latest events" }).getByText(/late assigned to/).waitFor();
	await s.cluster.must("DELETE", "assignments/late");
	await figure("Agents").getByText("30", { exact: true }).waitFor();
	await close(page);
});

test("nodes are listed, filtered and sorted, also after a reload", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/nodes`);
	const ids = () => page.locator("tbody th").allTextContents();

	await rowOf(page, "edge-2").getByText("draining").waitFor();
	assert.deepEqual(await ids(), ["edge-1", "edge-2", "node-1", "node-2"]);
	await page.getByRole("button", { name: "Memory" }).click();
	await page.getByRole("button", { name: "Memory" }).click();
	await page.waitForFunction(() => document.querySelector("tbody th").textContent === "edge-2");
	await page.getByLabel("Status").selectOption("draining");
	await page.getByText("1 node", { exact: true }).waitFor();
	assert.match(page.url(), /status=draining/);
	await page.reload();
	await page.getByText("1 node", { exact: true }).waitFor();
	assert.deepEqual(await ids(), ["edge-2"]);
	assert.equal(await page.getByRole("columnheader", { name: "Memory" }).getAttribute("aria-sort"), "descending");
	await page.getByLabel("Status").selectOption("");
	await page.getByLabel("Id, host, zone").fill("gpu");
	await rowOf(page, "edge-1").waitFor();
	await page.getByText("1 node", { exact: true }).waitFor();
	assert.deepEqual(await ids(), ["edge-1"]);
	await close(page);
});

test("the list follows a node that registers, drains and leaves", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/nodes`);

	await rowOf(page, "node-1").waitFor();
	await page.getByText("Live").waitFor();
	await s.cluster.must("POST", "nodes", { id: "passing" });
	await rowOf(page, "passing").getByText("online").waitFor();
	await s.cluster.must("POST", "nodes/passing", { status: "draining" });
	await rowOf(page, "passing").getByText("draining").waitFor();
	await s.cluster.must("POST", "nodes/passing", { status: "online", healthy: false });
	await rowOf(page, "passing").getByText("suspect").waitFor();
	await s.cluster.must("DELETE", "nodes/passing");
	await rowOf(page, "passing").waitFor({ state: "detached" });
	await close(page);
});

test("events alone tell how a node stands", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/nodes`);
	const row = rowOf(page, "passing");

	await s.cluster.must("POST", "nodes", { id: "passing" });
	await row.getByText("online").waitFor();
	await page.getByText("Live").waitFor();
	await page.route("**/api/cluster/nodes*", (route) => route.abort());
	await s.cluster.must("POST", "nodes/passing", { status: "draining", healthy: false });
	await row.getByText("suspect").waitFor();
	await s.cluster.must("POST", "nodes/passing", { healthy: true });
	await row.getByText("draining").waitFor();
	await s.cluster.must("POST", "nodes/passing", { status: "online" });
	await row.getByText("online").waitFor();
	await page.unroute("**/api/cluster/nodes*");
	await s.cluster.must("DELETE", "nodes/passing");
	await row.waitFor({ state: "detached" });
	await close(page);
});

test("a node's page shows its record, its usage over time and its current agents", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/nodes/edge-1`);
	const before = await s.cluster.must("GET", "nodes/edge-1");
	const gauge = page.locator(".gauge", { hasText: "Processor" });

	await page.getByRole("heading", { name: "edge-1", level: 1 }).waitFor();
	await gauge.getByText("53 %").waitFor();
	await page.getByText("wrapper, gpu").waitFor();
	await page.getByText(`Agents: ${before.active_agents} of 30`).waitFor();
	await s.cluster.must("POST", "nodes/edge-1", { cpu_usage: 97 });
	await gauge.getByText("97 %").waitFor();
	assert.match(await gauge.getByRole("img").getAttribute("aria-label"), /now 97 %, from 53 % to 97 %/);
	await s.cluster.must("POST", "assignments", { agent_id: "on-edge", services: ["gpu"] });
	await rowOf(page, "on-edge").waitFor();
	await page.getByText(`Agents: ${before.active_agents + 1} of 30`).waitFor();
	await s.cluster.must("DELETE", "assignments/on-edge");
	await rowOf(page, "on-edge").waitFor({ state: "detached" });
	await s.cluster.must("POST", "nodes/edge-1", { cpu_usage: 52.5 });
	await close(page);
});

test("agents are searched, filtered and paged", async () => {
	for (let i = 0; i < 120; i++)
		await s.cluster.must("POST", "assignments", { agent_id: `Many-${String(i).padStart(3, "0")}`, services: ["quantum"], queue: true });
	const page = await open(s.browser, `${s.cluster.base}/#/agents`);
	const rows = page.locator("tbody tr");
	const ids = () => page.locator("tbody th").allTextContents();

	await page.getByText("1–50").waitFor();
	assert.equal(await rows.count(), 50);
	const first = await ids();

	await page.getByRole("button", { name: "Next" }).click();
	await page.getByText("51–100").waitFor();
	assert.equal((await ids()).some((id) => first.includes(id)), false);
	await page.getByRole("button", { name: "Previous" }).click();
	await page.getByText("1–50").waitFor();
	assert.deepEqual(await ids(), first);
	await page.getByLabel("Id contains").fill("GENT-1");
	await page.getByLabel("Id contains").press("Enter");
	await page.getByText("11 agents.").waitFor();
	assert.ok((await ids()).every((id) => id.startsWith("agent-1")));
	await page.getByLabel("Id contains").fill("many");
	await page.getByRole("button", { name: "Search" }).click();
	await page.getByRole("button", { name: "Next" }).click();
	await page.getByRole("button", { name: "Next" }).click();
	await page.getByText("101–120").waitFor();
	await page.getByLabel("Id contains").fill("");
	await page.getByLabel("On node").fill("node-2");
	await page.getByRole("button", { name: "Search" }).click();
	const there = (await s.cluster.must("GET", "assignments?node_id=node-2")).count;

	await page.getByText(`${there} agents.`).waitFor();
	await page.reload();
	await page.getByText(`${there} agents.`).waitFor();
	for (let i = 0; i < 120; i++)
		await s.cluster.must("DELETE", `assignments/Many-${String(i).padStart(3, "0")}`);
	await close(page, GONE);
});

test("the row of an agent that moves is updated; events are listed and filtered", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/agents`);

	await page.getByText("Live").waitFor();
	await s.cluster.must("POST", "nodes", { id: "brief", services: ["brief"] });
	await s.cluster.must("POST", "assignments", { agent_id: "a-mover", services: ["brief"] });
	await rowOf(page, "a-mover").getByRole("link", { name: "brief" }).waitFor();
	await s.cluster.must("DELETE", "nodes/brief");
	await rowOf(page, "a-mover").getByText("pending").waitFor();
	await rowOf(page, "a-mover").getByText("node left, was on brief").waitFor();
	await page.getByRole("link", { name: "Events" }).click();
	await page.getByText("a-mover is pending (node left)").waitFor();
	await page.getByText("brief left").waitFor();
	await page.getByLabel("About").selectOption("agent");
	await page.getByText("brief left").waitFor({ state: "detached" });
	await page.getByLabel("Agent or node").fill("a-mover");
	await s.cluster.must("DELETE", "assignments/a-mover");
	await page.getByText("a-mover released").waitFor();
	await page.getByRole("button", { name: "Pause" }).click();
	await s.cluster.must("POST", "assignments", { agent_id: "a-mover" });
	await s.cluster.must("DELETE", "assignments/a-mover");
	await page.waitForFunction(async () => (await import("/assets/store.js")).state.events.filter((e) => e.agent_id === "a-mover").length === 5);
	await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
	assert.equal(await page.locator(".log li").count(), 3);
	await page.getByRole("button", { name: "Pause" }).click();
	await page.waitForFunction(() => document.querySelectorAll(".log li").length === 5);
	await close(page, GONE);
});

test("the heat map has a cell for each node and opens one", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/nodes?view=map`);
	const canvas = page.getByLabel("Nodes; arrow keys move, Enter opens");

	await page.getByText("4 nodes").waitFor();
	await canvas.hover({ position: { x: 40, y: 10 } });
	await page.getByText("edge-2: draining").waitFor();
	await canvas.click({ position: { x: 70, y: 10 } });
	await page.getByRole("heading", { name: "node-1", level: 1 }).waitFor();
	await close(page);
});

test("text from the cluster is never markup", async () => {
	await s.cluster.must("POST", "nodes", { id: "odd", hostname: "<img src=x onerror=alert(1)>" });
	const page = await open(s.browser, `${s.cluster.base}/#/nodes/odd`);

	await page.getByText("<img src=x onerror=alert(1)>").waitFor();
	assert.equal(await page.locator("main img").count(), 0);
	await s.cluster.must("DELETE", "nodes/odd");
	await page.getByText("There is no such node.").waitFor();
	await page.goto(`${s.cluster.base}/#/nowhere`);
	await page.getByText("No such page").first().waitFor();
	await close(page, GONE);
});
