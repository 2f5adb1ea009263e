import type { Metadata } from "next";
import { TopologyView } from "../../views/topology/TopologyView.tsx";

export const metadata: Metadata = { title: "Topology" };

export default function TopologyPage() {
	return <TopologyView />;
}
