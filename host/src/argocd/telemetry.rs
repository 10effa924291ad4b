//! What the server tells of itself while it runs: the log on standard error, and traces to a collector where one is named.

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tonic::metadata::MetadataMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// How the server tells of itself.
#[derive(Clone, Debug)]
pub(crate) struct Telemetry {
    /// The form of the log.
    pub(crate) format: LogFormat,
    /// How much is logged.
    pub(crate) level: String,
    /// The collector of traces.
    pub(crate) otlp: Option<String>,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

/// What has to be told before the end.
pub(super) struct Told(Option<SdkTracerProvider>);

impl Drop for Told {
    fn drop(&mut self) {
        // A collector that does not answer keeps nobody here.
        let _ = self.0.take().map(|provider| provider.shutdown());
    }
}

impl Telemetry {
    /// Starts the log and traces. Within the runtime, which the connection to the collector lives in.
    ///
    /// # Errors
    /// If the level or the collector's address is none, or there is a log already.
    pub(super) fn start(&self) -> Result<Told> {
        let filter = EnvFilter::try_new(&self.level)?;
        let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
        let log = match self.format {
            // Spans are for traces: what matters of them is in the events.
            LogFormat::Json => {
                log.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
            }
            LogFormat::Text => log.with_ansi(false).boxed(),
        };
        let provider = self.otlp.as_deref().filter(|url| !url.is_empty()).map(provider).transpose()?;
        let traces = provider.as_ref().map(|provider| {
            let own = Targets::new().with_target(env!("CARGO_PKG_NAME"), LevelFilter::INFO);
            tracing_opentelemetry::layer().with_tracer(provider.tracer("oarlock")).with_filter(own)
        });
        let whole = tracing_subscriber::registry().with(log.with_filter(filter)).with(traces);
        whole.try_init().context("cannot start the log")?;
        Ok(Told(provider))
    }
}

fn provider(url: &str) -> Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(url).build();
    let exporter = exporter.with_context(|| format!("cannot send traces to `{url}`"))?;
    let resource = Resource::builder().with_service_name("oarlock").build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}

/// Makes a span a part of the trace that the client is in, if it says so.
pub(super) fn follow(span: &Span, metadata: &MetadataMap) {
    let context = TraceContextPropagator::new().extract(&Headers(metadata));
    // Without traces there is nothing to follow.
    let _ = span.set_parent(context);
}

struct Headers<'a>(&'a MetadataMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0
            .keys()
            .filter_map(|key| match key {
                tonic::metadata::KeyRef::Ascii(key) => Some(key.as_str()),
                tonic::metadata::KeyRef::Binary(_) => None,
            })
            .collect()
    }
}
