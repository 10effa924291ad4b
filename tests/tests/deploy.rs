//! What is shipped to install Oarlock: each file is rendered or read, and Argo CD's own rules judge what is meant for it.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right there.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::Command;

use oarlock_tests::argocd::rules;
use oarlock_tests::{Run, Tree, difference, golden, peer, repository};
use oarlock_yaml::{Limits, parse_one, to_json};
use serde_json::{Value, json};

/// An installation with all components, in a namespace of its own.
fn installation() -> Tree {
    Tree::new().copy_of(&repository().join("deploy"), "oarlock/deploy").copy_of(&repository().join("tests/cases/deploy"), "argocd").file(
        "kustomization.yaml",
        "namespace: cd\nresources: [argocd/install.yaml]\ncomponents:\n- oarlock/deploy/kustomize\n- oarlock/deploy/health\n- oarlock/deploy/egress\n",
    )
}

/// A file of `deploy` as JSON.
fn file(path: &str) -> Value {
    let text = fs::read(repository().join("deploy").join(path)).unwrap();
    let node = parse_one(&text, Limits::default()).unwrap().unwrap();
    serde_json::from_str(&to_json(&node).unwrap()).unwrap()
}

fn rendered() -> Vec<Value> {
    let ran = Run::new("render . --plugins kustomize --output json").within(&installation()).succeeds();
    serde_json::from_str(&ran.stdout).unwrap()
}

fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let is = |object: &&Value| {
        object["kind"] == kind && object["metadata"]["name"].as_str().unwrap().starts_with(name)
    };
    objects.iter().find(is).unwrap_or_else(|| panic!("no {kind} {name}"))
}

#[test]
fn the_components_change_an_installation_as_kubectl_says() {
    let tree = installation();
    let ours = Run::new("render . --plugins kustomize").within(&tree).succeeds().stdout;
    golden("deploy/installed.txt", &ours);
    let Some(kubectl) = peer("kubectl", "OARLOCK_KUBECTL") else { return };
    let output = Command::new(kubectl).arg("kustomize").arg(tree.root()).output().unwrap();
    let theirs = String::from_utf8(output.stdout).unwrap();
    assert!(theirs == ours, "{}", difference(&theirs, &ours));
}

