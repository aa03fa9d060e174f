/* A page that loses its front-end, its Redis or its stream says so, and recovers by itself. */
import assert from "node:assert/strict";
import test from "node:test";

import { close, open } from "./browser.js";
import { REST_TTL, fixture } from "./fixture.js";

const s = fixture(async (c) => {
	await c.musterd("node-1", ...REST_TTL);
	await c.musterd("", ...REST_TTL);
	await c.must("POST", "nodes", { id: "edge-1" });
});
const LOST = /ERR_FAILED|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE|ERR_EMPTY_RESPONSE|status of 50[34]/;

const live = (page) => page.locator("#link", { hasText: "Live" }).waitFor();

test("the page reports a killed front-end, and catches up when it is back", async () => {
	const base = s.cluster.members.get("front").base;
	const page = await open(s.browser, `${base}/#/nodes`);

	await live(page);
	await page.getByRole("link", { name: "edge-1" }).waitFor();
	await s.cluster.kill("front");
	await page.locator("#lost", { hasText: "The front-end cannot be reached." }).waitFor();
	await page.locator("#link", { hasText: "Disconnected" }).waitFor();
	assert.equal(await page.getByRole("link", { name: "edge-1" }).count(), 1);
	await s.cluster.must("POST", "nodes", { id: "meanwhile" });
	await s.cluster.must("DELETE", "nodes/edge-1");
	await s.cluster.musterd("", ...REST_TTL);
	await live(page);
	await page.locator("#lost").waitFor({ state: "hidden" });
	await page.getByRole("link", { name: "meanwhile" }).waitFor();
	await page.getByRole("link", { name: "edge-1" }).waitFor({ state: "detached" });
	await s.cluster.must("POST", "nodes/meanwhile", { status: "draining" });
	await page.getByText("draining", { exact: true }).and(page.locator(".state")).waitFor();
	await close(page, LOST);
});

test("while Redis is down, the page shows the front-end's error", async () => {
	const page = await open(s.browser, s.cluster.base);

	await live(page);
	await s.cluster.killRedis();
	await page.locator("#lost", { hasText: "Disconnected since" }).waitFor();
	const { body } = await s.cluster.ask("GET", "stats");

	await page.locator("#lost", { hasText: body.title }).waitFor();
	await s.cluster.startRedis();
	await page.locator("#lost").waitFor({ state: "hidden" });
	await live(page);
	await page.locator(".figures > div", { hasText: "Nodes" }).getByText("1", { exact: true }).waitFor();
	await close(page, LOST);
});

test("without its stream the page polls and says so, and reconnects", async () => {
	const base = s.cluster.members.get("front").base;
	const page = await open(s.browser, "about:blank");

	await page.route("**/api/cluster/events*", (route) => route.abort());
	await page.goto(base);
	await page.locator("#link", { hasText: "No live events" }).waitFor();
	assert.ok(await page.locator("#lost").isHidden());
	await s.cluster.must("POST", "assignments", { agent_id: "unannounced", queue: true });
	await page.locator(".figures > div", { hasText: "Agents" }).getByText(/^1$|^1 pending$/).waitFor();
	await page.unroute("**/api/cluster/events*");
	await live(page);
	await close(page, LOST);
});

test("a hidden page closes its stream, and catches up when it is shown again", async () => {
	const page = await open(s.browser, "about:blank");
	const sight = (hidden) => page.evaluate((value) => {
		Object.defineProperty(document, "hidden", { value, configurable: true });
		document.dispatchEvent(new Event("visibilitychange"));
	}, hidden);
	let asked = 0;

	await page.clock.install();
	await page.goto(`${s.cluster.base}/#/nodes`);
	await live(page);
	await sight(true);
	await page.clock.fastForward(61000);
	await page.locator("#link", { hasText: "Paused" }).waitFor();
	page.on("request", () => asked++);
	await s.cluster.must("POST", "nodes", { id: "unseen" });
	await page.clock.fastForward(20000);
	assert.equal(asked, 0);
	assert.equal(await page.getByRole("link", { name: "unseen" }).count(), 0);
	await sight(false);
	await live(page);
	await page.getByRole("link", { name: "unseen" }).waitFor();
	await close(page);
});
