//! What the user logged in with: the files that `helm registry login` and `docker login` write.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Deserialize;

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: HashMap<String, Auth>,
}

#[derive(Deserialize)]
struct Auth {
    auth: Option<String>,
}

/// User and password for a host, encoded as HTTP wants them. Programs that keep credentials are not asked.
pub(super) fn of(host: &str) -> Option<String> {
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

fn in_file(text: &[u8], host: &str) -> Option<String> {
    let config: Config = serde_json::from_slice(text).ok()?;
    let auth = [host.to_owned(), format!("https://{host}"), format!("https://{host}/v1/")]
        .iter()
        .find_map(|key| config.auths.get(key))?;
    auth.auth.clone().filter(|auth| !auth.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_those_of_the_host() {
        let text = br#"{"auths": {"h.example": {"auth": "dTpw"}, "https://old.example/v1/": {"auth": "eDp5"}, "helper.example": {}}}"#;
        for (host, expected) in [
            ("h.example", Some("dTpw")),
            ("old.example", Some("eDp5")),
            ("helper.example", None),
            ("h", None),
        ] {
            assert_eq!(in_file(text, host).as_deref(), expected, "{host}");
        }
        assert_eq!(in_file(b"no JSON", "h.example"), None);
    }
}
