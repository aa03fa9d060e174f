/*
 * axe-core finds no serious violation on any page, dialog or banner, in both colour schemes, and no
 * page is wider than a phone. Screenshots are left in $SCREENSHOTS to look at.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";

import { axeSource, close, open } from "./browser.js";
import { PAGES, fixture } from "./fixture.js";

const s = fixture();
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 360, height: 740 } };
const SCREENSHOTS = process.env.SCREENSHOTS ?? "build/screenshots";

/* In Playwright's isolated world, the page's Content-Security-Policy does not block axe. */
async function check(page, name) {
	await page.evaluate(() => document.fonts.ready);
	const { violations } = await page.evaluate(async () => axe.run(document, { resultTypes: ["violations"] }));
	const serious = violations.filter((v) => v.impact === "serious" || v.impact === "critical");

	assert.deepEqual(serious.map((v) => `${name}: ${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`), []);
	const [has, may] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);

	assert.ok(has <= may, `${name} is ${has} wide, the window ${may}`);
	await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: await page.locator("dialog").count() === 0 });
}

const DIALOGS = {
	drain: ["#/nodes/edge-1", "Drain…"],
	leave: ["#/nodes/edge-1", "Leave…"],
	promote: ["#/", "Hand over…"],
	strategy: ["#/", "Change…"],
	hold: ["#/", "Hold…"],
	assign: ["#/agents", "Assign…"],
	release: ["#/agents", "Release agent-1…"],
};

for (const scheme of ["light", "dark"]) {
	for (const [size, viewport] of Object.entries(SIZES)) {
		test(`all pages are accessible, ${scheme} and ${size}`, async () => {
			const page = await open(s.browser, "about:blank", { viewport, colorScheme: scheme, reducedMotion: "reduce" });

			await page.addInitScript({ path: axeSource });
			await page.goto(s.cluster.base);
			await page.getByText("Live").waitFor();
			await s.cluster.must("POST", "assignments", { agent_id: "seen" });
			await s.cluster.must("DELETE", "assignments/seen");
			await page.getByText(/^seen released/).waitFor();
			for (const [name, hash] of Object.entries(PAGES)) {
				await page.evaluate((to) => (location.hash = to), hash);
				await page.waitForFunction(() => document.querySelector("tbody tr, .log li, canvas, .figures strong"));
				await check(page, `${name}-${scheme}-${size}`);
			}
			await close(page);
		});

		test(`all dialogs are accessible, ${scheme} and ${size}`, async () => {
			const page = await open(s.browser, "about:blank", { viewport, colorScheme: scheme });

			await page.addInitScript({ path: axeSource });
			await page.goto(s.cluster.base);
			await page.getByText("Live").waitFor();
			for (const [name, [hash, opener]] of Object.entries(DIALOGS)) {
				await page.evaluate((to) => (location.hash = to), hash);
				await page.getByRole("button", { name: opener, exact: true }).click();
				await page.getByRole("dialog").waitFor();
				await check(page, `dialog-${name}-${scheme}-${size}`);
				await page.keyboard.press("Escape");
				await page.getByRole("dialog").waitFor({ state: "detached" });
			}
			await close(page);
		});
	}

	test(`banners and refusals are accessible, ${scheme}`, async () => {
		const page = await open(s.browser, "about:blank", { colorScheme: scheme });

		await page.addInitScript({ path: axeSource });
		await page.goto(s.cluster.base);
		await page.getByText("Live").waitFor();
		await page.getByRole("button", { name: "Hand over…" }).click();
		await page.getByLabel("To", { exact: true }).fill("edge-1");
		await page.getByRole("button", { name: "Promote" }).click();
		await page.getByRole("dialog").getByRole("alert").locator("p").waitFor();
		await check(page, `refusal-${scheme}`);
		await page.keyboard.press("Escape");
		await s.cluster.must("POST", "hold", { action: "enter" });
		await page.locator("#hold").waitFor();
		await page.route("**/api/cluster/**", (route) => route.abort());
		await page.locator("#lost").waitFor();
		await check(page, `banners-${scheme}`);
		await s.cluster.must("POST", "hold", { action: "release" });
		await close(page, /status of 409|ERR_FAILED/);
	});
}
