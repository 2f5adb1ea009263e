/** Where panels ask: by variable, so that a board imports into any Grafana and asks whichever of its engines is chosen. */
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";

export const PROMETHEUS: DataSourceRef = { type: "prometheus", uid: "${prometheus}" };
export const LOKI: DataSourceRef = { type: "loki", uid: "${loki}" };
export const TEMPO: DataSourceRef = { type: "tempo", uid: "${tempo}" };
