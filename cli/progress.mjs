/** One line that says what is going on: it ticks on a terminal, and is two plain lines in a log. */

const TICK_MS = 100;

/**
 * @param {string} what
 * @returns {(outcome?: string) => void} ends the line with the time it took
 */
export function progress(what) {
	const started = Date.now();
	const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
	const terminal = process.stderr.isTTY;
	const draw = () => process.stderr.write(`\r\x1b[K  ${what} … ${seconds()}`);
	const timer = terminal ? setInterval(draw, TICK_MS) : undefined;
	if (!terminal) process.stderr.write(`  ${what} …\n`);
	return (outcome = "done") => {
		clearInterval(timer);
		process.stderr.write(`${terminal ? "\r\x1b[K" : ""}  ${what}: ${outcome} in ${seconds()}\n`);
	};
}
