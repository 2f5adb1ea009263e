import type { Metadata } from "next";
import { LogsView } from "../../views/logs/LogsView.tsx";

export const metadata: Metadata = { title: "Logs" };

export default function Page() {
	return <LogsView />;
}
