//! `oarlock serve` beside Argo CD's own plugin server, which runs `kubectl kustomize`: one client
//! asks both, over their sockets, for the applications of a monorepo. The client packs repositories
//! beforehand, so that what is measured begins with the connection.

mod monorepo;
mod servers;

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use self::monorepo::{APPLICATIONS, CHANGES, directory};
use self::servers::{Client, Server};
use super::Programs;

/// Requests at once.
const PARALLEL: [usize; 3] = [1, 8, 64];

/// Requests of a measurement, for the peer fewer: it takes a hundred times as long.
const OURS: usize = 1_000;
const THEIRS: usize = 32;

/// Revisions of the measurements in which they matter.
const REVISIONS: usize = 8;

/// The soak: so many requests, for so many seconds at most.
const SOAK: usize = 100_000;
const SOAK_SECONDS: f64 = 300.0;

/// A measurement that both servers are put through.
struct Scenario {
    name: &'static str,
    what: &'static str,
    wanted: f64,
    run: fn(&mut Calls<'_>, usize, usize) -> Result<Value>,
}

const SCENARIOS: [Scenario; 3] = [
    Scenario {
        name: "a",
        what: "a repository already seen",
        wanted: 50.0,
        run: |asked, count, parallel| asked.seen(count, parallel),
    },
    Scenario {
        name: "b",
        what: "a new revision with one changed application among 1,000",
        wanted: 50.0,
        run: |asked, count, parallel| asked.changed(count, parallel),
    },
    Scenario {
        name: "c",
        what: "all cold: every request another repository",
        wanted: 10.0,
        run: |asked, count, parallel| asked.cold(count, parallel),
    },
];

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    let programs = Programs::get()?;
    let scratch = tempfile::tempdir()?;
    let repository = scratch.path().join("repository");
    monorepo::write(&repository)?;
    let client = Client::build()?;
    let mut ours = Server::oarlock(&programs.oarlock, scratch.path())?;
    let mut theirs = Server::argocd(&programs.kubectl, scratch.path())?;
    let idle = [&ours, &theirs].map(Server::memory);

    println!("## The server for Argo CD\n");
    println!(
        "| what | at once | p50 | p99 | a second | peer's p50 | p99 | a second | ratio of p50 | of throughput | wanted |"
    );
    println!("|---|{}", "---:|".repeat(10));
    let (mut revision, mut next_cold) = (0, OURS.div_ceil(REVISIONS));
    let mut packed = 0;
    for Scenario { name, what, wanted, run } in SCENARIOS {
        for parallel in PARALLEL {
            let mut measured = |server: &Server, count: usize| -> Result<Measured> {
                let mut asked = Calls {
                    client: &client,
                    server,
                    repository: &repository,
                    revision: &mut revision,
                    next_cold: &mut next_cold,
                };
                let answer = run(&mut asked, count, parallel)?;
                Measured::of(&answer).with_context(|| format!("{name}: {}", server.name()))
            };
            let (a, b) = (measured(&ours, OURS)?, measured(&theirs, THEIRS.max(parallel))?);
            packed = a.bytes;
            println!(
                "| {name}: {what} | {parallel} | {} | {} | {:.0} | {} | {} | {:.1} | {:.0} | {:.0} | {wanted:.0} |",
                ms(a.p50),
                ms(a.p99),
                a.throughput,
                ms(b.p50),
                ms(b.p99),
                b.throughput,
                b.p50 / a.p50,
                a.throughput / b.throughput,
            );
        }
    }
    println!("\nThe repository has {APPLICATIONS} applications, {} KiB as it is sent.\n", packed >> 10);
    println!("| memory, MiB | oarlock | argocd-cmp-server without what it runs |");
    println!("|---|---:|---:|");
    let row = |what: &str, memory: [Option<u64>; 2]| {
        let shown = memory.map(|kib| kib.map_or_else(|| "–".to_owned(), |kib| (kib >> 10).to_string()));
        println!("| {what} | {} | {} |", shown[0], shown[1]);
    };
    row("idle", idle);
    row("at most, under 64 requests at once", [&ours, &theirs].map(Server::most_memory));
    theirs.end();
    soak(&client, &ours, &repository)?;
    ours.end();
    println!();
    Ok(())
}

