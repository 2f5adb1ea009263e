/** Where an alert leads: the same service and window on every page. */

export interface Subject {
	service: string | null;
	window: { fromMs: number; toMs: number };
	/** Its window goes on. */
	firing: boolean;
}

/** `from=…&to=…` as every page reads them; what still fires is looked at until now. */
export function windowQuery({ window, firing }: Pick<Subject, "window" | "firing">): string {
	return `from=${Math.floor(window.fromMs)}&to=${firing ? "now" : Math.ceil(window.toMs)}`;
}

export interface PlaceLink {
	label: string;
	href: string;
}

export function placesOf(subject: Subject): PlaceLink[] {
	const window = windowQuery(subject);
	const service = subject.service === null ? "" : `service=${encodeURIComponent(subject.service)}&`;
	const places = [
		{ label: "Failed traces", href: `/traces?${service}status=error&${window}` },
		{ label: "Slowest traces", href: `/traces?${service}order=slowest&${window}` },
		{ label: "Error logs", href: `/logs?${service}level=error&${window}` },
		{
			label: "On the map",
			href:
				subject.service === null
					? `/topology?${window}`
					: `/topology?focus=${encodeURIComponent(`service:${subject.service}`)}&${window}`,
		},
	];
	if (subject.service === null) return places;
	return [{ label: "Service", href: `/services/${encodeURIComponent(subject.service)}?${window}` }, ...places];
}
