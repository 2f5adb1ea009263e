import type { Metadata } from "next";
import { IncidentView } from "../../../views/incidents/IncidentView.tsx";

interface Props {
	params: Promise<{ id: string }>;
}

export const metadata: Metadata = { title: "Incident" };

export default async function Page({ params }: Props) {
	return <IncidentView id={(await params).id} />;
}
