/* A small cluster with data of every kind, and a browser. Most tests start from this. */
import { after, before } from "node:test";

import { launch } from "./browser.js";
import { Cluster, until } from "./cluster.js";

export const REST_TTL = ["-heartbeat-ttl", "10m"]; /* so that nodes which only use the API stay healthy */

/* Two members, two REST nodes, one of them draining, 30 agents and 2 that are pending. */
export async function populate(c) {
	await c.musterd("node-1", "-services", "wrapper,database", "-max-agents", "20", ...REST_TTL);
	await c.musterd("node-2", "-services", "wrapper", "-zone", "eu-1", "-max-agents", "20", ...REST_TTL);
	await c.must("POST", "nodes", { id: "edge-1", port: 9000, services: ["wrapper", "gpu"], max_agents: 30, zone: "eu-2" });
	await c.must("POST", "nodes", { id: "edge-2", port: 9000, services: ["wrapper"], max_agents: 8, labels: { rack: "r7" } });
	await c.must("POST", "balance", { strategy: "round_robin" });
	for (let i = 1; i <= 30; i++)
		await c.must("POST", "assignments", { agent_id: `agent-${i}`, services: i % 3 ? [] : ["wrapper"] });
	for (let i = 1; i <= 2; i++)
		await c.must("POST", "assignments", { agent_id: `waiting-${i}`, services: ["quantum"], queue: true });
	await c.must("POST", "nodes/edge-1", { cpu_usage: 52.5, memory_usage: 30, disk_usage: 70, load_average: 3.2 });
	await c.must("POST", "nodes/edge-2", { status: "draining", cpu_usage: 12.5, memory_usage: 80 });
	await until("node-1 leads", async () => (await c.ask("GET", "leader")).status === 200);
}

/* {cluster, browser} for the tests of one file: started before the first test, stopped after the
 * last. */
export function fixture(prepare = populate) {
	const s = {};

	before(async () => {
		[s.cluster, s.browser] = await Promise.all([Cluster.start(), launch()]);
		await prepare(s.cluster);
	});
	after(async () => {
		await s.browser?.close();
		await s.cluster?.stop();
	});
	return s;
}

/* The pages, by name. */
export const PAGES = {
	overview: "#/",
	nodes: "#/nodes",
	map: "#/nodes?view=map",
	node: "#/nodes/node-1",
	agents: "#/agents",
	events: "#/events",
};
