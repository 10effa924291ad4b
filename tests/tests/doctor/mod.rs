//! `oarlock doctor`: what it says of an installation, of Argo CD's settings, and of what
//! Applications read.

mod annotation;
mod installation;
mod settings;

use std::fs;

use oarlock_tests::{Ran, Run, Tree};
use serde_json::Value;

const PLAIN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

const SECRET: &str = "apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata:
  name: a
spec: {mount: a, path: b, type: kv-v2, destination: {name: a}}
";

/// A repository with an application made from a base, one that is broken, and configuration.
fn gitops() -> Tree {
    Tree::with(&[
        ("oarlock.yaml", "pipeline: [auto, sync-wave]\n"),
        ("apps/web/base/a.yaml", PLAIN),
        ("apps/web/base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("apps/web/prod/kustomization.yaml", "resources: [../base, ../../../mixins/ha]\n"),
        ("mixins/ha/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n"),
        ("mixins/ha/kustomization.yaml", "resources: [b.yaml]\n"),
        ("apps/plain/a.yaml", PLAIN),
        ("apps/secret/a.yaml", SECRET),
        ("apps/broken/kustomization.yaml", "resources:\n- missing.yaml\n"),
        (".git/config", "[remote \"origin\"]\n\turl = git@git.example.com:team/gitops.git\n"),
    ])
}

fn application(name: &str, path: &str, more: &str) -> String {
    format!(
        "---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
{more}spec:
  project: shop
  destination: {{namespace: shop}}
  source:
    repoURL: https://git.example.com/team/gitops.git
    path: {path}
    plugin: {{name: oarlock}}
"
    )
}

fn annotated(name: &str, path: &str, annotation: &str) -> String {
    application(
        name,
        path,
        &format!("  annotations:\n    argocd.argoproj.io/manifest-generate-paths: {annotation}\n"),
    )
}

/// An ApplicationSet for one directory.
fn application_set(name: &str, path: &str) -> String {
    format!(
        "---
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: {name}}}
spec:
  template:
    spec:
      source:
        repoURL: https://git.example.com/team/gitops
        path: '{path}'
        plugin: {{name: oarlock}}
"
    )
}

/// An Application of a chart and a directory.
const MANY: &str = "---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: many}
spec:
  sources:
  - {repoURL: 'https://charts.example.com', chart: a}
  - {repoURL: 'https://git.example.com/team/gitops', path: apps/web/prod, plugin: {name: oarlock}}
";

const GOOD: &str = "apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: argocd-cmd-params-cm, namespace: argocd}
  data:
    controller.repo.server.timeout.seconds: \"120\"
    reposerver.plugin.tar.exclusions: .git;docs
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: argocd-repo-server
    labels: {app.kubernetes.io/component: repo-server, app.kubernetes.io/part-of: argocd}
  spec:
    template:
      spec:
        containers:
        - name: argocd-repo-server
          env:
          - {name: ARGOCD_CMP_CHUNK_SIZE, value: \"65536\"}
";

const BAD: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cmd-params-cm, namespace: cd}
data:
  controller.repo.server.timeout.seconds: \"5\"
  server.repo.server.timeout.seconds: a minute
  applicationsetcontroller.repo.server.timeout.seconds: \"0\"
  reposerver.parallelism.limit: \"1\"
  reposerver.grpc.max.size: \"10\"
  reposerver.plugin.tar.exclusions: docs/;mixins
  reposerver.plugin.use.manifest.generate.paths: \"true\"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: cd}
data:
  configManagementPlugins: |
    - name: old
";

/// Runs with text on standard input.
fn told(tree: &Tree, text: &str, arguments: &str) -> Ran {
    fs::write(tree.outside().join("argocd.yaml"), text).unwrap();
    Run::new(&format!("doctor --argocd ../argocd.yaml {arguments}")).within(tree)
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}
