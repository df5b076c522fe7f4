"""Optional traces of requests: OpenTelemetry around the application.

Configured by OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME,
OTEL_TRACES_EXPORTER (otlp or console), OTEL_TRACES_SAMPLER, …
"""

from __future__ import annotations

import os
from typing import Any

from ..settings import Usage

CAPTURED = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE"


class Tracing:
    """A tracer provider of this process; made after the process is forked.

    Raises:
        Usage: if OpenTelemetry is not installed.
    """

    def __init__(self) -> None:
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

            exporter = _exporter()
        except ImportError as error:
            raise Usage(f"otel: {error}; pip install 'scorebundle[otel]'") from None
        name = os.environ.get("OTEL_SERVICE_NAME", "bundle-serve")
        self._provider = TracerProvider(resource=Resource.create({"service.name": name}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))

    def around(self, app: Any) -> Any:
        """The application with a span per request; it names the model that answered."""
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

        os.environ.setdefault(CAPTURED, "model-name,model-version,model-digest,x-request-id")
        return OpenTelemetryMiddleware(
            app, tracer_provider=self._provider, exclude_spans=["receive", "send"]
        )

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def _exporter() -> Any:
    if os.environ.get("OTEL_TRACES_EXPORTER") == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()
