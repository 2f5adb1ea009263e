/** Ids of a whole column as hex: one conversion for all, and a slice for each, in place of a bigint each. */
import { spanIdFromWord } from "../../../core/ids.ts";
import type { Column } from "../store/database.ts";

/** The 16 hex digits of the i-th value; of a column with nulls "" where it has none. */
export function hexColumn(column: Column): (i: number) => string {
	if (!(column instanceof BigUint64Array)) {
		return (i) => {
			const word = column[i] as bigint | null;
			return word === null ? "" : spanIdFromWord(word);
		};
	}
	// Typed arrays are little-endian on every machine that Node runs on but one; ids are written big end first.
	const bytes = Buffer.from(column.slice().buffer);
	if (LITTLE_ENDIAN) bytes.swap64();
	const hex = bytes.toString("hex");
	return (i) => hex.slice(i * 16, i * 16 + 16);
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
