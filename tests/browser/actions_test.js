/* Every change that the page offers is confirmed, made and reported; a refusal is shown in full. */
import assert from "node:assert/strict";
import test from "node:test";

import { close, open } from "./browser.js";
import { until } from "./cluster.js";
import { fixture } from "./fixture.js";

const s = fixture();
const REFUSED = /status of 4\d\d/;

/* Opens the dialog with the button `opener`, which ends in "…", and confirms it with the button
 * `verb`. */
async function confirm(page, opener, verb) {
	await page.getByRole("button", { name: opener, exact: true }).click();
	await page.getByRole("dialog").getByRole("button", { name: verb, exact: true }).click();
}

async function said(page, text) {
	await page.locator("#toast", { hasText: text }).waitFor();
	await page.getByRole("dialog").waitFor({ state: "detached" });
}

test("a node is drained and undrained", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/nodes/edge-1`);

	await confirm(page, "Drain…", "Drain");
	await said(page, "edge-1 is draining.");
	assert.equal((await s.cluster.must("GET", "nodes/edge-1")).status, "draining");
	await page.locator("h1 + .state", { hasText: "draining" }).waitFor();
	await confirm(page, "Undrain…", "Undrain");
	await said(page, "edge-1 gets new agents again.");
	assert.equal((await s.cluster.must("GET", "nodes/edge-1")).status, "online");
	await close(page);
});

test("a node leaves, and the message says what happened to its agents", async () => {
	await s.cluster.must("POST", "nodes", { id: "goner", services: ["goner"] });
	await s.cluster.must("POST", "assignments", { agent_id: "left-over", services: ["goner"] });
	const page = await open(s.browser, `${s.cluster.base}/#/nodes/goner`);

	await page.getByRole("button", { name: "Leave…" }).click();
	await page.getByRole("dialog").getByText("Its 1 agent").waitFor();
	await page.getByRole("dialog").getByRole("button", { name: "Leave", exact: true }).click();
	await said(page, "goner left: 0 agents moved, 1 pending.");
	assert.equal((await s.cluster.ask("GET", "nodes/goner")).status, 404);
	await page.getByText("There is no such node.").waitFor();
	await s.cluster.must("DELETE", "assignments/left-over");
	await close(page, REFUSED);
});

test("the lead is handed over; for a node that cannot lead, the dialog shows why not", async () => {
	const page = await open(s.browser, s.cluster.base);

	await page.getByRole("button", { name: "Hand over…" }).click();
	const dialog = page.getByRole("dialog");

	await dialog.getByLabel("To").fill("edge-1");
	await dialog.getByRole("button", { name: "Promote" }).click();
	const refusal = await s.cluster.ask("POST", "leader", { node_id: "edge-1" });

	await dialog.getByRole("alert").getByText(refusal.body.detail).waitFor();
	await dialog.getByLabel("To").fill("node-2");
	await dialog.getByRole("button", { name: "Promote" }).click();
	await said(page, "node-2 is the leader.");
	await page.getByRole("region", { name: "Leader" }).getByRole("link", { name: "node-2" }).waitFor();
	await page.goto(`${s.cluster.base}/#/nodes/node-1`);
	await confirm(page, "Promote…", "Promote");
	await said(page, "node-1 is the leader.");
	assert.equal((await s.cluster.must("GET", "leader")).leader_id, "node-1");
	await page.getByRole("button", { name: "Promote…" }).waitFor({ state: "hidden" });
	await close(page, REFUSED);
});

test("the strategy is changed", async () => {
	const page = await open(s.browser, s.cluster.base);

	await page.getByRole("button", { name: "Change…" }).click();
	assert.ok(await page.getByRole("radio", { name: /round_robin/ }).isChecked());
	await page.getByRole("radio", { name: /least_agents/ }).check();
	await page.getByRole("dialog").getByRole("button", { name: "Change" }).click();
	await said(page, "The strategy is least_agents.");
	await page.getByRole("region", { name: "Strategy" }).getByText("least_agents").waitFor();
	assert.equal((await s.cluster.must("GET", "balance")).strategy, "least_agents");
	await close(page);
});

