/*
 * Starts Debian's Chromium with Playwright. Invariant: a test fails if a page logs an error, throws
 * one or violates its Content-Security-Policy, unless the test expects it.
 */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), process.env.MODULES ?? "build/browser", "package.json"));
const { chromium } = require("playwright-core");

export const axeSource = require.resolve("axe-core/axe.min.js");

export function launch() {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync"],
	});
}

/* Opens a new page in `browser`; options are those of a Playwright context. page.complaints
 * collects the page's errors. */
export async function open(browser, url, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
	const page = await context.newPage();

	page.complaints = [];
	page.setDefaultTimeout(10000);
	page.on("console", (m) => m.type() === "error" && page.complaints.push(m.text()));
	page.on("pageerror", (e) => page.complaints.push(String(e)));
	await page.addInitScript(() => {
		addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`));
	});
	await page.goto(url);
	return page;
}

/* Closes the page. Fails if it had an error that `provoked` does not match. */
export async function close(page, provoked = null) {
	await page.context().close();
	assert.deepEqual(page.complaints.filter((c) => !provoked?.test(c)), []);
}
