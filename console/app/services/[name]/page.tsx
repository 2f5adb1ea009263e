import type { Metadata } from "next";
import { ServiceView } from "../../../views/service/ServiceView.tsx";

interface Props {
	params: Promise<{ name: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
	return { title: decoded((await params).name) };
}

export default async function Page({ params }: Props) {
	return <ServiceView service={decoded((await params).name)} />;
}

/** Route parameters arrive percent-encoded; a broken encoding is taken as it stands. */
function decoded(name: string): string {
	try {
		return decodeURIComponent(name);
	} catch {
		return name;
	}
}
