// Each case is a logger and the lines it writes in a span, behind GET /<case>; outside of spans it is written at start.
exports.cases = (pino) => ({
	plain: () => pino().info({ a: 1 }, "plain"),
	nestedKey: () => pino({ nestedKey: "payload" }).info({ a: 1, trace_id: "theirs" }, "nested"),
	noTimestamp: () => pino({ timestamp: false }).info("no time"),
	isoTime: () => pino({ timestamp: pino.stdTimeFunctions.isoTime }).info("iso"),
	ownTime: () => pino({ timestamp: () => ',"at":"noon"' }).info("own time"),
	noTimeNoBase: () => pino({ timestamp: false, base: null }).info("bare"),
	levelFormatter: () => pino({ formatters: { level: (label) => ({ level: label }) } }).warn("label"),
	bindingsFormatter: () => pino({ formatters: { bindings: () => ({ boundBy: "formatter" }) } }).info("bindings"),
	logFormatter: () => pino({ formatters: { log: (object) => ({ ...object, added: true }) } }).info({ a: 1 }, "log"),
	logFormatterOwnTrace: () =>
		pino({ formatters: { log: (object) => ({ ...object, trace_id: "f".repeat(32), service: "theirs" }) } }).info("own"),
	child: () => pino().child({ module: "cart" }).child({ step: 2 }).info("child"),
	childOptions: () =>
		pino()
			.child(
				{ user: { id: 7, name: "Ann" } },
				{ serializers: { user: (user) => user.id }, redact: ["password"], msgPrefix: "[cart] " },
			)
			.info({ password: "p" }, "child"),
	baseWithService: () => pino({ base: { service: "theirs", version: 7 } }).info("base"),
	nestedChild: () => pino({ nestedKey: "payload" }).child({ module: "cart" }).info({ service: "inner" }, "nested"),
	mixin: () => pino({ mixin: () => ({ mixed: true }) }).info({ a: 1 }, "mixed"),
	childWithService: () => pino().child({ service: "theirs" }).info("child"),
	ownTrace: () => pino().info({ trace_id: "0AF7651916CD43DD8448EB211C80319C", span_id: "b7ad6b7169203331" }, "own"),
	childWithTrace: () => pino().child({ trace_id: "0af7651916cd43dd8448eb211c80319c" }).info("own"),
	mixinTrace: () => pino({ mixin: () => ({ trace_id: "0af7651916cd43dd8448eb211c80319c" }) }).info("own"),
	setBindings: () => {
		const logger = pino();
		logger.info("before");
		logger.setBindings({ service: "theirs" });
		logger.info("after");
	},
	redact: () =>
		pino({ redact: ["password", "card.number"] }).info({ password: "p", card: { number: "4111" } }, "redacted"),
	secrets: () => pino().info({ password: "hunter2", req: { headers: { cookie: "sid=1" } } }, "GET /?token=abc&page=2"),
	messageKey: () => pino({ messageKey: "message", errorKey: "failure" }).error(new Error("broken"), "it broke"),
	error: () => pino().error(new TypeError("broken"), "it broke"),
	serializers: () => pino({ serializers: { user: (user) => user.id } }).info({ user: { id: 7, name: "Ann" } }, "who"),
	noBase: () => pino({ base: null }).info("no base"),
	customLevel: () => pino({ customLevels: { notice: 35 } }).notice("custom"),
	percent: () => pino().info("hello %s", "world"),
	noMessage: () => pino().info({ only: "fields" }),
	crlf: () => pino({ crlf: true }).info("crlf"),
	name: () => pino({ name: "billing" }).info("named"),
	quotes: () => pino().info({ q: 'a "quoted",\n"trace_id":"x"' }, 'says "trace_id":"y"'),
	nested: () => pino().info({ ctx: { trace_id: "inner" } }, "inner only"),
	hook: () =>
		pino({
			hooks: {
				logMethod(args, method) {
					method.apply(this, args);
				},
			},
		}).info("hooked"),
	multistream: () => pino({}, pino.multistream([{ stream: process.stdout }])).info("multi"),
});
