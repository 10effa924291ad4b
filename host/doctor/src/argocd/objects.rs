//! Objects of Argo CD as `kubectl get -o yaml` prints them, or as they lie in a repository.

use std::collections::BTreeMap;

use oarlock_engine::sandbox;
use oarlock_plugin::{Failure, Origin};
use oarlock_yaml::{Limits, Node, Reader, Span};

use super::applications::Application;

/// The ConfigMap with the settings of Argo CD's programs.
pub(super) const PARAMS: &str = "argocd-cmd-params-cm";

/// The ConfigMap with everything else.
pub(super) const GENERAL: &str = "argocd-cm";

/// Thousands of Applications with all their status are one text.
const LIMITS: Limits = Limits { depth: 100, nodes: 50_000_000 };

/// A text, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// A ConfigMap.
#[derive(Clone, Debug, Default)]
pub(super) struct ConfigMap {
    pub(super) namespace: Option<String>,
    /// Where it is written.
    pub(super) origin: Option<Origin>,
    pub(super) data: BTreeMap<String, Located>,
}

/// One of Argo CD's programs: its environment and arguments, as far as they are written down.
#[derive(Clone, Debug, Default)]
pub(super) struct Workload {
    /// As in the label `app.kubernetes.io/component`.
    pub(super) component: String,
    /// The image of the program itself.
    pub(super) image: Option<Located>,
    environment: BTreeMap<String, Located>,
    arguments: Vec<Located>,
}

impl Workload {
    /// The literal value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&Located> {
        self.environment.get(name)
    }

    /// The values of a flag, `--flag value` or `--flag=value`.
    pub(super) fn flag(&self, name: &str) -> Vec<Located> {
        let mut found = Vec::new();
        for (index, argument) in self.arguments.iter().enumerate() {
            let Some(rest) = argument.text.strip_prefix("--").and_then(|text| text.strip_prefix(name)) else {
                continue;
            };
            if let Some(value) = rest.strip_prefix('=') {
                found.push(Located { text: value.to_owned(), origin: argument.origin.clone() });
            } else if rest.is_empty() {
                found.extend(self.arguments.get(index + 1).cloned());
            }
        }
        found
    }
}

/// Objects of Argo CD: its ConfigMaps, its programs, Applications and ApplicationSets.
#[derive(Debug, Default)]
pub struct Objects {
    pub(super) config_maps: BTreeMap<String, ConfigMap>,
    pub(super) workloads: Vec<Workload>,
    /// The operator's file, as the sidecar has it.
    pub(super) operator: Option<Located>,
    /// Applications, and ApplicationSets as the one Application that they describe.
    pub(super) applications: Vec<Application>,
}

impl Objects {
    /// Reads texts, each with its name for messages: [`STANDARD_INPUT`](crate::STANDARD_INPUT) if
    /// it is in no file. The error of a text that is not there is the caller's.
    ///
    /// # Errors
    /// If a text is not there or is no YAML, or all together hold nothing of Argo CD's.
    pub fn read<E: From<Failure>>(
        texts: impl IntoIterator<Item = Result<(String, Vec<u8>), E>>,
    ) -> Result<Self, E> {
        let mut objects = Self::default();
        for text in texts {
            let (name, text) = text?;
            objects.add_text(&name, &text)?;
        }
        if objects.config_maps.is_empty() && objects.applications.is_empty() {
            let message =
                format!("there is neither {PARAMS} nor {GENERAL} nor an Application in what was given");
            let failure = Failure::new(message).hint(
                "`kubectl get configmaps,deployments,statefulsets,applications,applicationsets -n argocd -o yaml` prints them",
            );
            return Err(failure.into());
        }
        Ok(objects)
    }

    /// How much the engine has to do that renders their Applications.
    pub fn render_workload(&self) -> sandbox::Workload {
        match self.applications.len() {
            0..=1 => sandbox::Workload::Few,
            _ => oarlock_fleet::workload(),
        }
    }

