//! The four calls of the plugin protocol, and the version service.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tonic::{Request, Response, Status, Streaming};
use tracing::{Instrument as _, Span, field, info, info_span};

use super::engine::Engine;
use super::proto::plugin::config_management_plugin_service_server::ConfigManagementPluginService;
use super::proto::plugin::{
    AppStreamRequest, CheckPluginConfigurationResponse, ManifestResponse, ParametersAnnouncementResponse,
    RepositoryResponse,
};
use super::proto::version::VersionMessage;
use super::proto::version::version_service_server::VersionService;
use super::upload::Upload;
use super::{discovery, render, status, telemetry};
use crate::pipeline::{PlanError, RenderError, Task};
use crate::sandbox::Interrupt;
use crate::source::Source;

/// So much earlier than the client gives up an answer is sent, as in argocd-cmp-server.
const EARLIER: Duration = Duration::from_millis(100);

/// The service. Clones share the engine.
#[derive(Clone)]
pub(super) struct Service(pub(super) Arc<Engine>);

/// A call that is being answered.
struct Call<'a> {
    engine: &'a Arc<Engine>,
    method: &'static str,
    begun: Instant,
    until: Option<Instant>,
    span: Span,
}

impl Service {
    fn call<T>(&self, method: &'static str, request: &Request<T>) -> Call<'_> {
        let begun = Instant::now();
        let timeout = request.metadata().get("grpc-timeout").and_then(|text| timeout(text.to_str().ok()?));
        let until = timeout.and_then(|timeout| begun.checked_add(timeout.saturating_sub(EARLIER)));
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
        Call { engine: &self.0, method, begun, until, span }
    }
}

impl Call<'_> {
    async fn receive(&self, stream: &mut Streaming<AppStreamRequest>) -> Result<Upload, Status> {
        let upload = self.engine.uploads.receive(stream, self.until).instrument(info_span!("upload")).await?;
        self.span.record("application", upload.context.name());
        self.span.record("repository_known", upload.known);
        self.engine.metrics.stage("upload", self.begun.elapsed());
        self.engine.metrics.repository(upload.known);
        Ok(upload)
    }

    async fn done<T>(&self, answer: impl Future<Output = Result<T, Status>>) -> Result<Response<T>, Status> {
        let answer = answer.instrument(self.span.clone()).await;
        let code = answer.as_ref().map_or_else(Status::code, |_| tonic::Code::Ok);
        self.engine.metrics.request(self.method, code);
        self.engine.metrics.stage("total", self.begun.elapsed());
        if let Err(status) = &answer {
            self.span.record("otel.status_code", "ERROR");
            let took_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            info!(method = self.method, code = ?code, took_ms, "{}", status.message());
        }
        answer.map(Response::new)
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
            let render = self.0.render(upload, call.until).await?;
            Ok(ManifestResponse { manifests: render.manifests.clone(), source_type: String::new() })
        };
        call.done(answer).await
    }

    async fn check_plugin_configuration(
        &self,
        request: Request<()>,
    ) -> Result<Response<CheckPluginConfigurationResponse>, Status> {
        let call = self.call("CheckPluginConfiguration", &request);
        let answer = CheckPluginConfigurationResponse {
            is_discovery_configured: self.0.settings().discovery.is_on(),
            provide_git_creds: false,
        };
        call.done(std::future::ready(Ok(answer))).await
    }

    async fn match_repository(
        &self,
        request: Request<Streaming<AppStreamRequest>>,
    ) -> Result<Response<RepositoryResponse>, Status> {
        let call = self.call("MatchRepository", &request);
        let answer = async {
            let upload = call.receive(&mut request.into_inner()).await?;
            let is_discovery_enabled = self.0.settings().discovery.is_on();
            let claims = |engine: &Engine, upload: &Upload, _: &_| {
                let tree: Arc<dyn Source> = Arc::clone(&upload.tree) as _;
                let directory = upload.context.directory().map_err(PlanError::from)?;
                discovery::claims(&engine.settings().discovery, &engine.renderer, &tree, &directory)
            };
            let name = upload.context.name().to_owned();
            let is_supported = is_discovery_enabled
                && self
                    .0
                    .in_pool(call.until, upload, claims)
                    .await?
                    .map_err(|error| status::of_render(&name, error.into()))?;
            Ok(RepositoryResponse { is_supported, is_discovery_enabled })
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
            let announce = |engine: &Engine, upload: &Upload, interrupt: &Arc<Interrupt>| {
                let tree: Arc<dyn Source> = Arc::clone(&upload.tree) as _;
                let directory = upload.context.directory().map_err(PlanError::from)?;
                let task = Task {
                    application: upload.context.told(engine.settings()),
                    interrupt: Some(Arc::clone(interrupt)),
                    ..Task::new(&tree, &directory)
                };
                render::parameters(&engine.renderer, task)
            };
            let name = upload.context.name().to_owned();
            let announced: Result<_, RenderError> = self.0.in_pool(call.until, upload, announce).await?;
            let announced = announced.map_err(|error| status::of_render(&name, error))?;
            let parameter_announcements = announced.into_iter().map(Into::into).collect();
            Ok(ParametersAnnouncementResponse { parameter_announcements })
        };
        call.done(answer).await
    }
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
