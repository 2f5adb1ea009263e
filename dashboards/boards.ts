/** All boards, in the order in which the docs list them. */
import type { Board } from "./board.ts";
import { businessBoardOf } from "./boards/business.ts";
import { logsBoardOf } from "./boards/logs.ts";
import { redBoardOf } from "./boards/red.ts";
import { runtimeBoardOf } from "./boards/runtime.ts";
import { sloBoardOf } from "./boards/slo.ts";
import { stackBoardOf } from "./boards/stack.ts";
import { topologyBoardOf } from "./boards/topology.ts";
import { traceBoardOf } from "./boards/trace.ts";

export function boards(): Board[] {
	return [
		redBoardOf(),
		traceBoardOf(),
		topologyBoardOf(),
		runtimeBoardOf(),
		sloBoardOf(),
		businessBoardOf(),
		logsBoardOf(),
		stackBoardOf(),
	];
}