    /// Reads the documents of one text.
    ///
    /// # Errors
    /// If it is no YAML, or an object of Argo CD's is none.
    pub(super) fn add_text(&mut self, file: &str, text: &[u8]) -> Result<(), Failure> {
        let documents = oarlock_yaml::parse(text, Reader::ArgoCd, LIMITS).map_err(|error| {
            let failure = Failure::new(error.message).at(place(file, error.span));
            match error.hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })?;
        documents.iter().try_for_each(|document| self.add(file, &document.root))
    }

    fn add(&mut self, file: &str, object: &Node) -> Result<(), Failure> {
        if object.is_null() {
            return Ok(());
        }
        let text = |path: &[&str]| object.at(path).and_then(Node::as_str);
        let Some(kind) = text(&["kind"]) else {
            return Err(Failure::new("this is no object: it has no `kind`")
                .at(place(file, object.span))
                .hint("give what `kubectl get -o yaml` prints"));
        };
        if let ("List", Some(items)) = (kind, object.get("items").and_then(Node::as_sequence)) {
            return items.iter().try_for_each(|item| self.add(file, item));
        }
        let group = text(&["apiVersion"]).unwrap_or_default();
        let name = text(&["metadata", "name"]).unwrap_or_default();
        match kind {
            "ConfigMap" if name == PARAMS || name == GENERAL => {
                let map = self.config_maps.entry(name.to_owned()).or_default();
                map.namespace = text(&["metadata", "namespace"]).map(str::to_owned);
                map.origin = object.at(&["metadata", "name"]).map(|name| place(file, name.span));
                map.data.extend(entries(file, object.get("data")));
            }
            // With the hash of its content behind its name, where kustomize made it.
            "ConfigMap" if name == "oarlock" || name.starts_with("oarlock-") => {
                self.operator =
                    entries(file, object.get("data")).remove("operator.yaml").or(self.operator.take());
            }
            "Deployment" | "StatefulSet" => self.workloads.extend(workload(file, object)),
            "Application" | "ApplicationSet" if group.starts_with("argoproj.io/") => {
                self.applications.push(Application::read(file, object, kind == "ApplicationSet")?);
            }
            _ => {}
        }
        Ok(())
    }

    /// What a key of a ConfigMap says.
    pub(super) fn setting(&self, map: &str, key: &str) -> Option<&Located> {
        self.config_maps.get(map)?.data.get(key)
    }

    /// One of Argo CD's programs.
    pub(super) fn workload(&self, component: &str) -> Option<&Workload> {
        self.workloads.iter().find(|workload| workload.component == component)
    }

    /// The namespace of Argo CD itself.
    pub(super) fn namespace(&self) -> &str {
        self.config_maps.values().find_map(|map| map.namespace.as_deref()).unwrap_or("argocd")
    }
}

/// A place in a file.
pub(super) fn place(file: &str, span: Span) -> Origin {
    Origin::at(file, span.line, span.column)
}

fn entries(file: &str, data: Option<&Node>) -> BTreeMap<String, Located> {
    let entries = data.and_then(Node::as_mapping).into_iter().flat_map(|mapping| mapping.iter());
    let located = |entry: &oarlock_yaml::Entry| {
        let text = entry.value.scalar_text()?.to_owned();
        Some((entry.key.text.to_string(), Located { text, origin: place(file, entry.key.span) }))
    };
    entries.filter_map(located).collect()
}

/// One of Argo CD's programs; nothing if it is another's.
fn workload(file: &str, object: &Node) -> Option<Workload> {
    let label = |name: &str| object.at(&["metadata", "labels", name]).and_then(Node::as_str);
    if label("app.kubernetes.io/part-of") != Some("argocd") {
        return None;
    }
    let component = label("app.kubernetes.io/component")?.to_owned();
    let mut found = Workload { component, ..Workload::default() };
    let containers = object.at(&["spec", "template", "spec", "containers"])?.as_sequence()?;
    // The program itself, beside those of plugins.
    let is_own = |container: &&Node| {
        container.get("name").and_then(Node::as_str).is_some_and(|name| name.ends_with(&found.component))
    };
    let container = containers.iter().find(is_own).or(containers.first())?;
    found.image = container.get("image").and_then(|image| {
        Some(Located { text: image.as_str()?.to_owned(), origin: place(file, image.span) })
    });
    for variable in container.get("env").and_then(Node::as_sequence).into_iter().flatten() {
        let name = variable.get("name").and_then(Node::as_str);
        let value = variable.get("value").and_then(|value| Some((value.scalar_text()?, value.span)));
        if let (Some(name), Some((text, span))) = (name, value) {
            let located = Located { text: text.to_owned(), origin: place(file, span) };
            found.environment.insert(name.to_owned(), located);
        }
    }
    for field in ["command", "args"] {
        let words = container.get(field).and_then(Node::as_sequence).into_iter().flatten();
        found.arguments.extend(words.filter_map(|word| {
            Some(Located { text: word.scalar_text()?.to_owned(), origin: place(file, word.span) })
        }));
    }
    Some(found)
}

