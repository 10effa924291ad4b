//! What the user logged in with: the files that `helm registry login` and `docker login` write.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Deserialize;

/// What lets someone into a registry.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// User and password, encoded as HTTP has it.
    Basic(String),
    /// What a registry gives tokens for.
    Refresh(String),
}

impl Credentials {
    /// The header for user and password.
    pub(crate) fn basic(&self) -> Option<String> {
        match self {
            Self::Basic(encoded) => Some(format!("Basic {encoded}")),
            Self::Refresh(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: HashMap<String, Auth>,
}

#[derive(Deserialize)]
struct Auth {
    auth: Option<String>,
    #[serde(rename = "identitytoken")]
    identity_token: Option<String>,
}

/// What lets the user into a registry. Programs that keep credentials are not run.
pub(crate) fn of(host: &str) -> Option<Credentials> {
    files().find_map(|path| in_file(&std::fs::read(path).ok()?, host))
}

/// The files, the first that knows the host counts.
fn files() -> impl Iterator<Item = PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME");
    let at_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let helm = variable("HELM_REGISTRY_CONFIG").or_else(|| {
        let config = variable("HELM_CONFIG_HOME").or_else(|| Some(variable("XDG_CONFIG_HOME")?.join("helm")));
        Some(config.or_else(|| at_home(".config/helm"))?.join("registry/config.json"))
    });
    let docker =
        variable("DOCKER_CONFIG").or_else(|| at_home(".docker")).map(|path| path.join("config.json"));
    [helm, docker].into_iter().flatten()
}

fn in_file(text: &[u8], host: &str) -> Option<Credentials> {
    let config: Config = serde_json::from_slice(text).ok()?;
    let found = [host.to_owned(), format!("https://{host}"), format!("https://{host}/v1/")]
        .iter()
        .find_map(|key| config.auths.get(key))?;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    given(&found.identity_token)
        .map(Credentials::Refresh)
        .or_else(|| given(&found.auth).map(Credentials::Basic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_those_of_the_host() {
        let text = br#"{"auths": {"h.example": {"auth": "dTpw"}, "https://old.example/v1/": {"auth": "eDp5"},
            "token.example": {"auth": "PDwt", "identitytoken": "refresh"}, "helper.example": {}}}"#;
        let basic = |text: &str| Some(Credentials::Basic(text.to_owned()));
        for (host, expected) in [
            ("h.example", basic("dTpw")),
            ("old.example", basic("eDp5")),
            ("token.example", Some(Credentials::Refresh("refresh".to_owned()))),
            ("helper.example", None),
            ("h", None),
        ] {
            assert!(in_file(text, host) == expected, "{host}");
        }
        assert!(in_file(b"no JSON", "h.example").is_none());
    }
}