/// Many requests, and what memory they leave taken.
fn soak(client: &Client, server: &Server, repository: &Path) -> Result<()> {
    const PARTS: usize = 5;
    println!("\n| requests so far | a second | memory, MiB |");
    println!("|---:|---:|---:|");
    let mut all = 0;
    for part in 0..PARTS {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let seconds = SOAK_SECONDS / PARTS as f64;
        // A commit now and then, as in life.
        let load = json!({
            "applications": (0..APPLICATIONS).map(directory).collect::<Vec<_>>(), "changes": CHANGES,
            "revisions": 4, "first": 1_000_000 + part * 4, "seconds": seconds,
        });
        let answer = client.ask(server, repository, &load, SOAK / PARTS, 16)?;
        let measured = Measured::of(&answer)?;
        all += measured.requests;
        let memory = server.memory().map_or_else(|| "–".to_owned(), |kib| (kib >> 10).to_string());
        println!("| {all} | {:.0} | {memory} |", measured.throughput);
    }
    Ok(())
}

/// A server that is asked.
struct Calls<'a> {
    client: &'a Client,
    server: &'a Server,
    repository: &'a Path,
    /// The next revision that nobody has seen.
    revision: &'a mut usize,
    /// The next application that nobody has asked for: those of the other measurements come before.
    next_cold: &'a mut usize,
}

impl Calls<'_> {
    /// Asks for applications in turn, in so many revisions that nobody has seen.
    fn ask(
        &mut self,
        applications: &[String],
        revisions: usize,
        count: usize,
        parallel: usize,
    ) -> Result<Value> {
        let load = json!({
            "applications": applications, "changes": CHANGES, "revisions": revisions, "first": *self.revision,
        });
        *self.revision += revisions;
        self.client.ask(self.server, self.repository, &load, count, parallel)
    }

    /// The same revision before and after.
    fn seen(&mut self, count: usize, parallel: usize) -> Result<Value> {
        let applications: Vec<_> = (0..64).map(directory).collect();
        let first = *self.revision;
        self.ask(&applications, 1, applications.len(), 2)?;
        *self.revision = first;
        self.ask(&applications, 1, count, parallel)
    }

    /// Revisions that nobody has seen, after one that all have; each changes one of the
    /// applications.
    fn changed(&mut self, count: usize, parallel: usize) -> Result<Value> {
        let applications: Vec<_> = (0..count.div_ceil(REVISIONS).max(1)).map(directory).collect();
        self.ask(&applications, 1, applications.len(), 2)?;
        self.ask(&applications, REVISIONS, count, parallel)
    }

    /// A revision for each request, and an application for each that was never asked for.
    fn cold(&mut self, count: usize, parallel: usize) -> Result<Value> {
        let count = count.min(THEIRS.max(parallel));
        let first = *self.next_cold;
        *self.next_cold += count;
        let applications: Vec<_> = (first..first + count).map(directory).collect();
        self.ask(&applications, count, count, parallel)
    }
}

/// The result of a measurement.
struct Measured {
    p50: f64,
    p99: f64,
    /// Requests a second.
    throughput: f64,
    requests: usize,
    /// Bytes of the repository as it is sent.
    bytes: u64,
}

impl Measured {
    fn of(answer: &Value) -> Result<Self> {
        anyhow::ensure!(answer["failed"] == 0, "requests failed: {}", answer["error"]);
        let mut times: Vec<f64> =
            answer["took"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied()
        };
        let seconds = answer["value"]["seconds"].as_f64().context("no time")?;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "far below 2^52"
        )]
        Ok(Self {
            p50: at(50).context("no requests")?,
            p99: at(99).context("no requests")?,
            throughput: times.len() as f64 / seconds,
            requests: times.len(),
            bytes: answer["value"]["bytes"].as_f64().unwrap_or_default() as u64,
        })
    }
}

fn ms(time: f64) -> String {
    if time < 100.0 { format!("{time:.1} ms") } else { format!("{time:.0} ms") }
}
