//! Argo CD's build variables, which an Application's texts may name.

use crate::application::Application;
use crate::path::TreePath;

/// Argo CD's [build
/// variables](https://argo-cd.readthedocs.io/en/stable/user-guide/build-environment/) and an
/// Application's own, for the texts of a configuration. Made by [`Application::variables`].
#[derive(Clone, Copy, Debug)]
pub struct Variables<'a> {
    application: &'a Application,
    /// What is rendered: `ARGOCD_APP_SOURCE_PATH`.
    directory: &'a TreePath,
}

impl Application {
    /// The build variables of a render of a directory.
    pub fn variables<'a>(&'a self, directory: &'a TreePath) -> Variables<'a> {
        Variables { application: self, directory }
    }
}

impl<'a> Variables<'a> {
    /// The directory that is rendered.
    pub fn directory(self) -> &'a TreePath {
        self.directory
    }

    /// A text with its variables replaced, as Go's `os.Expand` does: `$ARGOCD_APP_NAME`,
    /// `${ARGOCD_APP_NAME}`; `$$` is a `$`. What is not known becomes nothing.
    pub fn replaced(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            out.push_str(before);
            let (name, length) = name(behind);
            match name {
                "" if length == 0 => out.push('$'),
                "$" => out.push('$'),
                name => out.push_str(&self.value(name)),
            }
            rest = &behind[length..];
        }
        out + rest
    }

    fn value(self, name: &str) -> String {
        let Self { application, directory } = self;
        let given = application.environment.iter().rev().find(|(known, _)| known == name);
        if let Some((_, value)) = given {
            return value.clone();
        }
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let start = |length: usize| text(&application.revision).chars().take(length).collect();
        match name {
            "ARGOCD_APP_NAME" => text(&application.name),
            "ARGOCD_APP_NAMESPACE" => text(&application.namespace),
            "ARGOCD_APP_PROJECT_NAME" => text(&application.project),
            "ARGOCD_APP_SOURCE_REPO_URL" => text(&application.repository),
            "ARGOCD_APP_SOURCE_PATH" => directory.to_string(),
            "ARGOCD_APP_REVISION" => text(&application.revision),
            "ARGOCD_APP_REVISION_SHORT" => start(7),
            "ARGOCD_APP_REVISION_SHORT_8" => start(8),
            _ => String::new(),
        }
    }
}

/// The name behind a `$`, and how much of the text it takes. There may be none: braces around
/// nothing, and ones that never close, are swallowed all the same.
fn name(behind: &str) -> (&str, usize) {
    let is_special = |byte: u8| b"*#$@!?-".contains(&byte) || byte.is_ascii_digit();
    match behind.as_bytes() {
        [b'{', special, b'}', ..] if is_special(*special) => (&behind[1..2], 3),
        [b'{', ..] => match behind.find('}') {
            None => ("", 1),
            Some(end) => (&behind[1..end], end + 1),
        },
        [special, ..] if is_special(*special) => (&behind[..1], 1),
        _ => {
            let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
            let end = behind.find(|character| !is_name(character)).unwrap_or(behind.len());
            (&behind[..end], end)
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
        let directory = TreePath::new("apps/shop").unwrap();
        for (text, expected) in [
            ("values-$ARGOCD_APP_NAME.yaml", "values-shop.yaml"),
            ("${TEAM}/$ARGOCD_APP_REVISION_SHORT", "ua/0123456"),
            ("a$$b$", "a$b$"),
            ("$NOPE-x", "-x"),
            ("cost: $ 5", "cost: $ 5"),
            ("$ARGOCD_APP_SOURCE_PATH/${}x${ARGO", "apps/shop/xARGO"),
            ("$1x$-y${$}$é", "xy$$é"),
        ] {
            assert_eq!(application.variables(&directory).replaced(text), expected, "{text}");
        }
    }
}
