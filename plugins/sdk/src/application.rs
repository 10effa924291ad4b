//! The Argo CD Application that is being rendered.

use crate::{Failure, Result, SetParameter};

/// What is known about the Argo CD Application that is being rendered. Offline renders leave most of it absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Application {
    /// Name of the Application.
    pub name: Option<String>,
    /// Namespace that the Application deploys to.
    pub namespace: Option<String>,
    /// Argo CD project of the Application.
    pub project: Option<String>,
    /// URL of the repository that the tree was taken from.
    pub repository: Option<String>,
    /// Commit that the tree was taken from.
    pub revision: Option<String>,
    /// Version of the destination cluster, as `1.34.0`.
    pub kube_version: Option<String>,
    /// API versions that the destination cluster serves, as `apps/v1` or `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
    /// Variables that the Application hands to its plugin, in their order; a later one wins.
    pub environment: Vec<(String, String)>,
    /// Parameters that the Application sets, as JSON text; empty where none are set.
    pub parameters: String,
}

impl Application {
    /// The parameters that the Application sets, in their order.
    ///
    /// # Errors
    /// If [`parameters`](Self::parameters) is of another shape than Argo CD gives it.
    pub fn set_parameters(&self) -> Result<Vec<SetParameter>> {
        if self.parameters.is_empty() {
            return Ok(Vec::new());
        }
        // No parameters at all are `null`.
        let parameters: Option<Vec<SetParameter>> =
            serde_json::from_str(&self.parameters).map_err(|error| {
                Failure::new(format!("the parameters of the Application cannot be read: {error}"))
                    .hint("they are a list under `spec.source.plugin.parameters`, each with `name` and `string`, `array` or `map`")
            })?;
        Ok(parameters.unwrap_or_default())
    }

    /// A text with Argo CD's build variables replaced: `$ARGOCD_APP_NAME`, `${ARGOCD_APP_NAME}`, and those of
    /// [`environment`](Self::environment). `$$` is a `$`; what is not known becomes nothing.
    pub fn substituted(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            out.push_str(before);
            if let Some(behind) = behind.strip_prefix('$') {
                out.push('$');
                rest = behind;
                continue;
            }
            let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
            let (name, behind) = match behind.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                Some((name, behind)) => (name, behind),
                None => behind.split_at(behind.find(|character| !is_name(character)).unwrap_or(behind.len())),
            };
            if name.is_empty() {
                out.push('$');
            } else {
                out.push_str(&self.variable(name));
            }
            rest = behind;
        }
        out + rest
    }

    fn variable(&self, name: &str) -> String {
        if let Some((_, value)) = self.environment.iter().rev().find(|(known, _)| known == name) {
            return value.clone();
        }
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let start = |length: usize| text(&self.revision).chars().take(length).collect();
        match name {
            "ARGOCD_APP_NAME" => text(&self.name),
            "ARGOCD_APP_NAMESPACE" => text(&self.namespace),
            "ARGOCD_APP_PROJECT_NAME" => text(&self.project),
            "ARGOCD_APP_SOURCE_REPO_URL" => text(&self.repository),
            "ARGOCD_APP_REVISION" => text(&self.revision),
            "ARGOCD_APP_REVISION_SHORT" => start(7),
            "ARGOCD_APP_REVISION_SHORT_8" => start(8),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced() {
        let application = Application {
            name: Some("shop".to_owned()),
            revision: Some("0123456789abcdef".to_owned()),
            environment: vec![("TEAM".to_owned(), "ua".to_owned())],
            ..Application::default()
        };
        for (text, expected) in [
            ("values-$ARGOCD_APP_NAME.yaml", "values-shop.yaml"),
            ("${TEAM}/$ARGOCD_APP_REVISION_SHORT", "ua/0123456"),
            ("a$$b$", "a$b$"),
            ("$NOPE-x", "-x"),
            ("cost: $ 5", "cost: $ 5"),
        ] {
            assert_eq!(application.substituted(text), expected, "{text}");
        }
    }
}
