/** `work` over all items, `width` at a time; the results in the items' order. The first failure ends it. */
export async function atOnce<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
	const results = new Array<R>(items.length);
	let next = 0;
	let failed = false;
	const one = async () => {
		while (next < items.length && !failed) {
			const at = next++;
			try {
				results[at] = await work(items[at] as T);
			} catch (error) {
				failed = true;
				throw error;
			}
		}
	};
	await Promise.all(Array.from({ length: Math.min(width, items.length) }, one));
	return results;
}
