//! What the server tells of itself while it runs: the log on standard error, and traces to a
//! collector where one is named.

use std::borrow::Cow;
use std::io::{self, Write};

use anyhow::{Context as _, Result};
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

use oarlock_engine::printable;

/// How the server tells of itself.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The form of the log.
    pub format: LogFormat,
    /// How much is logged.
    pub level: String,
    /// The collector of traces.
    pub otlp: Option<String>,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

/// What has to be sent before the end.
pub(super) struct TelemetryGuard(Option<SdkTracerProvider>);

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        // A collector that does not answer keeps nobody here.
        let _ = self.0.take().map(|provider| provider.shutdown());
    }
}

impl Telemetry {
    /// Starts the log and traces. Within the runtime, which the connection to the collector lives
    /// in.
    ///
    /// # Errors
    /// If the level or the collector's address is none, or there is a log already.
    pub(super) fn start(&self) -> Result<TelemetryGuard> {
        let filter = EnvFilter::try_new(&self.level)?;
        let log = tracing_subscriber::fmt::layer().with_target(false);
        let log = match self.format {
            // Spans are for traces: what matters of them is in the events.
            LogFormat::Json => log
                .with_writer(|| Events { out: std::io::stderr(), escape: printable::json })
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false)
                .boxed(),
            LogFormat::Text => log
                .with_writer(|| Events { out: std::io::stderr(), escape: printable::line })
                .with_ansi(false)
                .boxed(),
        };
        let provider = self.otlp.as_deref().filter(|url| !url.is_empty()).map(provider).transpose()?;
        let traces = provider.as_ref().map(|provider| {
            // The prefix of all crates of Oarlock.
            let own = Targets::new().with_target("oarlock", LevelFilter::INFO);
            tracing_opentelemetry::layer().with_tracer(provider.tracer("oarlock")).with_filter(own)
        });
        let whole = tracing_subscriber::registry().with(log.with_filter(filter)).with(traces);
        whole.try_init().context("cannot start the log")?;
        Ok(TelemetryGuard(provider))
    }
}

/// Writes events, each a single line whatever a repository has put into it.
struct Events<W> {
    out: W,
    escape: for<'a> fn(&'a str) -> Cow<'a, str>,
}

impl<W: Write> Write for Events<W> {
    /// Takes one event, which the log writes as a whole.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = (self.escape)(text.trim_end_matches('\n')).into_owned() + "\n";
        self.out.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the log writes of two events with a text from a repository.
    fn logged(is_json: bool, text: &str) -> String {
        let written = Written::default();
        let out = written.clone();
        let log = tracing_subscriber::fmt::layer().with_target(false);
        let log = if is_json {
            log.with_writer(move || Events { out: out.clone(), escape: printable::json }).json().boxed()
        } else {
            log.with_writer(move || Events { out: out.clone(), escape: printable::line })
                .with_ansi(false)
                .boxed()
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log), || {
            tracing::warn!(path = text, "{text}");
            tracing::warn!("next");
        });
        let written = written.0.lock().unwrap().clone();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn an_event_is_one_line_and_no_command_of_a_terminal() {
        let evil = "a\n2026-01-01T00:00:00Z  INFO forged\u{1b}[2J\r\u{9b}2J\u{202e}";
        for is_json in [false, true] {
            let text = logged(is_json, evil);
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(!text.contains(['\u{1b}', '\r', '\u{9b}', '\u{202e}']), "{text:?}");
            assert!(text.lines().nth(1).unwrap().contains("next"), "{text}");
        }
        let text = logged(true, evil);
        let event: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(event["fields"]["path"], evil);
    }
}
