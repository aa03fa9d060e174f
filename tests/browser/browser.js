/*
 * The browser: Debian's Chromium, driven by Playwright. Invariant: a page that logs an error, throws
 * one, or trips over its Content-Security-Policy has failed; what a test provokes it names first.
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

/* A fresh page of `browser`; options are those of a context. page.complaints: what went wrong. */
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

/* Closes the page; fails where it complained of something that `provoked` does not match. */
export async function close(page, provoked = null) {
	await page.context().close();
	assert.deepEqual(page.complaints.filter((c) => !provoked?.test(c)), []);
}
