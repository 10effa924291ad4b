//! The server: from its sockets to its end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::transport::Server;
use tracing::{info, warn};

use super::backend::Backend;
use super::flow::Flow;
use super::http::{self, Readiness, Ready};
use super::metrics::Metrics;
use super::proto::DESCRIPTORS;
use super::proto::plugin::config_management_plugin_service_server::ConfigManagementPluginServiceServer;
use super::proto::version::version_service_server::VersionServiceServer;
use super::reload::{self, Reload};
use super::service::{Service, Version};
use super::shared::Store;
use super::socket::{Incoming, Socket, listen};
use super::telemetry::Telemetry;
use oarlock_engine::pipeline::Renderer;

/// The largest message that Argo CD sends or takes by default.
const MAX_MESSAGE_BYTES: usize = 100 << 20;

/// How often a connection is asked whether somebody is there, and how long the answer may take.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// How long a connection may last, and how long what runs on it may then still take. Argo CD has
/// one for each request, and none of its requests takes that long; a client that never fetches its
/// answer would otherwise keep it here for as long as it likes.
const MAX_CONNECTION_AGE: Duration = Duration::from_hours(1);
const MAX_CONNECTION_AGE_GRACE: Duration = Duration::from_mins(5);

/// How much a client may send of a stream before it is read.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;

/// Argo CD has one stream on a connection, or two.
const STREAMS_OF_A_CONNECTION: u32 = 16;

/// What the command line says of the server.
#[derive(Clone, Debug)]
pub struct Options {
    /// The sockets to listen on.
    pub sockets: Vec<PathBuf>,
    /// Where to answer Kubernetes and Prometheus.
    pub http: Option<SocketAddr>,
    /// Threads that render.
    pub threads: usize,
    /// How long renders may go on once the server is asked to end.
    pub grace: Duration,
    /// How the server tells of itself.
    pub telemetry: Telemetry,
    /// How it reads the operator's word anew, if it is to.
    pub reload: Option<Reload>,
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// If there is no way to listen.
pub fn serve(renderer: Renderer, store: Option<Store>, options: &Options) -> Result<()> {
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.threads.max(2))
        .thread_name("connections")
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let telemetry = {
        let _within = runtime.enter();
        options.telemetry.start()?
    };
    let served = runtime.block_on(run(renderer, store, options));
    drop(telemetry);
    // A render that does not end keeps nobody here.
    runtime.shutdown_background();
    served
}

/// Each connection takes a file descriptor, and the usual soft limit of 1024 is for programs that
/// use `select`.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

async fn run(renderer: Renderer, store: Option<Store>, options: &Options) -> Result<()> {
    let metrics = Arc::new(Metrics::new(renderer.library.names().map(str::to_owned)));
    let backend = Arc::new(Backend::new(renderer, options.threads, store, metrics)?);
    let ready = Arc::new(Readiness::default());
    let (end, ends) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    if let Some(address) = options.http {
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        info!("answering probes on {}", listener.local_addr()?);
        tokio::spawn(http::serve(listener, Arc::clone(&backend), Arc::clone(&ready)));
    }
    let mut sockets = Vec::new();
    let mut servers = JoinSet::new();
    for path in &options.sockets {
        let (socket, incoming) = listen(path, Arc::clone(&backend.memory))?;
        info!("listening on {}", socket.path.display());
        sockets.push(socket);
        servers.spawn(serve_socket(Arc::clone(&backend), incoming, ends.clone()));
    }
    // Requests are served meanwhile, and wait for the plugins that they need.
    let names: Vec<String> = backend.live().renderer.library.names().map(str::to_owned).collect();
    ready.plugins_are(&names);
    let first = {
        let (backend, ready) = (Arc::clone(&backend), Arc::clone(&ready));
        tokio::task::spawn_blocking(move || reload::load_first(&backend, &ready))
    };
    if let Some(reload) = options.reload.clone() {
        let (backend, ready) = (Arc::clone(&backend), Arc::clone(&ready));
        tokio::spawn(async move {
            if first.await.is_ok()
                && let Err(error) = reload::watch(backend, ready, reload).await
            {
                warn!("changes of the operator's file are not seen: {error}");
            }
        });
    }

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        ended = servers.join_next() => {
            return ended.transpose().map(|_| ()).context("a server ended");
        }
    }
    ready.is_now(Ready::No);
    // First of all nobody new comes.
    drop::<Vec<Socket>>(sockets);
    info!("ending; what runs has {} s to finish", options.grace.as_secs());
    let _ = end.send(true);
    let finished = async { while servers.join_next().await.is_some() {} };
    tokio::select! {
        () = finished => info!("ended"),
        () = tokio::time::sleep(options.grace) => warn!("ended before everything was finished"),
        _ = terminate.recv() => warn!("ended at once"),
    }
    Ok(())
}

/// Serves one socket until the server ends and its connections have finished.
async fn serve_socket(
    backend: Arc<Backend>,
    incoming: Incoming,
    mut ends: watch::Receiver<bool>,
) -> Result<(), tonic::transport::Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<ConfigManagementPluginServiceServer<Service>>().await;
    let flow = Flow {
        memory: Arc::clone(&backend.memory),
        patience: Duration::from_secs(backend.operator().argo_cd.answer_seconds.into()),
    };
    let plugin = ConfigManagementPluginServiceServer::new(Service(backend))
        .max_decoding_message_size(MAX_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let mut routes = tonic::service::Routes::builder();
    routes.add_service(plugin).add_service(health_service).add_service(VersionServiceServer::new(Version));
    // The descriptors are made at build time; were they broken, everything but reflection would
    // still work.
    if let (Ok(v1), Ok(v1alpha)) = (reflection().build_v1(), reflection().build_v1alpha()) {
        routes.add_service(v1).add_service(v1alpha);
    }
    Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .max_connection_age(MAX_CONNECTION_AGE)
        .max_connection_age_grace(MAX_CONNECTION_AGE_GRACE)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(2 * STREAM_WINDOW_BYTES)
        .max_concurrent_streams(STREAMS_OF_A_CONNECTION)
        .layer(flow)
        .add_routes(routes.routes())
        .serve_with_incoming_shutdown(incoming, async move {
            let _ = ends.wait_for(|ends| *ends).await;
        })
        .await
}
