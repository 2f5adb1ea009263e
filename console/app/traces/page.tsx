import type { Metadata } from "next";
import { TracesView } from "../../views/traces/TracesView.tsx";

export const metadata: Metadata = { title: "Traces" };

export default function Page() {
	return <TracesView />;
}
