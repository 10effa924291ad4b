//! `oarlock serve`: the plugin server that Argo CD's repo-server talks to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::ValueEnum;

use super::cache::CacheOptions;
use super::session::{HostOptions, Session};
use super::supply::{self, Network};
use crate::exit::Exit;
use oarlock_engine::pipeline::Renderer;
use oarlock_engine::sandbox::Workload;
use oarlock_server::{LogFormat, Options, Reload, Telemetry};

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LogForm {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

impl From<LogForm> for LogFormat {
    fn from(form: LogForm) -> Self {
        match form {
            LogForm::Json => Self::Json,
            LogForm::Text => Self::Text,
        }
    }
}

/// Serves Argo CD: the sidecar of the repo-server, in place of argocd-cmp-server.
///
/// Applications name it by `spec.source.plugin.name`. What runs is in the repository's
/// oarlock.yaml, as in `oarlock render`; the section `argocd` of the operator's configuration says
/// how the server behaves. That file and the plugins are loaded again when they change, and on
/// SIGHUP.
///
/// Example: oarlock serve --http 127.0.0.1:8080
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Name of the plugin; more than one for Applications that still use another. The sockets are
    /// NAME.sock.
    #[arg(long, value_name = "NAME", default_value = "oarlock")]
    name: Vec<String>,

    /// Where the repo-server looks for sockets of plugins.
    #[arg(
        long,
        value_name = "DIR",
        env = "ARGOCD_PLUGINSOCKFILEPATH",
        hide_env_values = true,
        default_value = "/home/argocd/cmp-server/plugins"
    )]
    socket_dir: PathBuf,

    /// Where to answer /healthz, /readyz and /metrics.
    #[arg(long, value_name = "ADDRESS:PORT")]
    http: Option<SocketAddr>,

    /// Threads that render [default: one more than there are processors].
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// Seconds that renders have to finish once the server is asked to end.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    grace: u64,

    #[command(flatten)]
    cache: CacheOptions,

    /// Form of the log, which goes to standard error.
    #[arg(long, value_enum, default_value_t)]
    log_format: LogForm,

    /// How much is logged: error, warn, info, debug.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: String,

    /// Where to send traces by OTLP over gRPC, as http://HOST:4317.
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true)]
    otlp: Option<String>,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    for name in &args.name {
        if name.is_empty() || name.contains('/') || name.starts_with('.') {
            bail!("`{name}` is no name of a plugin");
        }
    }
    let threads = args.threads.unwrap_or_else(default_threads);
    let (library, operator) = Session::library_of(host, workload(Some(threads)), Network::Used)?;
    let renderer =
        Renderer { library: Arc::new(library), operator: Arc::new(operator), pipeline: None, cache: None };
    let sockets = args.name.iter().map(|name| args.socket_dir.join(format!("{name}.sock"))).collect();
    let grace = Duration::from_secs(args.grace);
    let store = args.cache.store()?;
    let telemetry =
        Telemetry { format: args.log_format.into(), level: args.log_level.clone(), otlp: args.otlp.clone() };
    let reload = host.operator_file().is_some().then(|| reload(host));
    let options = Options { sockets, http: args.http, threads, grace, telemetry, reload };
    oarlock_server::serve(renderer, store, &options)?;
    Ok(Exit::Done)
}

/// How the operator's file is read anew.
fn reload(host: &HostOptions) -> Reload {
    let (again, watched) = (host.clone(), host.clone());
    Reload {
        renderer: Arc::new(move |old| {
            let (library, operator) = Session::library_again(&again, old)?;
            Ok(Renderer {
                library: Arc::new(library),
                operator: Arc::new(operator),
                pipeline: None,
                cache: None,
            })
        }),
        files: Arc::new(move |renderer| match watched.operator_file() {
            Some(file) => supply::files(file, &renderer.operator),
            None => Vec::new(),
        }),
    }
}

/// What a server with so many threads does.
pub(super) fn workload(threads: Option<usize>) -> Workload {
    // Each render has one call of a plugin, and those that it waits for.
    let threads = u32::try_from(threads.unwrap_or_else(default_threads)).unwrap_or(u32::MAX);
    Workload::Many { at_once: threads.saturating_mul(8) }
}

/// One more than processors: a repository never gets all of them.
fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get) + 1
}
