/** `POST /api/alerts`: Alertmanager's webhook, version 4. Answered with 200 once it is on disk; Alertmanager repeats what it got no answer to. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { AlertMessage } from "../../core/incidents.ts";
import type { Services } from "./endpoint.ts";
import { ProblemError } from "./problem.ts";
import { alertsAnswerSchema, alertsWebhookSchema, problemSchema } from "./schema.ts";

const MOST_BYTES = 8 * 1024 * 1024;
const MOST_ISSUES = 5;
/** Beyond these a label or annotation is cut: an alert with a long text is better than none. */
const MOST_PAIRS = 64;
const MOST_NAME = 200;
const MOST_VALUE = 4_000;

export function alertRoutes(app: OpenAPIHono, services: Services): void {
	app.openAPIRegistry.registerPath({
		method: "post",
		path: "/api/alerts",
		summary: "Alertmanager's webhook (version 4): kept as incidents",
		request: { body: { required: true, content: { "application/json": { schema: alertsWebhookSchema } } } },
		responses: {
			200: {
				description: "On disk: the incidents the message spoke of",
				content: { "application/json": { schema: alertsAnswerSchema } },
			},
			default: { description: "What went wrong", content: { "application/problem+json": { schema: problemSchema } } },
		},
	});
	const limit = bodyLimit({
		maxSize: MOST_BYTES,
		onError: () => {
			throw new ProblemError(413, "Too large", `A message of more than ${MOST_BYTES} bytes is not taken.`, [
				"Set max_alerts in the webhook_configs of Alertmanager.",
			]);
		},
	});
	app.post("/api/alerts", limit, async (c) => {
		const message = readMessage(await c.req.text(), Date.now());
		return c.json({ incidents: await services.incidents.hear(message) });
	});
}

/** Throws a ProblemError that names what does not fit and its value. */
export function readMessage(text: string, heardMs: number): AlertMessage {
	let body: unknown;
	try {
		body = JSON.parse(text);
	} catch (error) {
		throw refused(`The body is no JSON: ${(error as Error).message}`);
	}
	const parsed = alertsWebhookSchema.safeParse(body, { reportInput: true });
	if (!parsed.success) {
		const said = parsed.error.issues
			.slice(0, MOST_ISSUES)
			.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}, got ${shown(issue.input)}`);
		const more = parsed.error.issues.length - said.length;
		throw refused(`${said.join("; ")}${more > 0 ? `; and ${more} more` : ""}`);
	}
	const { groupKey, groupLabels, receiver, externalURL, truncatedAlerts, alerts } = parsed.data;
	return {
		groupKey,
		groupLabels: cut(groupLabels),
		// Alertmanager quotes it for use in regular expressions.
		receiver: receiver.replace(/\\([\\.+*?()|[\]{}^$])/g, "$1").slice(0, MOST_NAME),
		externalUrl: externalURL.slice(0, MOST_VALUE),
		unlisted: truncatedAlerts,
		heardMs,
		alerts: alerts.map(({ fingerprint, status, startsAt, endsAt, labels, annotations, generatorURL }) => {
			const endMs = Date.parse(endsAt);
			return {
				fingerprint,
				startsAtMs: Date.parse(startsAt),
				// A resolved alert without an end (year 1 stands for none) ended when we heard of it.
				endsAtMs: status === "firing" ? null : endMs > 0 ? endMs : heardMs,
				labels: cut(labels),
				annotations: cut(annotations),
				generatorUrl: generatorURL.slice(0, MOST_VALUE),
			};
		}),
	};
}

function refused(detail: string): ProblemError {
	return new ProblemError(400, "Not an Alertmanager message", detail, [
		"This takes what webhook_configs of Alertmanager 0.16 and later send (version 4).",
	]);
}

/** The value that is wrong, short enough for a log line. */
function shown(value: unknown): string {
	const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
	return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function cut(pairs: Record<string, string>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(pairs)
			.slice(0, MOST_PAIRS)
			.map(([name, value]) => [
				name.slice(0, MOST_NAME),
				value.length > MOST_VALUE ? `${value.slice(0, MOST_VALUE)}…` : value,
			]),
	);
}
