import type { Metadata } from "next";
import { StatusView } from "../../views/status/StatusView.tsx";

export const metadata: Metadata = { title: "Status" };

export default function Page() {
	return <StatusView />;
}
