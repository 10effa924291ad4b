//! What Argo CD's switches should be, and why.

use serde_json::json;

use super::applications::PluginUse;
use super::objects::{GENERAL, Objects, PARAMS};
use super::renders::ApplicationRender;
use super::switches::{
    CHUNK_SIZE, MESSAGE_DEFAULT, MESSAGE_SIZE, PARALLELISM, REPO_SERVER, SEND_PART, Switch, TIMEOUT_DEFAULT,
    TIMEOUTS, sends_a_part,
};
use crate::finding::{Change, Finding, Findings, count, size};
use oarlock_engine::pipeline::Operator;

/// So many archives at once are more than a pod has processors for.
const MANY: usize = 50;

/// Checks each switch.
pub(super) fn check(
    objects: &Objects,
    operator: &Operator,
    uses: &[PluginUse<'_>],
    rendered: &[ApplicationRender],
    findings: &mut Findings,
) {
    if !objects.config_maps.contains_key(PARAMS) {
        let hint = format!("give `kubectl get configmap {PARAMS} -n argocd -o yaml`, too");
        findings.add(Finding::warn(
            PARAMS,
            "it is not among what was given, so its defaults are taken",
            hint,
        ));
    }
    discovery(operator, uses, findings);
    send_part(objects, findings);
    for switch in TIMEOUTS {
        timeout(&switch, objects, operator, findings);
    }
    parallelism(objects, uses, findings);
    message_size(objects, uses, rendered, findings);
    environment(objects, operator, findings);
    old_plugins(objects, findings);
}

/// What it costs to find out who renders an Application.
fn discovery(operator: &Operator, uses: &[PluginUse<'_>], findings: &mut Findings) {
    const CHECK: &str = "discovery";
    let is_on = operator.argo_cd.discovery.is_on();
    for used in uses.iter().filter(|used| !used.is_named) {
        let hint = "set `spec.source.plugin.name: oarlock`";
        let check = used.application.display();
        findings.add(
            if is_on {
                let message = "it names no plugin, so its repository is sent once more to ask, and raw files are applied if that fails";
                Finding::warn(check, message, hint)
            } else {
                let message = "it names no plugin, and the operator's file has no rule in argocd.discovery that would claim it";
                Finding::fail(check, message, hint)
            }
            .at(used.application.origin.clone()),
        );
    }
    let named = uses.iter().filter(|used| used.is_named).count();
    findings.add(if is_on && named > 0 {
        let message = format!(
            "it is on: Argo CD sends the repository twice for {}, once to ask and once to render",
            count(named as u64, "source")
        );
        Finding::warn(
            CHECK,
            message,
            "name the plugin in every Application, and take argocd.discovery out of the operator's file",
        )
    } else if is_on {
        Finding::ok(CHECK, "it is on")
    } else {
        Finding::ok(CHECK, "it is off: a named plugin costs one upload, and a render that fails is an error")
    });
}

fn send_part(objects: &Objects, findings: &mut Findings) {
    let origin = SEND_PART.value(objects).map(|found| found.origin);
    let finding = if sends_a_part(objects) {
        findings.set(SEND_PART.key, "false");
        let message = "it is on: each Application has an archive of its own, so none is known from another, and an oarlock.yaml above is not sent";
        Finding::warn(SEND_PART.key, message, "set it to \"false\"")
    } else {
        Finding::ok(
            SEND_PART.key,
            "it is off: the Applications of a commit send the same archive, which is unpacked once",
        )
    };
    findings.add(finding.at(origin));
}

fn timeout(switch: &Switch, objects: &Objects, operator: &Operator, findings: &mut Findings) {
    let (seconds, found) = switch.number(objects, TIMEOUT_DEFAULT, findings);
    let limit = u64::from(operator.limits.deadline_seconds);
    let wanted = TIMEOUT_DEFAULT.max(2 * limit);
    let finding = if seconds == 0 {
        let message =
            "it is 0, which is without end: a request whose repository never arrives is never given up";
        Finding::warn(switch.key, message, format!("set it to \"{wanted}\""))
    } else if seconds <= limit {
        let message = format!(
            "{seconds} s are over before a call of a plugin has had the {limit} s of limits.deadlineSeconds, and fetching and packing count, too"
        );
        findings.set(switch.key, wanted.to_string());
        Finding::warn(switch.key, message, format!("set it to \"{wanted}\""))
    } else {
        Finding::ok(switch.key, format!("{seconds} s, of which a call of a plugin may have {limit} s"))
    };
    findings.add(finding.at(found.map(|found| found.origin)));
}

fn parallelism(objects: &Objects, uses: &[PluginUse<'_>], findings: &mut Findings) {
    let (limit, found) = PARALLELISM.number(objects, 0, findings);
    let hint = "set it to about twice the processors of the repo-server, e.g. \"8\"";
    let finding = match limit {
        0 if uses.len() >= MANY => {
            let message = format!(
                "nothing bounds how many of {} are packed at once, each into a file below /tmp",
                count(uses.len() as u64, "source")
            );
            findings.set(PARALLELISM.key, "8");
            Finding::warn(PARALLELISM.key, message, hint)
        }
        0 => Finding::ok(PARALLELISM.key, "without limit, which is fine for so few sources"),
        1 if uses.len() > 1 => {
            findings.set(PARALLELISM.key, "8");
            Finding::warn(PARALLELISM.key, "archives are packed one after another", hint)
        }
        limit => Finding::ok(
            PARALLELISM.key,
            format!(
                "{} at once; renders do not count, for those Oarlock has its own queue",
                count(limit, "archive")
            ),
        ),
    };
    findings.add(finding.at(found.map(|found| found.origin)));
}

/// All manifests of an Application come back in one message.
fn message_size(
    objects: &Objects,
    uses: &[PluginUse<'_>],
    rendered: &[ApplicationRender],
    findings: &mut Findings,
) {
    let (limit, found) = MESSAGE_SIZE.number(objects, MESSAGE_DEFAULT, findings);
    let origin = found.map(|found| found.origin);
    let bytes = |rendered: &ApplicationRender| {
        let manifests = rendered.manifests.as_ref().map_or(&[][..], Vec::as_slice);
        manifests.iter().map(|manifest| manifest.json.len() as u64 + 8).sum::<u64>()
    };
    let largest = uses
        .iter()
        .zip(rendered)
        .map(|(one, rendered)| (bytes(rendered), one))
        .max_by_key(|(bytes, _)| *bytes);
    let finding = match largest {
        Some((bytes, one)) if bytes > limit << 20 => Finding::fail(
            MESSAGE_SIZE.key,
            format!(
                "{} renders to {}, and a message may have {limit} MiB",
                one.application.display(),
                size(bytes)
            ),
            "split the Application, or raise it, and ARGOCD_GRPC_MAX_SIZE_MB of controller and API server with it",
        ),
        _ if limit < MESSAGE_DEFAULT => Finding::warn(
            MESSAGE_SIZE.key,
            format!(
                "{limit} MiB is less than Argo CD's own default, and all manifests of an Application are one message"
            ),
            format!("set it to \"{MESSAGE_DEFAULT}\", or take it away"),
        ),
        Some((bytes, one)) => {
            let name = one.application.display();
            Finding::ok(
                MESSAGE_SIZE.key,
                format!("{limit} MiB; the largest answer is that for {name}, {}", size(bytes)),
            )
        }
        None => Finding::ok(MESSAGE_SIZE.key, format!("{limit} MiB")),
    };
    findings.add(finding.at(origin));
}

/// Variables that have no key.
fn environment(objects: &Objects, operator: &Operator, findings: &mut Findings) {
    let Some(repo_server) = objects.workload(REPO_SERVER) else {
        findings.add(Finding::warn(
            CHUNK_SIZE,
            "it is not known: the Deployment of the repo-server is not among what was given",
            "give `kubectl get deployments -n argocd -o yaml`, too; deploy/ sets it to 65536",
        ));
        return;
    };
    let chunk = repo_server.variable(CHUNK_SIZE);
    let bytes = chunk.and_then(|found| found.text.parse::<u64>().ok()).unwrap_or(1024);
    let finding = if bytes < 16 << 10 {
        let container =
            json!({"name": "argocd-repo-server", "env": [{"name": CHUNK_SIZE, "value": "65536"}]});
        let patch = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
        let origin = repo_server.image.as_ref().map(|image| &image.origin);
        findings.change(Change::new("Deployment argocd-repo-server", origin, patch));
        let message = format!("repositories are sent in pieces of {bytes} bytes, each a message");
        Finding::warn(CHUNK_SIZE, message, "set it to 65536 in the repo-server's Deployment")
    } else {
        Finding::ok(CHUNK_SIZE, format!("repositories are sent in pieces of {}", size(bytes)))
    };
    findings.add(finding.at(chunk.map(|found| found.origin.clone())));
    if let Some(found) = repo_server.variable("ARGOCD_EXEC_TIMEOUT") {
        let message = format!(
            "{} is for the commands of the repo-server; for a call of a plugin limits.deadlineSeconds of the operator's file counts, {} s",
            found.text, operator.limits.deadline_seconds
        );
        findings.add(Finding::ok("ARGOCD_EXEC_TIMEOUT", message).at(Some(found.origin.clone())));
    }
}

/// Plugins as they were before sidecars, which Argo CD no longer reads.
fn old_plugins(objects: &Objects, findings: &mut Findings) {
    if let Some(found) = objects.setting(GENERAL, "configManagementPlugins") {
        let message = "Argo CD has not read this since 2.8; plugins are sidecars";
        let finding = Finding::warn("configManagementPlugins", message, "take it out of argocd-cm");
        findings.add(finding.at(Some(found.origin.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::argocd::objects::sample;

    fn report(params: &str, repo_server: &str) -> String {
        let mut findings = Findings::default();
        check(&sample(params, repo_server), &Operator::default(), &[], &[], &mut findings);
        findings.to_text()
    }

    #[test]
    fn each_switch_is_told_what_it_should_be() {
        for (params, repo_server, line) in [
            (
                "",
                "",
                "warn  ARGOCD_CMP_CHUNK_SIZE: repositories are sent in pieces of 1024 bytes, each a message\n",
            ),
            (
                "",
                "env: [{name: ARGOCD_CMP_CHUNK_SIZE, value: '65536'}]",
                "ok    ARGOCD_CMP_CHUNK_SIZE: repositories are sent in pieces of 64 KiB (a.yaml:11:64)\n",
            ),
            (
                "",
                "env: [{name: ARGOCD_EXEC_TIMEOUT, value: 5m}]",
                "ok    ARGOCD_EXEC_TIMEOUT: 5m is for the commands",
            ),
            (
                "",
                "",
                "ok    controller.repo.server.timeout.seconds: 60 s, of which a call of a plugin may have 10 s\n",
            ),
            (
                "controller.repo.server.timeout.seconds: '5'",
                "",
                "warn  controller.repo.server.timeout.seconds: 5 s are over before",
            ),
            (
                "server.repo.server.timeout.seconds: '0'",
                "",
                "warn  server.repo.server.timeout.seconds: it is 0, which is without end",
            ),
            (
                "server.repo.server.timeout.seconds: 60s",
                "",
                "warn  server.repo.server.timeout.seconds: `60s` is no number, so Argo CD takes 60 (a.yaml:3:8)\n",
            ),
            (
                "reposerver.parallelism.limit: '8'",
                "",
                "ok    reposerver.parallelism.limit: 8 archives at once",
            ),
            (
                "reposerver.parallelism.limit: '8'",
                "args: [--parallelismlimit=1]",
                "ok    reposerver.parallelism.limit: 1 archive at once",
            ),
            ("reposerver.grpc.max.size: '10'", "", "warn  reposerver.grpc.max.size: 10 MiB is less than"),
            (
                "reposerver.plugin.use.manifest.generate.paths: 'true'",
                "",
                "warn  reposerver.plugin.use.manifest.generate.paths: it is on",
            ),
            (
                "reposerver.plugin.use.manifest.generate.paths: 'false'",
                "",
                "ok    reposerver.plugin.use.manifest.generate.paths: it is off",
            ),
            ("", "", "ok    discovery: it is off"),
        ] {
            let report = report(params, repo_server);
            assert!(report.contains(line), "{line}\nis not in\n{report}");
        }
    }
}
