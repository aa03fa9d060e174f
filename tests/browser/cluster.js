/*
 * A cluster for one test: a redis-server and any number of musterd processes, in a temporary folder
 * that is removed at the end. Every process is stopped by its id, even if the test fails.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const MUSTERD = process.env.MUSTERD ?? "build/musterd";
const DEADLINE_MS = 15000;
const running = new Set();

process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/* Calls probe until it returns something truthy, and returns that. Fails after DEADLINE_MS. */
export async function until(what, probe) {
	const end = Date.now() + DEADLINE_MS;
	let last;

	while (Date.now() < end) {
		try {
			const value = await probe();

			last = undefined;
			if (value)
				return value;
		} catch (e) {
			last = e;
		}
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error(`${what}: not within ${DEADLINE_MS} ms`, { cause: last });
}

export class Cluster {
	static async start() {
		const c = new Cluster();

		c.folder = await mkdtemp(join(tmpdir(), "muster-browser-"));
		c.agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
		c.members = new Map();
		await c.startRedis();
		return c;
	}

	run(name, program, args) {
		const child = spawn(program, args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
		const log = createWriteStream(join(this.folder, `${name}.log`));

		running.add(child);
		child.on("exit", () => running.delete(child));
		child.stdout.pipe(log, { end: false });
		child.stderr.pipe(log, { end: false });
		return child;
	}

	async startRedis() {
		this.socket = join(this.folder, "redis.sock");
		this.redis = this.run("redis", "redis-server", ["--port", "0", "--unixsocket", this.socket,
			"--save", "", "--appendonly", "no", "--dir", this.folder]);
		await until("redis-server listens", async () =>
			/ready to accept connections/i.test(await readFile(join(this.folder, "redis.log"), "utf8")));
	}

	/* Starts a front-end; if `id` is not "", it is also a member. Returns its address. */
	async musterd(id, ...options) {
		const name = id || "front";
		const old = this.members.get(name);
		const child = this.run(name, resolve(MUSTERD), [
			...(id ? ["-cluster", id] : []), "-host", "127.0.0.1", "-port", String(old?.port ?? 0),
			"-redis", `unix://${this.socket}`, "-heartbeat-interval", "300ms", "-lease-ttl", "1s", ...options]);

		const base = await until(`${name} listens`, async () =>
			/listens on (http:\/\/[^ ,\n]*)/.exec(await readFile(join(this.folder, `${name}.log`), "utf8"))?.[1]);

		this.members.set(name, { child, port: Number(new URL(base).port), base });
		this.base ??= base;
		await until(`${name} is ready`, async () => (await this.ask("GET", `${base}/readyz`)).status === 200);
		return base;
	}

	async kill(name, signal = "SIGKILL") {
		const { child } = this.members.get(name);

		child.kill(signal);
		await once(child, "exit");
	}

	async killRedis() {
		this.redis.kill("SIGKILL");
		await once(this.redis, "exit");
	}

	/* Sends one request. `to` is an address, or a path under /api/cluster/ of the first
	 * musterd. */
	ask(method, to, body) {
		const target = new URL(to, `${this.base}/api/cluster/`);

		return new Promise((resolve, reject) => {
			const rq = http.request(target, { method, agent: this.agent }, (response) => {
				let text = "";

				response.setEncoding("utf8");
				response.on("data", (part) => (text += part));
				response.on("end", () => resolve({
					status: response.statusCode, headers: response.headers, text,
					get body() { return JSON.parse(text); },
				}));
			});

			rq.on("error", reject);
			if (body !== undefined)
				rq.setHeader("Content-Type", "application/json");
			rq.end(body === undefined ? undefined : JSON.stringify(body));
		});
	}

	/* Like ask, but fails if the answer is an error. */
	async must(method, to, body) {
		const reply = await this.ask(method, to, body);

		if (reply.status >= 300)
			throw new Error(`${method} ${to}: ${reply.status} ${reply.text}`);
		return reply.text === "" ? null : reply.body;
	}

	async stop() {
		this.agent.destroy();
		for (const child of [...[...this.members.values()].map((m) => m.child), this.redis]) {
			if (child.exitCode === null && child.signalCode === null) {
				child.kill("SIGKILL");
				await once(child, "exit");
			}
		}
		await rm(this.folder, { recursive: true, force: true });
	}
}
