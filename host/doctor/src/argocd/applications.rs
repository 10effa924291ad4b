//! Applications, and which of them a checkout and the plugin concern.

use oarlock_plugin::{Application as PluginApplication, Failure, Origin, TreePath};
use oarlock_yaml::{Node, from_node};
use serde_json::json;

use super::objects::{Objects, place};
use super::paths::ANNOTATION;
use super::remotes::Remotes;
use crate::finding::{Change, Finding, Findings, count};
use oarlock_engine::application::{ApplicationSource, Overrides, Spec, instance_name};
use oarlock_engine::source::Source as Tree;

/// An Application, or the template of an ApplicationSet.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) name: String,
    namespace: Option<String>,
    is_set: bool,
    pub(super) origin: Option<Origin>,
    /// What the annotation says now.
    pub(super) annotation: Option<(String, Origin)>,
    /// The ApplicationSet that made it.
    pub(super) owner: Option<String>,
    spec: Spec,
}

/// An Application that the plugin renders from the checkout.
#[derive(Debug)]
pub(super) struct PluginUse<'a> {
    pub(super) application: &'a Application,
    pub(super) directory: TreePath,
    /// Its source, as it is in the cluster.
    source: &'a ApplicationSource,
    /// What Argo CD calls the Application; `None` for the template of an ApplicationSet.
    name: Option<String>,
    /// Whether it names the plugin, or leaves it to discovery.
    pub(super) is_named: bool,
}

impl Application {
    /// Reads an object.
    ///
    /// # Errors
    /// If a field is something that it cannot be.
    pub(super) fn read(file: &str, object: &Node, is_set: bool) -> Result<Self, Failure> {
        let text = |path: &[&str]| object.at(path).and_then(Node::as_str).map(str::to_owned);
        let inner = if is_set { object.at(&["spec", "template"]) } else { Some(object) };
        let spec = inner.and_then(|inner| inner.get("spec"));
        let spec = match spec {
            Some(spec) => from_node(spec)
                .map_err(|error| Failure::new(error.to_string()).at(place(file, error.span)))?,
            None => Spec::default(),
        };
        let annotation = inner
            .and_then(|inner| inner.at(&["metadata", "annotations", ANNOTATION]))
            .and_then(|node| Some((node.scalar_text()?.to_owned(), place(file, node.span))));
        let owners = object.at(&["metadata", "ownerReferences"]).and_then(Node::as_sequence);
        let owner = owners.into_iter().flatten().find_map(|owner| {
            (owner.get("kind")?.as_str()? == "ApplicationSet").then(|| owner.get("name")?.as_str())?
        });
        Ok(Self {
            name: text(&["metadata", "name"]).unwrap_or_default(),
            namespace: text(&["metadata", "namespace"]),
            is_set,
            origin: object.at(&["metadata", "name"]).map(|name| place(file, name.span)),
            annotation,
            owner: owner.map(str::to_owned),
            spec,
        })
    }

    /// The object for people.
    pub(super) fn display(&self) -> String {
        format!("{} {}", if self.is_set { "ApplicationSet" } else { "Application" }, self.name)
    }

    /// Whether an annotation holds for more than one source.
    pub(super) fn has_many_sources(&self) -> bool {
        self.spec.sources().len() > 1
    }

    /// The change that annotates it: that of the ApplicationSet where one makes it.
    pub(super) fn annotate(&self, key: &str, value: &str) -> Change {
        let patch = json!({"metadata": {"annotations": {key: value}}});
        let in_template = |patch| json!({"spec": {"template": patch}});
        match &self.owner {
            _ if self.is_set => Change::new(self.display(), self.origin.as_ref(), in_template(patch)),
            Some(set) => Change::new(format!("ApplicationSet {set}"), None, in_template(patch)),
            None => Change::new(self.display(), self.origin.as_ref(), patch),
        }
    }

    /// What Argo CD calls it.
    fn instance_name(&self, control_plane: &str) -> Option<String> {
        (!self.is_set).then(|| instance_name(&self.name, self.namespace.as_deref(), control_plane))
    }
}

impl PluginUse<'_> {
    /// What plugins see, after the repo-server has read the files beside the manifests.
    ///
    /// # Errors
    /// If one of these is wrong.
    pub(super) fn for_plugins(&self, tree: &dyn Tree) -> Result<PluginApplication, Failure> {
        let files = Overrides::read(tree, &self.directory, self.name.as_deref())?;
        let (source, _) = files.apply(self.source)?;
        Ok(self.application.spec.for_plugins(self.name.clone(), &source))
    }
}

/// The Applications that the plugin renders from the checkout. What is skipped is reported.
pub(super) fn select<'a>(
    objects: &'a Objects,
    ours: &[String],
    remotes: &Remotes,
    findings: &mut Findings,
) -> Vec<PluginUse<'a>> {
    let mut uses = Vec::new();
    let (mut elsewhere, mut others, mut untyped) = (0, 0, 0);
    for application in &objects.applications {
        for source in application.spec.sources() {
            let Some(plugin) = &source.plugin else {
                untyped += u64::from(source.is_untyped());
                continue;
            };
            let wanted = plugin.name.as_deref().filter(|name| !name.is_empty());
            if wanted.is_some_and(|name| !ours.iter().any(|one| one == name)) {
                others += 1;
                continue;
            }
            if !remotes.is(source.repo_url.as_deref().unwrap_or_default()) {
                elsewhere += 1;
                continue;
            }
            match directory(application, source) {
                Ok(directory) => uses.push(PluginUse {
                    application,
                    directory,
                    source,
                    name: application.instance_name(objects.namespace()),
                    is_named: wanted.is_some(),
                }),
                Err(finding) => findings.add(*finding),
            }
        }
    }
    let plugins = ours.join("`, `");
    let mut message =
        format!("{} rendered by `{plugins}` from {remotes}", count(uses.len() as u64, "source"));
    for (number, what) in [
        (elsewhere, "of other repositories"),
        (others, "rendered by other plugins"),
        (untyped, "of no type, which are offered to every plugin that has discovery"),
    ] {
        if number > 0 {
            message = format!("{message}; {number} {what}");
        }
    }
    findings.add(if uses.is_empty() && elsewhere > 0 {
        Finding::warn(
            "Applications",
            message,
            "`--repo-url URL` says which URL the checkout has in Applications",
        )
    } else {
        Finding::ok("Applications", message)
    });
    uses
}

/// The directory of a source, or why it is not known.
fn directory(application: &Application, source: &ApplicationSource) -> Result<TreePath, Box<Finding>> {
    let path = source.path.as_deref().unwrap_or_default();
    let refuse = |finding: Finding| Box::new(finding.at(application.origin.clone()));
    if application.is_set && path.contains("{{") {
        return Err(refuse(Finding::warn(
            application.display(),
            format!("its path is made from `{path}`, so what it reads is not known here"),
            "give the Applications that it makes, too",
        )));
    }
    if application.spec.source_hydrator.is_some() {
        let message =
            "it is hydrated, and Argo CD watches its own branch for that whatever the annotation says";
        return Err(refuse(Finding::ok(application.display(), message)));
    }
    TreePath::new(path)
        .map_err(|error| refuse(Finding::failure(application.display(), Failure::new(error.to_string()))))
}
