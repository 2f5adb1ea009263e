/** Content-addressed rows of the dictionaries `resources` and `series`: the same content has the same id, in every process and for ever. */
import { createHash } from "node:crypto";
import { firstText } from "../../../core/attribute-value.ts";
import type { Attributes, MetricPoint } from "../../../core/model.ts";
import { serviceOf } from "../../../core/route.ts";
import type { ResourceRow, SeriesRow } from "../store/batch.ts";
import { attributesText } from "./attributes-text.ts";

const MAX_KNOWN = 20_000;

function contentId(parts: readonly string[]): bigint {
	const hash = createHash("sha256");
	for (const part of parts) hash.update(`${part.length}:`).update(part);
	return hash.digest().readBigUInt64LE(0);
}

export function environmentOf(resource: Attributes): string {
	return firstText(resource, "deployment.environment.name", "deployment.environment") ?? "";
}

/** Remembers rows by their text, so that a hash is computed once for what keeps coming; forgets all when it has grown too large. */
export class Dictionary {
	private readonly resources = new Map<string, ResourceRow>();
	private readonly series = new Map<string, SeriesRow>();

	resource(attributes: Attributes, scopeName: string, scopeVersion: string): ResourceRow {
		return this.resourceOfText(attributesText(attributes), scopeName, scopeVersion);
	}

	/** `text` is the attributes' JSON text. */
	resourceOfText(text: string, scopeName: string, scopeVersion: string): ResourceRow {
		const key = `${text}\n${scopeName}\n${scopeVersion}`;
		let row = this.resources.get(key);
		if (row === undefined) {
			const attributes = JSON.parse(text) as Attributes;
			row = {
				id: contentId(["resource", text, scopeName, scopeVersion]),
				service: serviceOf(attributes),
				env: environmentOf(attributes),
				version: firstText(attributes, "service.version"),
				attributes: text,
				scopeName,
				scopeVersion,
			};
			if (this.resources.size >= MAX_KNOWN) this.resources.clear();
			this.resources.set(key, row);
		}
		return row;
	}

	seriesOf(point: Omit<MetricPoint, "startUnixNano" | "timeUnixNano" | "value" | "histogram" | "exemplars">): {
		series: SeriesRow;
		resource: ResourceRow;
	} {
		const resource = this.resource(point.resource, "", "");
		const attributes = attributesText(point.attributes);
		const parts = [
			point.name,
			point.type,
			point.unit,
			point.description,
			point.temporality,
			String(point.monotonic),
			attributes,
			String(resource.id),
		];
		const key = parts.join("\n");
		let series = this.series.get(key);
		if (series === undefined) {
			series = {
				id: contentId(["series", ...parts]),
				metric: point.name,
				type: point.type,
				unit: point.unit,
				description: point.description,
				temporality: point.temporality,
				monotonic: point.monotonic,
				service: resource.service,
				env: resource.env,
				route: firstText(point.attributes, "http.route", "http_route", "route"),
				attributes,
				resource: resource.id,
			};
			if (this.series.size >= MAX_KNOWN) this.series.clear();
			this.series.set(key, series);
		}
		return { series, resource };
	}
}
