/* Everything can be reached and done with the keyboard. */
import assert from "node:assert/strict";
import test from "node:test";

import { close, open } from "./browser.js";
import { fixture } from "./fixture.js";

const s = fixture();

const focused = (page) => page.evaluate(() => {
	const e = document.activeElement;

	return e.getAttribute("aria-label") ?? (e.labels?.[0] ?? e).textContent.trim();
});

/* Presses Tab until the element with the focus is called `name`. Fails after `most` presses. */
async function tabTo(page, name, most = 60) {
	for (let i = 0; i < most; i++) {
		await page.keyboard.press("Tab");
		if ((await focused(page)) === name)
			return;
	}
	assert.fail(`no ${name} within ${most} presses of Tab; the focus is on ${await focused(page)}`);
}

test("Tab moves the focus through the page in order, and the focus is always visible", async () => {
	const page = await open(s.browser, s.cluster.base);
	const order = [];

	await page.getByText("Live").waitFor();
	await page.getByRole("button", { name: "Change…" }).waitFor();
	for (let i = 0; i < 12; i++) {
		await page.keyboard.press("Tab");
		order.push((await focused(page)).replace(/\s+/g, " "));
		const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);

		assert.notEqual(outline, "none", order.at(-1));
	}
	assert.deepEqual(order, ["Skip to content", "muster", "Overview", "Nodes", "Agents", "Events", "Colours System Light Dark",
		"node-1", "Hand over…", "Change…", "Hold…", "edge-2"]);
	await close(page);
});

test("the skip link skips the header", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/agents`);

	await page.getByText("Live").waitFor();
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await page.keyboard.press("Tab");
	assert.equal(await focused(page), "Assign…");
	assert.match(page.url(), /#\/agents$/);
	await close(page);
});

test("after a link is followed, the focus is on the heading of the new page", async () => {
	const page = await open(s.browser, s.cluster.base);

	await page.getByText("Live").waitFor();
	await tabTo(page, "Nodes");
	await page.keyboard.press("Enter");
	await page.waitForFunction(() => document.activeElement.tagName === "H1" && document.activeElement.textContent === "Nodes");
	assert.equal(await page.title(), "Nodes · muster");
	await close(page);
});

test("a node is drained with the keyboard; Esc closes the dialog and returns the focus", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/nodes`);

	await page.getByRole("link", { name: "edge-1" }).waitFor();
	await tabTo(page, "edge-1");
	await page.keyboard.press("Enter");
	await page.getByRole("button", { name: "Drain…" }).waitFor();
	await tabTo(page, "Drain…");
	await page.keyboard.press("Enter");
	await page.getByRole("dialog").waitFor();
	assert.equal(await focused(page), "Drain");
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	assert.equal(await focused(page), "Drain…");
	assert.equal((await s.cluster.must("GET", "nodes/edge-1")).status, "online");
	await page.keyboard.press("Enter");
	for (let i = 0; i < 6; i++) {
		assert.ok(await page.evaluate(() => document.activeElement === document.body
			|| document.querySelector("dialog").contains(document.activeElement)), "the focus stays in the dialog");
		await page.keyboard.press("Tab");
	}
	while ((await focused(page)) !== "Drain")
		await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await page.locator("h1 + .state", { hasText: "draining" }).waitFor();
	assert.equal((await s.cluster.must("GET", "nodes/edge-1")).status, "draining");
	await close(page);
});

test("the strategy is chosen with the arrow keys", async () => {
	const page = await open(s.browser, s.cluster.base);

	await page.getByText("Live").waitFor();
	await tabTo(page, "Change…");
	await page.keyboard.press("Enter");
	await page.getByRole("dialog").waitFor();
	await tabTo(page, "Cancel");
	await page.keyboard.press("Shift+Tab");
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	await page.locator("#toast", { hasText: "The strategy is least_loaded." }).waitFor();
	await close(page);
});

test("the heat map is used with the keyboard", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/nodes?view=map`);

	await page.getByText("4 nodes").waitFor();
	await tabTo(page, "Nodes; arrow keys move, Enter opens");
	await page.getByText(/^edge-1: /).waitFor();
	await page.keyboard.press("ArrowRight");
	await page.keyboard.press("ArrowRight");
	await page.getByText(/^node-1: online/).waitFor();
	await page.keyboard.press("End");
	await page.getByText(/^node-2: online/).waitFor();
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "node-2", level: 1 }).waitFor();
	await close(page);
});

test("the chosen colours survive a reload", async () => {
	const page = await open(s.browser, s.cluster.base, { colorScheme: "light" });
	const dark = () => page.evaluate(() => getComputedStyle(document.body).colorScheme);
	const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
	const light = await ground();

	await tabTo(page, await page.evaluate(() => document.getElementById("theme").labels[0].textContent.trim()));
	await page.keyboard.press("End");
	await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
	assert.equal(await dark(), "dark");
	assert.notEqual(await ground(), light);
	await page.reload();
	assert.equal(await dark(), "dark");
	await close(page);
});

test("changes are announced to screen readers", async () => {
	const page = await open(s.browser, s.cluster.base);

	await page.getByText("Live").waitFor();
	await s.cluster.must("POST", "nodes", { id: "heard" });
	await page.locator("#live", { hasText: "heard registered" }).waitFor();
	await s.cluster.must("DELETE", "nodes/heard");
	await page.locator("#live", { hasText: "heard left" }).waitFor();
	await close(page);
});
