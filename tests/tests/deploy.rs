//! What is shipped to install Oarlock: each file is rendered or read, and Argo CD's own rules judge
//! what is meant for it.

use std::fs;
use std::process::Command;

use oarlock_engine::pipeline::Operator;
use oarlock_server::default_memory;
use oarlock_tests::argocd::rules;
use oarlock_tests::{Run, Tree, difference, golden, peer, repository};
use oarlock_yaml::{Limits, Reader, parse_one, to_json};
use serde_json::{Value, json};

const KUSTOMIZATION: &str = "namespace: cd
resources: [argocd/install.yaml]
components: [oarlock/deploy/kustomize, oarlock/deploy/shared-cache, oarlock/deploy/health, oarlock/deploy/egress]
";

/// An installation with all components, in a namespace of its own.
fn installation() -> Tree {
    Tree::with(&[("kustomization.yaml", KUSTOMIZATION)])
        .copy_of(&repository().join("deploy"), "oarlock/deploy")
        .copy_of(&repository().join("tests/cases/deploy"), "argocd")
}

/// A file of the repository as JSON.
fn yaml(path: &str) -> Value {
    let text = fs::read(repository().join(path)).unwrap();
    let node = parse_one(&text, Reader::ArgoCd, Limits::default()).unwrap().unwrap();
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
    let values = yaml("deploy/helm/values.yaml");
    let sidecar = |mut container: Value| {
        container["image"].take();
        container
    };
    let ours =
        find(&objects, "Deployment", "argocd-repo-server")["spec"]["template"]["spec"]["containers"].clone();
    let ours = ours.as_array().unwrap().iter().find(|one| one["name"] == "oarlock").unwrap().clone();
    let mut theirs = sidecar(values["repoServer"]["extraContainers"][0].clone());
    // What those add who want the shared cache.
    let cache = yaml("deploy/shared-cache/repo-server.yaml");
    let cache = cache["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().clone();
    theirs["env"].as_array_mut().unwrap().splice(..0, cache);
    assert_eq!(theirs, sidecar(ours));
    assert_eq!(values["configs"]["params"], yaml("deploy/kustomize/params.yaml")["data"]);
    let extra = values["extraObjects"].as_array().unwrap();
    let operator = fs::read_to_string(repository().join("deploy/kustomize/operator.yaml")).unwrap();
    assert_eq!(find(extra, "ConfigMap", "oarlock")["data"]["operator.yaml"], operator);
    assert_eq!(
        find(extra, "NetworkPolicy", "oarlock")["spec"],
        yaml("deploy/kustomize/network-policy.yaml")["spec"]
    );
    assert_eq!(
        yaml("deploy/helm/health.yaml")["configs"]["cm"],
        yaml("deploy/health/argocd-cm.yaml")["data"]
    );
}

#[test]
fn the_operators_file_is_one() {
    let file = repository().join("deploy/kustomize/operator.yaml");
    Run::new("plugins --operator").arg(file).within(&Tree::new()).succeeds();
}

/// A quantity of Kubernetes in bytes.
fn bytes(quantity: &Value) -> u64 {
    let text = quantity.as_str().unwrap();
    let (digits, shift) = [("Gi", 30), ("Mi", 20)]
        .iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)))
        .unwrap_or_else(|| panic!("{text} is written in another unit"));
    digits.parse::<u64>().unwrap() << shift
}

#[test]
fn what_requests_may_take_fits_into_the_container() {
    /// What the program takes beside requests: code, stacks, buffers, and what the allocator holds
    /// back.
    const PROGRAM: u64 = 256 << 20;
    /// What a render takes in the host, whatever its plugins do.
    const RENDER: u64 = 16 << 20;
    let objects = rendered();
    let pod = &find(&objects, "Deployment", "argocd-repo-server")["spec"]["template"]["spec"];
    let sidecar = pod["containers"].as_array().unwrap().iter().find(|one| one["name"] == "oarlock").unwrap();
    let container = bytes(&sidecar["resources"]["limits"]["memory"]);
    let operator = Operator::load(&repository().join("deploy/kustomize/operator.yaml")).unwrap();
    let settings = &operator.argo_cd;
    let budget = settings.memory.unwrap_or_else(|| default_memory(Some(container))).0;
    assert!(budget + PROGRAM <= container, "{budget} bytes for requests leave no room for the program");
    // The largest repository, rendered by a plugin at all its limits, and the answer, which is the
    // manifests twice. What is remembered gives way to it.
    let (limits, archive) = (&operator.limits, &settings.archive);
    let instance = limits.memory.0 + limits.output.0;
    let answer = 3 * limits.output.0;
    let largest = archive.unpacked.0 + RENDER + instance + answer;
    assert!(
        largest <= budget,
        "the largest render takes {largest} bytes, and {budget} are all that it may have"
    );
    assert!(settings.tree_cache.0 + settings.render_cache.0 + RENDER + instance + answer <= budget);
    assert!(archive.unpacked.0 < container);
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

#[test]
fn objects_of_the_vault_secrets_operator_are_healthy_once_they_are_ready() {
    let cases = yaml("tests/cases/deploy/health.yaml");
    let data = &yaml("deploy/health/argocd-cm.yaml")["data"];
    let (mut requests, mut expected) = (Vec::new(), Vec::new());
    for case in cases["cases"].as_array().unwrap() {
        for kind in case["kinds"].as_array().unwrap() {
            let mut status = case["status"].clone();
            if case["made"] == true {
                let made = cases["made"][kind.as_str().unwrap()].as_object().unwrap();
                status.as_object_mut().unwrap().extend(made.clone());
            }
            requests.push(json!({"data": data, "object": object(kind, &status)}));
            expected.push((kind, status, &case["health"]));
        }
    }
    // Without the checks Argo CD has no opinion, which counts as healthy.
    requests.push(json!({"data": {}, "object": object(&json!("VaultStaticSecret"), &json!({}))}));
    let Some(mut answers) = rules(&requests) else { return };
    assert_eq!(answers.pop().unwrap()["status"], "(none)");
    for ((kind, status, health), answer) in expected.into_iter().zip(&answers) {
        assert_eq!(answer, health, "{kind} {status}");
    }
    assert_eq!(answers.len(), 11 * 4 + 3 + 7 * 4 + 2);
}

/// An object of the operator in its second generation.
fn object(kind: &Value, status: &Value) -> Value {
    let metadata = json!({"name": "a", "namespace": "b", "generation": 2});
    json!({"apiVersion": "secrets.hashicorp.com/v1beta1", "kind": kind, "metadata": metadata, "status": status})
}
