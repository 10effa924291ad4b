//! What the user logged in with: the files that `helm registry login` and `docker login` write, and
//! the [helpers](crate::helper) that they name.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::error::Error;
use crate::helper::{self, HelperError, HelperName};
use crate::login::Credentials;

/// <https://docs.docker.com/reference/cli/docker/login/#credential-stores>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    auths: HashMap<String, Auth>,
    /// Helpers by registry.
    #[serde(default)]
    cred_helpers: HashMap<String, String>,
    /// The helper for all other registries.
    #[serde(default)]
    creds_store: String,
}

#[derive(Deserialize)]
struct Auth {
    auth: Option<String>,
    #[serde(rename = "identitytoken")]
    identity_token: Option<String>,
}

/// What lets the user into a registry: of each file first what its helper has, then what it holds
/// itself.
///
/// # Errors
/// If a file names a helper for the registry that cannot be run or fails.
pub(crate) fn of(host: &str) -> Result<Option<Credentials>, Error> {
    let server = Server { host };
    for path in files() {
        let Some(config) = std::fs::read(path).ok().and_then(|text| Config::parse(&text)) else { continue };
        if let Some(name) = config.helper(server) {
            let failed = |reason: HelperError| Error::Credentials {
                host: host.to_owned(),
                helper: name.chars().take(100).collect(),
                reason,
            };
            let found = HelperName::new(name).and_then(|name| helper::get(&name, server.name()));
            if let Some(found) = found.map_err(failed)? {
                return Ok(Some(found));
            }
        }
        if let Some(found) = config.stored(server) {
            return Ok(Some(found));
        }
    }
    Ok(None)
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

/// A registry, as it is called where credentials are stored.
#[derive(Clone, Copy)]
struct Server<'h> {
    host: &'h str,
}

impl<'h> Server<'h> {
    /// What `docker login` stores credentials of Docker Hub under, whose registry has another name.
    const HUB: &'static str = "https://index.docker.io/v1/";

    fn is_hub(self) -> bool {
        matches!(self.host, "docker.io" | "index.docker.io" | "registry-1.docker.io")
    }

    /// What it is called by helpers.
    fn name(self) -> &'h str {
        if self.is_hub() { Self::HUB } else { self.host }
    }

    /// The value of a map by registry.
    fn find<T>(self, map: &HashMap<String, T>) -> Option<&T> {
        let keys =
            [self.host.to_owned(), format!("https://{}", self.host), format!("https://{}/v1/", self.host)];
        let hub = ["docker.io", Self::HUB].into_iter().filter(|_| self.is_hub());
        keys.iter().map(String::as_str).chain(hub).find_map(|key| map.get(key))
    }
}

impl Config {
    fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The helper that keeps the credentials of a registry. An empty name means the file itself.
    fn helper(&self, server: Server<'_>) -> Option<&str> {
        let name = server.find(&self.cred_helpers).unwrap_or(&self.creds_store);
        (!name.is_empty()).then_some(name)
    }

    /// The credentials that the file itself holds.
    fn stored(&self, server: Server<'_>) -> Option<Credentials> {
        let found = server.find(&self.auths)?;
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        given(&found.identity_token)
            .map(Credentials::Refresh)
            .or_else(|| given(&found.auth).map(Credentials::Basic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_those_of_the_host() {
        let text = br#"{"auths": {"h.example": {"auth": "dTpw"}, "https://old.example/v1/": {"auth": "eDp5"},
            "https://index.docker.io/v1/": {"auth": "aHVi"},
            "token.example": {"auth": "PDwt", "identitytoken": "refresh"}, "helper.example": {}}}"#;
        let config = Config::parse(text).unwrap();
        let basic = |text: &str| Some(Credentials::Basic(text.to_owned()));
        for (host, expected) in [
            ("h.example", basic("dTpw")),
            ("old.example", basic("eDp5")),
            ("registry-1.docker.io", basic("aHVi")),
            ("token.example", Some(Credentials::Refresh("refresh".to_owned()))),
            ("helper.example", None),
            ("h", None),
        ] {
            assert!(config.stored(Server { host }) == expected, "{host}");
            assert_eq!(config.helper(Server { host }), None, "{host}");
        }
        assert!(Config::parse(b"no JSON").is_none());
    }

    #[test]
    fn a_helper_of_the_host_goes_before_that_of_all() {
        let text = br#"{"credsStore": "all", "credHelpers": {"h.example": "one", "docker.io": "hub", "file.example": ""}}"#;
        let config = Config::parse(text).unwrap();
        for (host, expected) in [
            ("h.example", Some("one")),
            ("registry-1.docker.io", Some("hub")),
            ("file.example", None),
            ("else.example", Some("all")),
        ] {
            assert_eq!(config.helper(Server { host }), expected, "{host}");
        }
        assert_eq!(Server { host: "docker.io" }.name(), "https://index.docker.io/v1/");
        assert_eq!(Server { host: "h.example:5000" }.name(), "h.example:5000");
    }
}