test("an agent is assigned; without capacity, the dialog shows the reasons, or the agent is queued", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/agents`);
	const dialog = page.getByRole("dialog");

	await page.getByRole("button", { name: "Assign…" }).click();
	await dialog.getByLabel("Agent").fill("a-by-hand");
	await dialog.getByLabel("Services").fill("wrapper, gpu");
	await dialog.getByLabel("Strategy").selectOption("random");
	await dialog.getByRole("button", { name: "Assign" }).click();
	await said(page, "a-by-hand is assigned to edge-1.");
	await page.getByRole("rowheader", { name: "a-by-hand" }).waitFor();
	const got = await s.cluster.must("GET", "assignments/a-by-hand");

	assert.deepEqual([got.services, got.strategy], [["wrapper", "gpu"], "random"]);
	await page.getByRole("button", { name: "Assign…" }).click();
	await dialog.getByLabel("Agent").fill("a-hopeless");
	await dialog.getByLabel("Services").fill("nowhere");
	await dialog.getByLabel("Wait if there is no capacity").uncheck();
	await dialog.getByRole("button", { name: "Assign" }).click();
	await dialog.getByRole("alert").getByText("No node can take the agent").waitFor();
	await dialog.getByRole("alert").getByText(/Nodes: .*3 lack a service/).waitFor();
	assert.equal((await s.cluster.ask("GET", "assignments/a-hopeless")).status, 404);
	await dialog.getByLabel("Wait if there is no capacity").check();
	await dialog.getByRole("button", { name: "Try again" }).click();
	await said(page, "a-hopeless is pending.");
	await close(page, REFUSED);
});

test("an agent is released, but not if its epoch changed after it was shown", async () => {
	await s.cluster.must("POST", "assignments", { agent_id: "a-free" });
	const page = await open(s.browser, `${s.cluster.base}/#/agents?q=a-free`);
	const dialog = page.getByRole("dialog");

	await page.getByRole("button", { name: "Release a-free…" }).click();
	await s.cluster.must("DELETE", "assignments/a-free");
	await s.cluster.must("POST", "assignments", { agent_id: "a-free" });
	await dialog.getByRole("button", { name: "Release" }).click();
	await dialog.getByRole("alert").getByText("The epoch is not the current one").waitFor();
	assert.equal((await s.cluster.ask("GET", "assignments/a-free")).status, 200);
	await dialog.getByRole("button", { name: "Cancel" }).click();
	await page.reload();
	await page.getByRole("button", { name: "Release a-free…" }).click();
	await dialog.getByRole("button", { name: "Release" }).click();
	await said(page, "a-free is released.");
	assert.equal((await s.cluster.ask("GET", "assignments/a-free")).status, 404);
	await close(page, REFUSED);
});

test("the cluster is held and released, and missing nodes are confirmed dead", async () => {
	const page = await open(s.browser, s.cluster.base);
	const state = async () => (await s.cluster.must("GET", "hold")).state;

	await confirm(page, "Hold…", "Hold");
	await said(page, "The cluster is held.");
	await page.locator("#hold", { hasText: "The cluster is held" }).waitFor();
	assert.equal(await state(), "on");
	await confirm(page, "Release…", "Release");
	await said(page, "The hold is released.");
	await page.locator("#hold").waitFor({ state: "hidden" });
	assert.equal(await state(), "off");
	await confirm(page, "Hold…", "Hold");
	await confirm(page, "Confirm dead…", "Confirm dead");
	await said(page, "The missing nodes are confirmed dead.");
	await until("the hold is off", async () => (await state()) === "off");
	await close(page);
});

test("a cancelled dialog changes nothing", async () => {
	const page = await open(s.browser, `${s.cluster.base}/#/nodes/edge-1`);
	const before = await s.cluster.must("GET", "nodes/edge-1");

	for (const name of ["Drain…", "Leave…"]) {
		await page.getByRole("button", { name }).click();
		await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
		await page.getByRole("dialog").waitFor({ state: "detached" });
	}
	const after = await s.cluster.must("GET", "nodes/edge-1");

	assert.deepEqual([after.status, after.incarnation], [before.status, before.incarnation]);
	await close(page);
});

test("an agent says why it is where it is, and another why it waits", async () => {
	await s.cluster.must("POST", "nodes", { id: "gpu-1", services: ["why"], resources: { gpu: 2 }, labels: { pool: "canary" } });
	await s.cluster.must("POST", "assignments", { agent_id: "trainer-1", services: ["why"], resources: { gpu: 2 }, group: "trainers" });
	await s.cluster.must("POST", "assignments", { agent_id: "trainer-2", services: ["why"], resources: { gpu: 1 }, queue: true });
	const page = await open(s.browser, `${s.cluster.base}/#/agents?q=trainer`);
	const dialog = page.getByRole("dialog");

	await page.getByRole("row", { name: "trainer-1" }).getByText("trainers").waitFor();
	await page.getByRole("button", { name: "Why waiting? trainer-2" }).click();
	await dialog.getByText("It is number").waitFor();
	await dialog.getByText("short of a resource").first().waitFor();
	await dialog.getByRole("button", { name: "Close" }).click();
	await s.cluster.must("DELETE", "assignments/trainer-2");
	await s.cluster.must("DELETE", "assignments/trainer-1");
	await s.cluster.must("POST", "assignments", { agent_id: "trainer-3", services: ["why"], resources: { gpu: 1 } });
	await page.goto(`${s.cluster.base}/#/agents?q=trainer-3`);
	await page.getByRole("button", { name: "Why here? trainer-3" }).click();
	await dialog.getByRole("row", { name: "gpu-1" }).waitFor();
	await dialog.getByText("1 node could take it now").waitFor();
	await page.keyboard.press("Escape");
	await page.goto(`${s.cluster.base}/#/nodes?q=pool%3Dcanary`);
	await page.getByRole("row", { name: "gpu-1" }).getByText("gpu 1 / 2").waitFor();
	await s.cluster.must("DELETE", "assignments/trainer-3");
	await s.cluster.must("DELETE", "nodes/gpu-1");
	await close(page, REFUSED);
});
