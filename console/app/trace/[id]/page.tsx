import type { Metadata } from "next";
import { TracePage } from "../../../views/trace/TracePage.tsx";

interface Props {
	params: Promise<{ id: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
	return { title: `Trace ${decodeSegment((await params).id).slice(0, 32)}` };
}

export default async function Page({ params }: Props) {
	return <TracePage id={decodeSegment((await params).id)} />;
}

/** A segment that is no valid encoding is taken as it is: the API says what is wrong with it. */
function decodeSegment(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		return segment;
	}
}
