//! The four calls of the plugin protocol, and the version service.

use std::sync::Arc;
use std::time::Duration;

use oarlock_plugin::Parameter;
use prost::Message as _;
use tonic::{Request, Response, Status, Streaming};
use tracing::{Instrument as _, Span, field, info, info_span};

use super::backend::Backend;
use super::deadline::Deadline;
use super::flow::{Held, Refused};
use super::proto::plugin::config_management_plugin_service_server::ConfigManagementPluginService;
use super::proto::plugin::{
    AppStreamRequest, CheckPluginConfigurationResponse, ManifestResponse, ParametersAnnouncementResponse,
    RepositoryResponse,
};
use super::proto::version::VersionMessage;
use super::proto::version::version_service_server::VersionService;
use super::renders::size_of_manifests;
use super::upload::Upload;
use super::watched::Watched;
use super::{status, telemetry};
use oarlock_engine::pipeline::{self, PlanError, RenderError, Task};
use oarlock_engine::sandbox::Interrupt;
use oarlock_engine::source::Source;

/// The service. Clones share the backend.
#[derive(Clone)]
pub(super) struct Service(pub(super) Arc<Backend>);

/// A call that is being answered.
struct Call<'a> {
    backend: &'a Arc<Backend>,
    method: &'static str,
    deadline: Deadline,
    refused: Refused,
    span: Span,
}

/// What is answered, and the memory that it takes until it was read.
struct Reply<T> {
    message: T,
    held: Option<Held>,
}

impl<T> Reply<T> {
    /// An answer that takes next to nothing.
    fn small(message: T) -> Self {
        Self { message, held: None }
    }
}

impl Service {
    fn call<T>(&self, method: &'static str, request: &Request<T>) -> Call<'_> {
        let timeout = request.metadata().get("grpc-timeout").and_then(|text| timeout(text.to_str().ok()?));
        let operator = Duration::from_secs(self.0.operator().argo_cd.request_seconds.into());
        let deadline = Deadline::new(timeout, operator);
        let refused = request.extensions().get::<Refused>().cloned().unwrap_or_default();
        let span = info_span!(
            "request",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = field::Empty,
            application = field::Empty,
            repository_known = field::Empty,
            from = field::Empty,
        );
        telemetry::follow(&span, request.metadata());
        Call { backend: &self.0, method, deadline, refused, span }
    }
}

impl Call<'_> {
    async fn receive(&self, stream: &mut Streaming<AppStreamRequest>) -> Result<Upload, Status> {
        let receiving = self.backend.uploads.receive(stream, &self.deadline, &self.refused);
        let upload = receiving.instrument(info_span!("upload")).await?;
        self.span.record("application", upload.context.name());
        self.span.record("repository_known", upload.known);
        self.backend.metrics.stage("upload", self.deadline.begun().elapsed());
        self.backend.metrics.repository(upload.known);
        Ok(upload)
    }

    /// Books the memory that an answer takes until it was read: once as a message, and once as its
    /// bytes.
    fn hold(&self, name: &str, bytes: u64) -> Result<Held, Status> {
        let memory = self.backend.memory.reserve(2 * bytes);
        memory.map(Held::new).map_err(|exhausted| status::exhausted(name, exhausted))
    }

    async fn done<T>(
        &self,
        answer: impl Future<Output = Result<Reply<T>, Status>>,
    ) -> Result<Response<T>, Status> {
        let answer = answer.instrument(self.span.clone()).await;
        let code = answer.as_ref().map_or_else(Status::code, |_| tonic::Code::Ok);
        self.backend.metrics.request(self.method, code);
        self.backend.metrics.stage("total", self.deadline.begun().elapsed());
        if let Err(status) = &answer {
            self.span.record("otel.status_code", "ERROR");
            let took_ms = u64::try_from(self.deadline.begun().elapsed().as_millis()).unwrap_or(u64::MAX);
            info!(method = self.method, code = ?code, took_ms, "{}", status.message());
        }
        answer.map(|Reply { message, held }| {
            let mut response = Response::new(message);
            if let Some(held) = held {
                response.extensions_mut().insert(held);
            }
            response
        })
    }
}

#[tonic::async_trait]
impl ConfigManagementPluginService for Service {
    async fn generate_manifest(
        &self,
        request: Request<Streaming<AppStreamRequest>>,
    ) -> Result<Response<ManifestResponse>, Status> {
        let call = self.call("GenerateManifest", &request);
        let answer = async {
            let upload = call.receive(&mut request.into_inner()).await?;
            let name = upload.context.name().to_owned();
            let render = self.0.render(upload, &call.deadline).await?;
            let held = call.hold(&name, size_of_manifests(&render.manifests))?;
            let manifests = render.manifests.clone();
            let message = ManifestResponse { manifests, source_type: String::new() };
            Ok(Reply { message, held: Some(held) })
        };
        call.done(answer).await
    }

