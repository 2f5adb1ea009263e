"use client";
import { useEffect, useState } from "react";
import { IconButton } from "./IconButton.tsx";

/** Copies `text`; says so for a moment. */
export function CopyButton({ text, label = "Copy", size = 14 }: { text: string; label?: string; size?: number }) {
	const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
	useEffect(() => {
		if (state === "idle") return;
		const timer = setTimeout(() => setState("idle"), 1500);
		return () => clearTimeout(timer);
	}, [state]);
	return (
		<IconButton
			icon={state === "copied" ? "check" : state === "failed" ? "cross" : "copy"}
			size={size}
			label={state === "copied" ? "Copied" : state === "failed" ? "The browser refused; select it and copy" : label}
			onClick={(event) => {
				event.preventDefault();
				event.stopPropagation();
				copy(text).then(
					() => setState("copied"),
					() => setState("failed"),
				);
			}}
		/>
	);
}

/** `navigator.clipboard` exists only on localhost and over https. */
async function copy(text: string): Promise<void> {
	if (!navigator.clipboard) throw new Error("no clipboard on a plain http page");
	await navigator.clipboard.writeText(text);
}
