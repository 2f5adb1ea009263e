import type { Status } from "../../client/api.ts";
import { formatMs } from "../../ui/format.ts";
import { Panel } from "../../ui/Panel.tsx";
import rows from "./rows.module.css";

type Store = Status["stores"][number];
const TONE: Record<Store["state"], "ok" | "warn" | "error" | undefined> = {
	ok: "ok",
	degraded: "warn",
	down: "error",
	"not configured": undefined,
};

/** Each store: is it well, how fast does it answer, what went wrong last; or which setting gives one. */
export function StoresPanel({ stores }: { stores: readonly Store[] }) {
	return (
		<Panel title="Stores" testId="stores">
			{stores.map((store) => (
				<div key={store.name} className={`${rows.row} ${rows.store}`} data-testid="store-row">
					<span className={rows.name}>
						{store.name}
						<span className={rows.quiet}> {store.signals.join(", ")}</span>
					</span>
					<span className={`${rows.end} num`}>
						{store.latencyMs !== null && <span className={rows.quiet}>{formatMs(store.latencyMs)} · </span>}
						<span className={rows.state} data-tone={TONE[store.state]}>
							{store.state}
						</span>
					</span>
					{(store.reason !== null || store.lastError !== null) && (
						<span className={rows.below}>
							{store.reason}
							{store.lastError !== null && !store.reason?.startsWith(store.lastError) && (
								<>
									{store.reason !== null && " · "}last error: {store.lastError}
								</>
							)}
						</span>
					)}
				</div>
			))}
		</Panel>
	);
}
