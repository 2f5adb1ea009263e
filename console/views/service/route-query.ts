/** A search for spans that entered a service by `route`: `http.route`, or the span's name where there is none (gRPC, consumers). */
export function routeQuery(route: string): string {
	// Stars are patterns and backslashes escapes in a search; here they stand for themselves.
	const text = route.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\*/g, "\\*");
	return `(http.route:"${text}" OR name:"${text}")`;
}
