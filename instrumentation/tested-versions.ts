interface Tested {
	/** The first and the first not tested any more. */
	from: string;
	below: string;
	/** What happens with any other. */
	otherwise: string;
}

/** By npm module: the versions the tests run against, and what becomes of others. */
const TESTED: Readonly<Record<string, Tested>> = {
	express: { from: "4", below: "6", otherwise: "its requests are traced, without routes" },
	koa: { from: "2", below: "4", otherwise: "its requests are traced, without routes" },
	pg: { from: "8.0.3", below: "9", otherwise: "its queries are not traced" },
	mysql2: { from: "1.4.2", below: "4", otherwise: "its queries are traced if it has the channels mysql2 3.20 has" },
	"@redis/client": { from: "1", below: "7", otherwise: "its commands are traced if it has the channels of 5.12" },
	ioredis: { from: "4", below: "7", otherwise: "its commands are traced if it has the channels of 5.11" },
	kafkajs: { from: "2", below: "3", otherwise: "its messages are not traced" },
	"@grpc/grpc-js": { from: "1", below: "2", otherwise: "its calls are not traced" },
};

/** What to say about a version that the tests do not cover; undefined when there is nothing to say. */
export function untested(name: string, version: string | undefined): string | undefined {
	const tested = TESTED[name];
	if (tested === undefined || version === undefined) {
		return undefined;
	}
	const { from, below, otherwise } = tested;
	return compareVersions(version, from) >= 0 && compareVersions(version, below) < 0
		? undefined
		: `${name} ${version} is outside of what is tested (${from} to before ${below}): ${otherwise}`;
}

/** Versions by their numbers; what follows a hyphen counts for nothing. */
export function compareVersions(a: string, b: string): number {
	const [left, right] = [numbers(a), numbers(b)];
	for (const at of [0, 1, 2]) {
		const difference = (left[at] ?? 0) - (right[at] ?? 0);
		if (difference !== 0) {
			return difference;
		}
	}
	return 0;
}

function numbers(version: string): number[] {
	return version.split("-", 1)[0]!.split(".").map(Number);
}
