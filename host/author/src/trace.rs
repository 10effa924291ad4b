//! What happened in a render: what plugins read and logged, and what their calls took.

use std::fmt::Write as _;

use oarlock_engine::pipeline::RenderOutcome;
use oarlock_engine::printable;
use oarlock_engine::sandbox::{Call, LogLine};
use oarlock_engine::source::{Lookup, LookupResult, ReadRecord};

/// The record of a render.
#[derive(Clone, Debug)]
pub struct Trace {
    calls: Vec<Call>,
    log: Vec<LogLine>,
    reads: ReadRecord,
    manifests: Option<usize>,
}

impl Trace {
    /// Takes the record out of the outcome of a task that was
    /// [traced](oarlock_engine::pipeline::Task::traced).
    pub fn take(outcome: &RenderOutcome) -> Self {
        Self {
            calls: outcome.services.take_calls(),
            log: outcome.services.take_log(),
            reads: outcome.reads.clone(),
            manifests: outcome.rendered.as_ref().ok().map(|rendered| rendered.manifests.len()),
        }
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        for call in &self.calls {
            let called = if call.depth > 0 { " (called by a plugin)" } else { "" };
            let _ = writeln!(
                text,
                "call  {} {}: {:.1} ms, {} KiB{called}",
                printable::line(&call.plugin),
                call.export,
                call.time.as_secs_f64() * 1e3,
                call.memory.0 >> 10,
            );
        }
        for (request, answer) in &self.reads {
            let (verb, path) = verb_and_path(request);
            let _ = writeln!(text, "{verb:<6}{}{}", printable::line(path), result(answer));
        }
        for line in &self.log {
            let _ =
                writeln!(text, "log   {}: {}", printable::line(&line.plugin), printable::line(&line.message));
        }
        if let Some(count) = self.manifests {
            let _ = writeln!(text, "gave  {count} manifest{}", if count == 1 { "" } else { "s" });
        }
        text
    }
}

fn verb_and_path(request: &Lookup) -> (&'static str, &str) {
    match request {
        Lookup::Read(path) => ("read", path.as_str()),
        Lookup::List(path) => ("list", path.as_str()),
        Lookup::Stat(path) => ("stat", path.as_str()),
        Lookup::Remote(url) => ("remote", url),
    }
}

fn result(answer: &LookupResult) -> String {
    match answer {
        LookupResult::Content(_) | LookupResult::Found(_) => String::new(),
        LookupResult::Copy(path) => format!(": {}", printable::line(path.as_str())),
        LookupResult::Nothing(why) => format!(": {}", printable::line(&why.to_string())),
    }
}
