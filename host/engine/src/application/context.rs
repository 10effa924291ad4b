//! What Argo CD tells of an Application: the environment of a request.

use oarlock_plugin::{Application, Failure, TreePath};

/// The prefix that Argo CD puts before the names of an Application's own variables.
const OWN: &str = "ARGOCD_ENV_";

/// What a request is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The directory in the archive.
    pub directory: String,
    /// What plugins see of the Application, without its commit.
    pub application: Application,
    /// The commit.
    pub revision: Option<String>,
}

impl Context {
    /// Reads variables, in their order.
    pub fn of<'a>(directory: &str, variables: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut context = Self { directory: directory.to_owned(), ..Self::default() };
        for (name, value) in variables {
            context.set(name, value);
        }
        context
    }

    /// What plugins see of the Application; its commit only where the operator allows it.
    pub fn for_plugins(&self, with_revision: bool) -> Application {
        let mut application = self.application.clone();
        if with_revision {
            application.revision.clone_from(&self.revision);
        }
        application
    }

    /// A later variable wins over an earlier one of its name, also where it is empty.
    fn set(&mut self, name: &str, value: &str) {
        let text = || (!value.is_empty()).then(|| value.to_owned());
        let application = &mut self.application;
        match name {
            "ARGOCD_APP_NAME" => application.name = text(),
            "ARGOCD_APP_NAMESPACE" => application.namespace = text(),
            "ARGOCD_APP_PROJECT_NAME" => application.project = text(),
            "ARGOCD_APP_SOURCE_REPO_URL" => application.repository = text(),
            "ARGOCD_APP_REVISION" => self.revision = text(),
            "KUBE_VERSION" => application.kube_version = text(),
            "KUBE_API_VERSIONS" => {
                let versions = value.split(',').map(str::trim).filter(|version| !version.is_empty());
                application.api_versions = versions.map(str::to_owned).collect();
            }
            // No parameters at all are `null`.
            "ARGOCD_APP_PARAMETERS" => {
                application.parameters = text().filter(|text| text != "null").unwrap_or_default();
            }
            // Plugins have no names for these, but texts that they replace variables in may.
            "ARGOCD_APP_SOURCE_PATH" | "ARGOCD_APP_SOURCE_TARGET_REVISION" => {
                application.environment.push((name.to_owned(), value.to_owned()));
            }
            name => {
                if let Some(name) = name.strip_prefix(OWN) {
                    application.environment.push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }

    /// The directory as a place in the tree.
    ///
    /// # Errors
    /// If it is not inside of the tree.
    pub fn directory(&self) -> Result<TreePath, Failure> {
        TreePath::new(&self.directory).map_err(|error| {
            Failure::new(format!("the application's directory is none of the repository's: {error}"))
        })
    }

    /// The Application's name for messages.
    pub fn name(&self) -> &str {
        self.application.name.as_deref().unwrap_or("(without a name)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(variables: &[(&str, &str)]) -> Context {
        Context::of("apps/web", variables.iter().copied())
    }

    #[test]
    fn reads_what_argo_cd_sends() {
        let context = context(&[
            ("ARGOCD_APP_NAME", "web"),
            ("ARGOCD_APP_NAMESPACE", "shop"),
            ("ARGOCD_APP_PROJECT_NAME", "default"),
            ("ARGOCD_APP_REVISION", "8d1f0c"),
            ("ARGOCD_APP_SOURCE_REPO_URL", "https://git.example.com/a.git"),
            ("KUBE_VERSION", "1.34.0"),
            ("KUBE_API_VERSIONS", "v1,apps/v1/Deployment"),
            ("ARGOCD_ENV_TEAM", "ua"),
            ("ARGOCD_ENV_TEAM", ""),
            ("ARGOCD_APP_PARAMETERS", r#"[{"name":"a","string":"b"}]"#),
            ("PARAM_A", "b"),
            ("GIT_ASKPASS", "argocd"),
        ]);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(context.revision, text("8d1f0c"));
        assert_eq!(
            context.application,
            Application {
                name: text("web"),
                namespace: text("shop"),
                project: text("default"),
                repository: text("https://git.example.com/a.git"),
                revision: None,
                kube_version: text("1.34.0"),
                api_versions: vec!["v1".into(), "apps/v1/Deployment".into()],
                environment: vec![("TEAM".into(), "ua".into()), ("TEAM".into(), String::new())],
                parameters: r#"[{"name":"a","string":"b"}]"#.into(),
            }
        );
        assert_eq!(context.directory().unwrap().as_str(), "apps/web");
    }

    #[test]
    fn what_is_not_known_is_absent() {
        let context =
            context(&[("KUBE_VERSION", ""), ("KUBE_API_VERSIONS", ""), ("ARGOCD_APP_PARAMETERS", "null")]);
        assert_eq!(context.application, Application::default());
        assert_eq!(context.name(), "(without a name)");
    }

    #[test]
    fn a_directory_outside_is_refused() {
        let context = Context::of("../../etc", std::iter::empty());
        assert!(context.directory().unwrap_err().message.contains("../../etc"));
    }
}
