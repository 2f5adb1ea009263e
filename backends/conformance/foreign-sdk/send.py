"""One run of a small Python service, told by OpenTelemetry's own SDK with its defaults.

Only OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL and OTEL_SERVICE_NAME are set. Prints what it sent, as JSON. One trace of four
spans (events, an exception, a link to a trace before it), log records within spans and without, a histogram and a counter with exemplars.
"""

import json
import os
import sys
import time

from opentelemetry import metrics, trace
from opentelemetry._logs import SeverityNumber, get_logger, set_logger_provider
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

MS = 1_000_000
ROUTE = "/basket/{id}"

tracing = TracerProvider()
tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracing)
logging = LoggerProvider()
logging.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
set_logger_provider(logging)
metering = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
metrics.set_meter_provider(metering)

tracer = trace.get_tracer("trivet.foreign-sdk", "1.0.0")
logger = get_logger("trivet.foreign-sdk", "1.0.0")
meter = metrics.get_meter("trivet.foreign-sdk", "1.0.0")
durations = meter.create_histogram(
    "http.server.request.duration",
    unit="s",
    description="Duration of HTTP server requests.",
    explicit_bucket_boundaries_advisory=[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
)
items = meter.create_counter("basket.items", unit="{item}", description="Items put into baskets.")

LABELS = {"http.request.method": "GET", "http.route": ROUTE}


def hexes(span):
    context = span.get_span_context()
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def request(duration_s, status):
    """What an instrumented server measures, within the span that is active."""
    durations.record(duration_s, {**LABELS, "http.response.status_code": status})


def round_of_requests():
    """Ten requests: nine of 20 ms, one that fails after 400 ms; one item each. The only ones of the run are within sampled spans."""
    for i in range(10):
        failed = i == 9
        started = time.time_ns() - 500 * MS
        kind = {"kind": SpanKind.SERVER, "attributes": {**LABELS, "http.response.status_code": 500 if failed else 200}}
        with tracer.start_as_current_span(f"GET {ROUTE}", start_time=started, end_on_exit=False, **kind) as span:
            request(0.4 if failed else 0.02, 500 if failed else 200)
            items.add(1, {"basket.kind": "gift"})
            if failed:
                span.set_status(Status(StatusCode.ERROR))
            span.end(started + (400 if failed else 20) * MS)


start = time.time_ns() - 2_000 * MS

earlier = tracer.start_span("import catalogue", start_time=start - 1_000 * MS)
earlier.end(start - 900 * MS)

root = tracer.start_span(
    f"GET {ROUTE}",
    kind=SpanKind.SERVER,
    start_time=start,
    links=[Link(earlier.get_span_context(), {"reason": "prices of this import"})],
    attributes={**LABELS, "url.path": "/basket/7", "http.response.status_code": 500, "größe": "ünïcode ✓"},
)
with trace.use_span(root, end_on_exit=False):
    price = tracer.start_span(
        "price basket",
        start_time=start + 10 * MS,
        attributes={"items": 3, "total": 12.5, "gift": True, "skus": ["a-1", "b-2"]},
    )
    with trace.use_span(price, end_on_exit=False):
        price.add_event("cache miss", {"key": "basket:7"}, timestamp=start + 20 * MS)
        logger.emit(
            timestamp=start + 30 * MS,
            severity_number=SeverityNumber.INFO,
            severity_text="INFO",
            body="priced basket 7 at 12.50",
            attributes={"basket.id": 7},
        )
        stock = tracer.start_span("GET", kind=SpanKind.CLIENT, start_time=start + 40 * MS, attributes={"server.address": "stock"})
        with trace.use_span(stock, end_on_exit=False):
            try:
                raise TimeoutError("stock did not answer within 100 ms")
            except TimeoutError as error:
                stock.record_exception(error, timestamp=start + 140 * MS)
                stock.set_status(Status(StatusCode.ERROR, "stock did not answer within 100 ms"))
            logger.emit(
                timestamp=start + 141 * MS,
                severity_number=SeverityNumber.ERROR,
                severity_text="ERROR",
                body={"message": "stock timed out", "attempt": 1},
            )
        stock.end(start + 145 * MS)
    price.end(start + 150 * MS)
    published = tracer.start_span("basket.viewed publish", kind=SpanKind.PRODUCER, start_time=start + 160 * MS)
    published.end(start + 170 * MS)
    root.set_status(Status(StatusCode.ERROR))
    # In the context of the trace: these are the exemplars to look for.
    request(0.2, 500)
    items.add(3, {"basket.kind": "gift"})
root.end(start + 200 * MS)

logger.emit(timestamp=start + 300 * MS, severity_number=SeverityNumber.WARN, severity_text="WARN", body="without a trace")

flushed = [metering.force_flush()]
# A second point for each series, so that a rate can be seen. Prometheus keeps milliseconds.
time.sleep(1.1)
round_of_requests()
flushed += [tracing.force_flush(), logging.force_flush(), metering.force_flush()]

trace_id, root_id = hexes(root)
json.dump(
    {
        "flushed": all(flushed),
        "service": os.environ["OTEL_SERVICE_NAME"],
        "route": ROUTE,
        "traceId": trace_id,
        "startUnixNano": str(start),
        "linkedTraceId": hexes(earlier)[0],
        "linkedSpanId": hexes(earlier)[1],
        "spans": {
            "root": root_id,
            "price": hexes(price)[1],
            "stock": hexes(stock)[1],
            "published": hexes(published)[1],
        },
    },
    sys.stdout,
)
sys.stdout.flush()
for provider in (tracing, logging, metering):
    provider.shutdown()
