import { type Probe, ProbeFailure } from "./check.ts";

const READ = 65_536;
const MOST_CIRCLES = 10;

/**
 * A probe that asks an HTTP endpoint, of another service or of a third party; any 2xx is healthy.
 *
 * @param deep ask with `?deep=true`, and take note of the circles the answer tells of.
 */
export function askHttp(url: string, deep: boolean, onCircle: (circle: string) => void): Probe {
	const target = new URL(url);
	if (target.protocol !== "http:" && target.protocol !== "https:") {
		throw new TypeError(`a health check's url is http or https, not ${url}`);
	}
	if (deep) {
		target.searchParams.set("deep", "true");
	}
	return async ({ signal, headers }) => {
		const response = await fetch(target, {
			signal,
			redirect: "manual",
			headers: { accept: "application/health+json, application/json", ...(deep ? headers : {}) },
		}).catch((error: unknown) => {
			// fetch hides what happened in the cause.
			throw error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
		});
		if (deep) {
			circlesIn(await readSome(response)).forEach(onCircle);
		} else {
			await response.body?.cancel();
		}
		if (!response.ok) {
			throw new ProbeFailure(`answered ${response.status}`);
		}
	};
}

async function readSome(response: Response): Promise<string> {
	const decoder = new TextDecoder();
	let text = "";
	for await (const chunk of response.body ?? []) {
		text += decoder.decode(chunk as Uint8Array, { stream: true });
		if (text.length > READ) {
			return "";
		}
	}
	return text;
}

/** What another service says is not trusted further than its text. */
function circlesIn(body: string): string[] {
	try {
		const { circles } = JSON.parse(body) as { circles?: unknown };
		return Array.isArray(circles)
			? circles
					.slice(0, MOST_CIRCLES)
					.filter((circle): circle is string => typeof circle === "string" && /^[\w.@/:> -]{1,1700}$/.test(circle))
			: [];
	} catch {
		return [];
	}
}
