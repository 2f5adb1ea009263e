/** All boards, in the order in which the docs list them. */
import type { Board } from "./board.ts";
import { redBoardOf } from "./boards/red.ts";

export function boards(): Board[] {
	return [redBoardOf()];
}
