/* usage: screenshot.js FILE: makes the README's screenshot of the dashboard, from a running
 * cluster. */
import { launch, open } from "./browser.js";
import { Cluster } from "./cluster.js";
import { REST_TTL } from "./fixture.js";

const NODES = 45;

async function populate(c) {
	await c.musterd("node-1", "-services", "wrapper,database", "-max-agents", "20", ...REST_TTL);
	await c.musterd("node-2", "-services", "wrapper", "-max-agents", "20", ...REST_TTL);
	await c.musterd("node-3", "-services", "wrapper", "-role", "standby", ...REST_TTL);
	for (let i = 1; i <= NODES; i++) {
		await c.must("POST", "nodes", { id: `edge-${i}`, services: ["wrapper"], max_agents: 16, zone: `eu-${i % 3}` });
		await c.must("POST", `nodes/edge-${i}`, {
			cpu_usage: (i * 37) % 83, memory_usage: 20 + ((i * 53) % 61), disk_usage: 30 + (i % 40), load_average: (i % 7) / 2,
		});
	}
	for (let i = 1; i <= 480; i++)
		await c.must("POST", "assignments", { agent_id: `session-${i}` });
	await c.must("POST", "assignments", { agent_id: "render-1", services: ["gpu"], queue: true });
	await c.must("POST", "nodes/edge-7", { status: "draining" });
	await c.must("POST", "nodes/edge-19", { healthy: false });
}

const cluster = await Cluster.start();
const browser = await launch();

try {
	await populate(cluster);
	const page = await open(browser, cluster.base, { viewport: { width: 1160, height: 770 }, colorScheme: "light" });

	await page.getByText("Live").waitFor();
	await page.getByRole("region", { name: "Nodes that need attention" }).getByText("suspect").waitFor();
	await cluster.must("POST", "nodes", { id: "edge-46", services: ["wrapper"], max_agents: 16 });
	await cluster.must("DELETE", "nodes/edge-12");
	await cluster.must("POST", "assignments", { agent_id: "session-481" });
	await cluster.must("DELETE", "assignments/session-3");
	await page.getByText(/^session-3 released/).waitFor();
	await page.locator(".figures > div", { hasText: "Nodes" }).getByText("48", { exact: true }).waitFor();
	await page.screenshot({ path: process.argv[2] });
} finally {
	await browser.close();
	await cluster.stop();
}
