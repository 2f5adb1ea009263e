/** The way to the demo's own control server; answers are parsed because it is another process. */
import { ProblemError } from "./api/problem.ts";
import { type Demo, demoSchema } from "./api/schema.ts";

const TIMEOUT_MS = 3_000;

export class DemoControl {
	/** Base URL of the demo's control server; null while no demo runs. */
	url: string | null;
	/** Somebody else starts it, or does not, as compose's profile: not to be reached is not to run. */
	readonly #foreign: boolean;

	constructor(foreignUrl: string | null = null) {
		this.url = foreignUrl;
		this.#foreign = foreignUrl !== null;
	}

	async state(): Promise<Demo> {
		const none: Demo = { running: false, rate: 0, services: [], faults: [] };
		if (!this.url) return none;
		return this.#ask("/state", "GET").catch((error: unknown) => {
			if (this.#foreign && error instanceof ProblemError && error.problem.status === 503) return none;
			throw error;
		});
	}

	/** Switches one fault; 404 for an unknown one. */
	async setFault(id: string, enabled: boolean): Promise<Demo> {
		if (!this.url) {
			throw new ProblemError(409, "No demo", "The demo is not running, so there is no fault to switch.", [
				"Start Trivet without --no-demo.",
			]);
		}
		await this.#request(`/faults/${encodeURIComponent(id)}`, "PUT", JSON.stringify({ enabled }));
		return this.state();
	}

	async #ask(path: string, method: string): Promise<Demo> {
		return demoSchema.parse(await (await this.#request(path, method)).json());
	}

	async #request(path: string, method: string, body?: string): Promise<Response> {
		const response = await fetch(`${this.url}${path}`, {
			method,
			signal: AbortSignal.timeout(TIMEOUT_MS),
			...(body ? { body, headers: { "content-type": "application/json" } } : {}),
		}).catch((error: unknown) => {
			throw new ProblemError(503, "Demo unreachable", `The demo's control server does not answer: ${String(error)}.`);
		});
		if (response.status === 404) throw new ProblemError(404, "Unknown fault", `The demo has nothing at ${path}.`);
		if (!response.ok) throw new ProblemError(502, "Demo refused", `The demo answered ${response.status} to ${path}.`);
		return response;
	}
}
