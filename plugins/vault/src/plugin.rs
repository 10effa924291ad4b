//! The plugin: the order in which the parts do their work.

use oarlock_plugin::{Failures, Host, Manifest, Plugin, Request, Stage};

use crate::config::Config;
use crate::finding::Findings;
use crate::layout::Layout;
use crate::scope::Scope;
use crate::{avp, check, demand, generate, literal};

/// Writes and checks references to secrets in Vault.
pub struct Vault;

impl Plugin for Vault {
    type Config = Config;
    const NAME: &'static str = "vault";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Transformer;
    const SUMMARY: &'static str = "Writes and checks Vault Secrets Operator references";

    fn render(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        let Request { directory, application, config, mut manifests } = request;
        Failures::check(config.problems())?;
        let read = config.layout.as_ref().and_then(|layout: &Layout| layout.read(&directory));
        let scope = Scope {
            config: &config,
            application: &application,
            directory: read.unwrap_or_default(),
            path: directory.to_string(),
        };
        let mut findings = Findings::new(config.checks.clone(), config.strict);
        avp::replace(&mut manifests, &scope, &mut findings)?;
        let demands = demand::collect(&manifests, &scope, &mut findings);
        let written = generate::missing(&demands, &manifests, &scope, &mut findings)?;
        drop(demands);
        manifests.extend(written);
        literal::check(&manifests, &scope, &mut findings);
        check::check(&manifests, &scope, &mut findings);
        for warning in findings.warnings {
            host.warn(warning);
        }
        Failures::check(findings.errors)?;
        Ok(manifests)
    }
}