    async fn check_plugin_configuration(
        &self,
        request: Request<()>,
    ) -> Result<Response<CheckPluginConfigurationResponse>, Status> {
        let call = self.call("CheckPluginConfiguration", &request);
        let answer = CheckPluginConfigurationResponse {
            is_discovery_configured: self.0.operator().argo_cd.discovery.is_on(),
            provide_git_creds: false,
        };
        call.done(std::future::ready(Ok(Reply::small(answer)))).await
    }

    async fn match_repository(
        &self,
        request: Request<Streaming<AppStreamRequest>>,
    ) -> Result<Response<RepositoryResponse>, Status> {
        let call = self.call("MatchRepository", &request);
        let answer = async {
            let upload = call.receive(&mut request.into_inner()).await?;
            let is_discovery_enabled = self.0.operator().argo_cd.discovery.is_on();
            let is_supported = is_discovery_enabled
                && self
                    .0
                    .in_pool(&call.deadline, upload, |backend, upload, interrupt| {
                        claims(backend, upload, interrupt)
                    })
                    .await??;
            Ok(Reply::small(RepositoryResponse { is_supported, is_discovery_enabled }))
        };
        call.done(answer).await
    }

    async fn get_parameters_announcement(
        &self,
        request: Request<Streaming<AppStreamRequest>>,
    ) -> Result<Response<ParametersAnnouncementResponse>, Status> {
        let call = self.call("GetParametersAnnouncement", &request);
        let answer = async {
            let upload = call.receive(&mut request.into_inner()).await?;
            let name = upload.context.name().to_owned();
            let announced = self.0.in_pool(&call.deadline, upload, announce).await??;
            let parameter_announcements = announced.into_iter().map(Into::into).collect();
            let message = ParametersAnnouncementResponse { parameter_announcements };
            let held = call.hold(&name, message.encoded_len() as u64)?;
            Ok(Reply { message, held: Some(held) })
        };
        call.done(answer).await
    }
}

/// Whether a directory is offered to be rendered.
fn claims(backend: &Backend, upload: &Upload, interrupt: &Arc<Interrupt>) -> Result<bool, Status> {
    asked(backend, upload, interrupt, |task| {
        let renderer = &backend.live().renderer;
        pipeline::claims(&renderer.operator.argo_cd.discovery, renderer, &task).map_err(RenderError::from)
    })
}

/// What may be set in a directory.
fn announce(
    backend: &Backend,
    upload: &Upload,
    interrupt: &Arc<Interrupt>,
) -> Result<Vec<Parameter>, Status> {
    asked(backend, upload, interrupt, |task| pipeline::parameters(&backend.live().renderer, task))
}

/// Asks plugins about a directory.
fn asked<T>(
    backend: &Backend,
    upload: &Upload,
    interrupt: &Arc<Interrupt>,
    ask: impl FnOnce(Task<'_>) -> Result<T, RenderError>,
) -> Result<T, Status> {
    let name = upload.context.name();
    let refused = |error: RenderError| status::of_render(name, error);
    let directory = upload.context.directory().map_err(|failure| refused(PlanError::from(failure).into()))?;
    let _rendering = backend.begin(interrupt).map_err(|exhausted| status::exhausted(name, exhausted))?;
    let tree: Arc<dyn Source> =
        Arc::new(Watched { tree: Arc::clone(&upload.tree), interrupt: Arc::clone(interrupt) });
    ask(backend.task(upload, &tree, &directory, interrupt)).map_err(refused)
}

/// Says which Oarlock answers. The fields for tools that Argo CD runs stay empty: none is run here.
#[derive(Clone, Copy)]
pub(super) struct Version;

#[tonic::async_trait]
impl VersionService for Version {
    async fn version(&self, _: Request<()>) -> Result<Response<VersionMessage>, Status> {
        Ok(Response::new(VersionMessage {
            version: concat!("oarlock/", env!("CARGO_PKG_VERSION")).to_owned(),
            platform: format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
            ..VersionMessage::default()
        }))
    }
}

/// How long a client waits: digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(value * 3600),
        "M" => Duration::from_secs(value * 60),
        "S" => Duration::from_secs(value),
        "m" => Duration::from_millis(value),
        "u" => Duration::from_micros(value),
        "n" => Duration::from_nanos(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_a_unit() {
        for (text, expected) in [
            ("1H", Some(Duration::from_hours(1))),
            ("59999m", Some(Duration::from_millis(59_999))),
            ("99999999H", Some(Duration::from_hours(99_999_999))),
            ("5u", Some(Duration::from_micros(5))),
            ("", None),
            ("5", None),
            ("-5S", None),
            ("123456789S", None),
            ("5ä", None),
        ] {
            assert_eq!(timeout(text), expected, "{text}");
        }
    }
}
