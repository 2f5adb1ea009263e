import type { Metadata } from "next";
import { IncidentsView } from "../../views/incidents/IncidentsView.tsx";

export const metadata: Metadata = { title: "Incidents" };

export default function Page() {
	return <IncidentsView />;
}