/// Argo CD's parameters and its repo-server, with these entries and this container.
#[cfg(test)]
pub(super) fn sample(params: &str, repo_server: &str) -> Objects {
    let mut objects = Objects::default();
    let text = format!(
        "kind: ConfigMap\nmetadata: {{name: argocd-cmd-params-cm, namespace: cd}}\ndata: {{{params}}}\n---\nkind: Deployment\nmetadata:\n  labels: {{app.kubernetes.io/component: repo-server, app.kubernetes.io/part-of: argocd}}\nspec:\n  template:\n    spec:\n      containers: [{{{repo_server}}}]\n"
    );
    objects.add_text("a.yaml", text.as_bytes()).unwrap();
    objects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(text: &str) -> Result<Objects, Failure> {
        let mut objects = Objects::default();
        objects.add_text("a.yaml", text.as_bytes()).map(|()| objects)
    }

    #[test]
    fn lists_are_taken_apart() {
        let found = objects(
            "apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n  metadata: {name: argocd-cmd-params-cm, namespace: cd}\n  data:\n    a.b: \"1\"\n- kind: ConfigMap\n  metadata: {name: other}\n- {kind: Service, metadata: {name: a}}\n---\n# nothing\n",
        )
        .unwrap();
        let setting = found.setting(PARAMS, "a.b").unwrap();
        assert_eq!((setting.text.as_str(), setting.origin.to_string().as_str()), ("1", "a.yaml:7:5"));
        assert_eq!((found.namespace(), found.config_maps.len()), ("cd", 1));
    }

    #[test]
    fn a_program_tells_its_environment_and_its_flags() {
        let found = objects(
            r"
kind: Deployment
metadata:
  name: argocd-repo-server
  labels: {app.kubernetes.io/component: repo-server, app.kubernetes.io/part-of: argocd}
spec:
  template:
    spec:
      containers:
      - name: oarlock
        env: [{name: ARGOCD_CMP_CHUNK_SIZE, value: '1'}]
      - name: argocd-repo-server
        args: [/usr/local/bin/argocd-repo-server, --plugin-tar-exclude, .git, --plugin-tar-exclude=docs, --parallelismlimit=4]
        env:
        - {name: ARGOCD_CMP_CHUNK_SIZE, value: '65536'}
        - {name: OTHER, valueFrom: {}}
",
        )
        .unwrap();
        let program = found.workload("repo-server").unwrap();
        assert_eq!(program.variable("ARGOCD_CMP_CHUNK_SIZE").unwrap().text, "65536");
        assert!(program.variable("OTHER").is_none());
        let flags = |name| program.flag(name).into_iter().map(|found| found.text).collect::<Vec<_>>();
        assert_eq!(flags("plugin-tar-exclude"), [".git", "docs"]);
        assert_eq!(flags("parallelismlimit"), ["4"]);
        assert!(flags("parallel").is_empty());
    }

    #[test]
    fn what_is_no_object_is_refused_at_its_place() {
        for (text, message, at) in [
            ("a: 1\n", "this is no object: it has no `kind`", "a.yaml:1:1"),
            ("kind: List\nitems:\n- a\n", "this is no object: it has no `kind`", "a.yaml:3:3"),
        ] {
            let failure = objects(text).unwrap_err();
            assert!(failure.message.starts_with(message), "{text}: {failure}");
            assert_eq!(failure.origin.unwrap().to_string(), at, "{text}");
        }
    }
}
