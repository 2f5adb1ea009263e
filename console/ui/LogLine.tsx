"use client";
import type { LogRecordAnswer } from "../client/api.ts";
import { formatClock, formatDate, formatTimeNano, fraction, shortId, unixNanoToMs } from "./format.ts";
import { Icon } from "./Icon.tsx";
import { KeyValueList } from "./KeyValueList.tsx";
import { LevelTag } from "./LevelTag.tsx";
import { Link, serviceHref, traceHref } from "./Link.tsx";
import styles from "./LogLine.module.css";
import { levelColor } from "./level.ts";
import { logPreview } from "./log-preview.ts";
import { ServiceBadge } from "./ServiceBadge.tsx";

export interface LogLineProps {
	record: LogRecordAnswer;
	/** Shows everything it carries. */
	open: boolean;
	onToggle: () => void;
	/** Leaves the service out, where all lines are of one. */
	oneService?: boolean;
	/** Makes attributes searches. */
	onPick?: (key: string, value: string) => void;
}

/** Bodies longer than this may be cut on the line, so the opened line repeats them whole. */
const WHOLE_ABOVE = 40;

export const logKey = (record: LogRecordAnswer) => `${record.timeUnixNano}-${record.sequence}`;

/** One log line; opened, all of it. Bodies are text, whatever they hold. */
export function LogLine({ record, open, onToggle, oneService = false, onPick }: LogLineProps) {
	const ms = unixNanoToMs(record.timeUnixNano);
	const rest = fraction(record.timeUnixNano);
	return (
		<div className={styles.entry} data-testid="log-row" data-open={open || undefined}>
			<div
				className={styles.line}
				data-one={oneService || undefined}
				style={{ ["--level" as string]: levelColor(record.level) }}
			>
				<button
					type="button"
					className={styles.toggle}
					aria-expanded={open}
					aria-label={`${record.level} of ${record.service}: ${record.body.slice(0, 120)}`}
					onClick={onToggle}
				/>
				<time className={`${styles.time} num`} title={formatTimeNano(record.timeUnixNano)}>
					{formatDate(ms) !== formatDate(Date.now()) && <span className={styles.date}>{formatDate(ms).slice(5)} </span>}
					{formatClock(ms)}.{rest.slice(0, 3)}
					<i>{rest.slice(3, 6)}</i>
				</time>
				<LevelTag level={record.level} />
				{!oneService && (
					<span className={styles.service}>
						<ServiceBadge service={record.service} />
					</span>
				)}
				<span className={styles.body}>
					{record.body}
					{!open &&
						logPreview(record.attributes).map(({ key, value }) => (
							<span key={key} className={styles.pair}>
								<i>{key}</i> {value}
							</span>
						))}
				</span>
				{record.traceId !== null && (
					<Link
						href={traceHref(record.traceId, record.spanId)}
						className={`${styles.trace} mono`}
						data-testid="log-trace"
						title={`Open trace ${record.traceId}`}
					>
						<span>{shortId(record.traceId)}</span>
						<Icon name="arrow" size={12} />
					</Link>
				)}
			</div>
			{open && <LogDetail record={record} {...(onPick ? { onPick } : {})} />}
		</div>
	);
}

function LogDetail({ record, onPick }: { record: LogRecordAnswer; onPick?: (key: string, value: string) => void }) {
	return (
		<div className={styles.detail} data-testid="log-detail">
			{(record.body.length > WHOLE_ABOVE || record.body.includes("\n")) && (
				<pre className={styles.whole}>{record.body}</pre>
			)}
			<p className={styles.facts}>
				<span className="num">{formatTimeNano(record.timeUnixNano)}</span>
				<span>{record.severityText || record.level}</span>
				<Link href={serviceHref(record.service)}>{record.service}</Link>
				{record.traceId !== null ? (
					<Link href={traceHref(record.traceId, record.spanId)}>
						trace <code>{record.traceId}</code>
						{record.spanId !== null && (
							<>
								{" "}
								span <code>{record.spanId}</code>
							</>
						)}
					</Link>
				) : (
					<span>no trace: the line was written outside a request</span>
				)}
			</p>
			<div className={styles.columns}>
				<section>
					<h3>Attributes</h3>
					<KeyValueList values={record.attributes} empty="This line carries none." {...(onPick ? { onPick } : {})} />
				</section>
				<section>
					<h3>Resource</h3>
					<KeyValueList values={record.resource} {...(onPick ? { onPick } : {})} />
				</section>
			</div>
		</div>
	);
}
