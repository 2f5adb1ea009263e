import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { RunbookView } from "../../../views/runbooks/RunbookView.tsx";
import { readRunbooks } from "../../../views/runbooks/runbooks.ts";

interface Props {
	params: Promise<{ name: string }>;
}

/** All are made when the pages are built: the file is not there when they are served. */
export const dynamicParams = false;

export function generateStaticParams(): { name: string }[] {
	return runbooks().map(({ name }) => ({ name }));
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
	return { title: `${(await params).name} runbook` };
}

export default async function Page({ params }: Props) {
	const { name } = await params;
	const all = runbooks();
	const runbook = all.find((one) => one.name === name);
	if (runbook === undefined) notFound();
	return <RunbookView runbook={runbook} others={all.map((one) => one.name).filter((other) => other !== name)} />;
}

/** Builds run in the repository or in console/. */
function runbooks() {
	const path = ["docs/runbooks.md", "../docs/runbooks.md"]
		.map((file) => join(/*turbopackIgnore: true*/ process.cwd(), file))
		.find(existsSync);
	if (path === undefined) throw new Error(`docs/runbooks.md is not at or above ${process.cwd()}.`);
	return readRunbooks(readFileSync(path, "utf8"));
}