#[test]
fn a_variable_has_one_source() {
    // A cluster refuses a variable that has a value and takes one from elsewhere.
    let objects = rendered();
    let deployment = find(&objects, "Deployment", "argocd-repo-server");
    let containers = deployment["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 2);
    for variable in containers.iter().flat_map(|container| container["env"].as_array().unwrap()) {
        assert!(variable.get("value").is_none() != variable.get("valueFrom").is_none(), "{variable}");
    }
    assert_eq!(
        find(&objects, "ConfigMap", "argocd-cmd-params-cm")["data"]["reposerver.plugin.tar.exclusions"],
        ".git"
    );
}

#[test]
fn the_sidecar_may_do_nothing_that_it_need_not() {
    let objects = rendered();
    let pod = &find(&objects, "Deployment", "argocd-repo-server")["spec"]["template"]["spec"];
    let sidecar = pod["containers"].as_array().unwrap().iter().find(|one| one["name"] == "oarlock").unwrap();
    assert_eq!(
        sidecar["securityContext"],
        json!({
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
            "runAsGroup": 999,
            "runAsNonRoot": true,
            "runAsUser": 999,
            "seccompProfile": {"type": "RuntimeDefault"},
        })
    );
    assert!(sidecar["resources"]["limits"]["memory"].is_string());
    // What it can write to is the directory of sockets alone.
    for mount in sidecar["volumeMounts"].as_array().unwrap() {
        assert!(mount["readOnly"] == true || mount["name"] == "plugins", "{mount}");
        let volumes = pod["volumes"].as_array().unwrap();
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
    }
    for policy in ["oarlock", "argocd-repo-server-egress"] {
        let policy = find(&objects, "NetworkPolicy", policy);
        assert_eq!(
            policy["spec"]["podSelector"]["matchLabels"],
            find(&objects, "Deployment", "argocd-repo-server")["spec"]["selector"]["matchLabels"]
        );
    }
}

#[test]
fn the_values_of_the_chart_say_the_same_as_the_components() {
    let objects = rendered();
    let values = file("helm/values.yaml");
    let sidecar = |mut container: Value| {
        container["image"].take();
        container
    };
    let ours =
        find(&objects, "Deployment", "argocd-repo-server")["spec"]["template"]["spec"]["containers"].clone();
    let ours = ours.as_array().unwrap().iter().find(|one| one["name"] == "oarlock").unwrap().clone();
    assert_eq!(sidecar(values["repoServer"]["extraContainers"][0].clone()), sidecar(ours));
    assert_eq!(values["configs"]["params"], file("kustomize/params.yaml")["data"]);
    let extra = values["extraObjects"].as_array().unwrap();
    let operator = fs::read_to_string(repository().join("deploy/kustomize/operator.yaml")).unwrap();
    assert_eq!(find(extra, "ConfigMap", "oarlock")["data"]["operator.yaml"], operator);
    assert_eq!(
        find(extra, "NetworkPolicy", "oarlock")["spec"],
        file("kustomize/network-policy.yaml")["spec"]
    );
    assert_eq!(file("helm/health.yaml")["configs"]["cm"], file("health/argocd-cm.yaml")["data"]);
}

#[test]
fn the_operators_file_is_one() {
    let file = repository().join("deploy/kustomize/operator.yaml");
    Run::new("plugins --operator").arg(file).within(&Tree::new()).succeeds();
}

#[test]
fn the_plugin_for_argocd_cmp_server_is_one() {
    let Some(answers) = rules(&[json!({"plugin": repository().join("deploy/exec")})]) else { return };
    assert_eq!(answers[0]["error"], Value::Null, "{}", answers[0]);
    assert!(answers[0]["socket"].as_str().unwrap().ends_with("/oarlock.sock"));
    for command in answers[0]["commands"].as_array().unwrap() {
        assert_eq!(
            (command[0].as_str(), command.as_array().unwrap().len()),
            (Some("oarlock"), 2),
            "{command}"
        );
    }
}

/// An object of the Vault Secrets Operator, whose present generation is the second.
fn object(kind: &str, status: &Value) -> Value {
    json!({
        "apiVersion": "secrets.hashicorp.com/v1beta1", "kind": kind,
        "metadata": {"name": "a", "namespace": "b", "generation": 2}, "status": status,
    })
}

/// A condition as the operator writes it.
fn condition(kind: &str, status: &str, generation: u32, message: &str) -> Value {
    json!({"type": kind, "status": status, "observedGeneration": generation, "reason": "R", "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"})
}

#[test]
fn a_secret_is_healthy_once_it_is_there() {
    const SECRETS: [&str; 4] =
        ["VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret", "HCPVaultSecretsApp"];
    let ready = |status: &str| condition("Ready", status, 2, "VaultStaticSecretReady");
    let synced = |status: &str, message: &str| condition("SecretSynced", status, 2, message);
    let made = json!({"VaultStaticSecret": {"secretMAC": "x"}, "VaultDynamicSecret": {"secretLease": {"id": "x"}, "lastRenewalTime": 1}, "VaultPKISecret": {"serialNumber": "x"}, "HCPVaultSecretsApp": {"secretMAC": "x"}});
    let mut cases = Vec::new();
    for kind in SECRETS {
        let with = |status: Value| {
            let mut whole = made[kind].clone();
            whole.as_object_mut().unwrap().extend(status.as_object().unwrap().clone());
            whole
        };
        cases.extend([
            (kind, Value::Null, "Progressing", "waiting for the operator"),
            (kind, json!({}), "Progressing", "waiting for the operator"),
            (kind, json!({"lastGeneration": 0, "conditions": null}), "Progressing", "waiting for the operator"),
            (kind, with(json!({"lastGeneration": 2})), "Healthy", "the Secret is there"),
            (kind, with(json!({"lastGeneration": 1})), "Progressing", "waiting for the operator"),
            (kind, with(json!({"lastGeneration": 2, "conditions": [synced("True", "ok")]})), "Healthy", "the Secret is there"),
            (kind, with(json!({"lastGeneration": 2, "conditions": [synced("True", "ok"), ready("True")]})), "Healthy", "the Secret is there"),
            (kind, json!({"lastGeneration": 2, "conditions": [synced("False", "no VaultAuth"), ready("False")]}), "Progressing", "no VaultAuth"),
            (kind, json!({"lastGeneration": 2, "conditions": [synced("False", "permission denied")]}), "Progressing", "permission denied"),
            (kind, with(json!({"lastGeneration": 2, "conditions": [synced("False", "permission denied"), ready("False")]})), "Degraded", "permission denied"),
            // What failed once may be old news; Ready is written each time.
            (kind, with(json!({"lastGeneration": 2, "conditions": [synced("False", "permission denied"), ready("True")]})), "Healthy", "the Secret is there"),
        ]);
    }
    cases.extend([
        (
            "VaultPKISecret",
            json!({"lastGeneration": 2, "valid": false, "error": "SecretSyncError"}),
            "Progressing",
            "SecretSyncError",
        ),
        (
            "VaultPKISecret",
            json!({"lastGeneration": 2, "valid": false, "error": "SecretSyncError", "serialNumber": "x"}),
            "Degraded",
            "SecretSyncError",
        ),
        (
            "VaultPKISecret",
            json!({"lastGeneration": 2, "valid": true, "error": "", "serialNumber": "x"}),
            "Healthy",
            "the Secret is there",
        ),
    ]);
    judged(&cases);
}

#[test]
fn what_secrets_refer_to_is_healthy_once_it_is_valid() {
    let mut cases = Vec::new();
    for kind in ["VaultAuth", "VaultConnection", "HCPAuth", "SecretTransformation"] {
        cases.extend([
            (kind, Value::Null, "Progressing", "waiting for the operator"),
            (kind, json!({}), "Progressing", "waiting for the operator"),
            (kind, json!({"valid": true, "error": ""}), "Healthy", "valid"),
            (kind, json!({"valid": false, "error": "no VaultConnection"}), "Degraded", "no VaultConnection"),
            (kind, json!({"valid": false}), "Degraded", "not valid"),
            (
                kind,
                json!({"valid": true, "conditions": [condition("Ready", "True", 2, "")]}),
                "Healthy",
                "valid",
            ),
            (
                kind,
                json!({"valid": true, "conditions": [condition("Ready", "True", 1, "")]}),
                "Progressing",
                "waiting for the operator",
            ),
        ]);
    }
    cases.extend([
        ("VaultConnection", json!({"valid": true, "conditions": [condition("ResourceValidation", "False", 2, "connection refused")]}), "Degraded", "connection refused"),
        ("HCPAuth", json!({"valid": true, "error": "connection check failed"}), "Degraded", "connection check failed"),
    ]);
    judged(&cases);
}

/// Argo CD's verdict on each object, by the shipped checks.
fn judged(cases: &[(&str, Value, &str, &str)]) {
    let data = file("health/argocd-cm.yaml")["data"].clone();
    let ask = |(kind, status, _, _): &(&str, Value, &str, &str)| json!({"data": data, "object": object(kind, status)});
    let Some(answers) = rules(&cases.iter().map(ask).collect::<Vec<_>>()) else { return };
    for ((kind, status, expected, message), answer) in cases.iter().zip(answers) {
        assert_eq!(answer, json!({"status": expected, "message": message}), "{kind} {status}");
    }
    // Without them Argo CD has no opinion, which counts as healthy.
    let ask = json!({"data": {}, "object": object(cases[0].0, &json!({}))});
    assert_eq!(rules(&[ask]).unwrap()[0]["status"], "(none)");
}
