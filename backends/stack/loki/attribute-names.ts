/**
 * Loki keeps attributes as labels: names lose their dots, values their types. What can be told is put back: names that the semantic
 * conventions know, and values whose text can only have been a number, a truth or a list.
 */
import type { AttributeValue } from "../../../core/model.ts";

/** Attributes of a resource, by the first word of their names. */
const RESOURCE_WORDS =
	"browser|cloud|container|deployment|device|faas|heroku|host|k8s|oci|os|process|service|telemetry|webengine|aws|gcp|azure";
const RESOURCE = new RegExp(`^(?:${RESOURCE_WORDS})_`);

/** Names of semantic conventions that hold an underscore of their own or more than one dot; the rest follows from their spelling here. */
const KNOWN = `
service.name service.namespace service.version service.instance.id deployment.environment deployment.environment.name deployment.name
host.name host.id host.arch host.type host.ip os.type os.name os.version os.description process.pid process.command process.command_args
process.owner process.executable.name process.executable.path process.runtime.name process.runtime.version process.runtime.description
telemetry.sdk.name telemetry.sdk.language telemetry.sdk.version telemetry.distro.name telemetry.distro.version container.id container.name
container.image.name container.image.tags container.runtime cloud.provider cloud.region cloud.platform cloud.account.id
cloud.availability_zone cloud.resource_id k8s.cluster.name k8s.cluster.uid k8s.namespace.name k8s.node.name k8s.node.uid k8s.pod.name
k8s.pod.uid k8s.pod.ip k8s.pod.start_time k8s.container.name k8s.container.restart_count k8s.replicaset.name k8s.replicaset.uid
k8s.deployment.name k8s.deployment.uid k8s.statefulset.name k8s.daemonset.name k8s.job.name k8s.cronjob.name faas.name faas.version
faas.instance device.id webengine.name webengine.version
http.request.method http.request.method_original http.request.body.size http.request.resend_count http.request_id
http.request.header.x-request-id http.response.status_code http.response.body.size http.route http.method http.status_code http.url
http.target http.host http.scheme http.flavor http.user_agent url.full url.path url.query url.scheme url.domain url.template
user_agent.original user_agent.name client.address client.port server.address server.port network.peer.address network.peer.port
network.protocol.name network.protocol.version network.transport network.type net.peer.name net.peer.port net.host.name net.host.port
peer.service error.type error.message exception.type exception.message exception.stacktrace exception.escaped
db.system db.system.name db.name db.namespace db.statement db.operation db.operation.name db.query.text db.query.summary
db.collection.name db.sql.table db.user db.response.status_code messaging.system messaging.destination.name messaging.destination
messaging.operation messaging.operation.name messaging.operation.type messaging.message.id messaging.client.id
messaging.consumer.group.name messaging.batch.message_count rpc.system rpc.service rpc.method rpc.grpc.status_code
user.id user.name user.email user.roles enduser.id session.id session.previous_id event.name event.domain
code.function code.function.name code.filepath code.file.path code.lineno code.line.number code.namespace code.column.number
thread.id thread.name log.file.path log.file.name log.iostream log.record.uid log.record.original feature_flag.key feature_flag.variant
graphql.operation.name graphql.operation.type request.id trace.id span.id correlation.id
`
	.trim()
	.split(/\s+/);

const ORIGINAL = new Map(KNOWN.map((name) => [labelName(name), name]));

/** The label an attribute becomes on its way through OTLP (otlptranslator's LabelNamer): `http.route` is `http_route`. */
export function labelName(attribute: string): string {
	// A reserved name keeps its two underscores at both ends.
	const reserved = /^__(.*)__$/s.exec(attribute);
	const core = (reserved?.[1] ?? attribute).replace(/[^A-Za-z0-9]+/gu, "_");
	const name = reserved ? `__${core}__` : core;
	return /^[0-9]/.test(name) ? `key_${name}` : name;
}

/** Every label the attribute may be under: other shippers keep several underscores in a row. Never empty, each a valid label name. */
export function labelNames(attribute: string): string[] {
	const plain = attribute.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=[0-9])/, "_");
	return [...new Set([labelName(attribute), plain])].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
}

/** The attribute a label most likely was; the label itself where nothing is known. */
export function attributeName(label: string): string {
	return ORIGINAL.get(label) ?? label;
}

/** Does the label describe who logged rather than what was logged? */
export function isResourceLabel(label: string): boolean {
	return RESOURCE.test(label);
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** A number that a double writes just like this. In LogQL too. */
export const NUMBER_PATTERN = "-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?";

/** The value a text most likely was. */
export function attributeValue(text: string): AttributeValue {
	if (text === "true") return true;
	if (text === "false") return false;
	if (text.length <= 17 && NUMBER.test(text) && String(Number(text)) === text) return Number(text);
	if (text.startsWith("[") && text.endsWith("]")) {
		try {
			const list: unknown = JSON.parse(text);
			if (Array.isArray(list)) return list as AttributeValue[];
		} catch {
			// A text in brackets.
		}
	}
	return text;
}
