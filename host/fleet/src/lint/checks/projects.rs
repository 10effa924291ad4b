//! What the project of an Application permits, as Argo CD decides it.

use serde_json::Value;

use super::quoted;
use crate::change::{Application, Origin};
use crate::lint::{About, ApplicationFacts, Found, LintRule};

/// The cluster in which Argo CD runs.
const LOCAL: (&str, &str) = ("in-cluster", "https://kubernetes.default.svc");

pub(super) fn check(
    application: &Application,
    facts: &ApplicationFacts,
    projects: &[(Value, Option<Origin>)],
    found: &mut Found,
) {
    let about = About { application: Some(application), object: None, origin: facts.origin.as_ref() };
    let text = |value: &'_ Value, pointer: &str| {
        value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if application.manifest.is_null() {
        return;
    }
    let name = match text(&application.manifest, "/spec/project").as_str() {
        "" => "default".to_owned(),
        name => name.to_owned(),
    };
    let mut named = projects.iter().filter(|(project, _)| text(project, "/metadata/name") == name);
    let Some((project, _)) = named.next() else {
        // The default project is always there, and permits everything unless somebody changes it.
        if name != "default" && !projects.is_empty() {
            let message = format!("project {} is none that the environment has", quoted(&name));
            found.add(
                LintRule::ProjectMissing,
                about,
                &name,
                (message, "add the AppProject, or name another one"),
            );
        }
        return;
    };
    let many = application.manifest.pointer("/spec/sources").and_then(Value::as_array);
    let one = application.manifest.pointer("/spec/source");
    for source in many.into_iter().flatten().chain(one) {
        let url = text(source, "/repoURL");
        if !url.is_empty() && !permits_source(project, &url) {
            let message = format!("project {} does not permit repository {}", quoted(&name), quoted(&url));
            let hint = "add it to `sourceRepos` of the project";
            found.add(LintRule::ProjectForbidsSource, about, &url, (message, hint));
        }
    }
    let namespace = text(&application.manifest, "/spec/destination/namespace");
    let (cluster, server) = destination(&application.manifest, facts);
    if permits_destination(project, cluster.as_deref(), server.as_deref(), &namespace) == Some(false) {
        let place = cluster.or(server).unwrap_or_default();
        let message = format!(
            "project {} does not permit namespace {} of cluster {}",
            quoted(&name),
            quoted(&namespace),
            quoted(&place)
        );
        let hint = "add it to `destinations` of the project";
        found.add(LintRule::ProjectForbidsDestination, about, "", (message, hint));
    }
}

/// The name and the URL of the cluster, as far as they are known.
fn destination(manifest: &Value, facts: &ApplicationFacts) -> (Option<String>, Option<String>) {
    let text = |key: &str| {
        let text = manifest.pointer("/spec/destination")?.get(key)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let mut name = text("name").or_else(|| facts.cluster.clone());
    let mut server = text("server").or_else(|| facts.server.clone());
    if name.as_deref() == Some(LOCAL.0) {
        server.get_or_insert_with(|| LOCAL.1.to_owned());
    }
    if server.as_deref() == Some(LOCAL.1) {
        name.get_or_insert_with(|| LOCAL.0.to_owned());
    }
    (name, server)
}

fn permits_source(project: &Value, url: &str) -> bool {
    let list = project.pointer("/spec/sourceRepos").and_then(Value::as_array);
    let patterns: Vec<&str> = list.into_iter().flatten().filter_map(Value::as_str).collect();
    let url = plain_url(url);
    let matches = |pattern: &str| glob(&plain_url(pattern), &url);
    let is_allowed = patterns.iter().any(|pattern| *pattern == "*" || matches(pattern));
    let mut denied = patterns.iter().filter_map(|pattern| pattern.strip_prefix('!'));
    is_allowed && !denied.any(matches)
}

/// A URL without what does not count: letters' case, `.git`.
fn plain_url(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url).to_owned()
}

/// Whether a project permits a destination; `None` where too little is known of the cluster.
fn permits_destination(
    project: &Value,
    name: Option<&str>,
    server: Option<&str>,
    namespace: &str,
) -> Option<bool> {
    let list = project.pointer("/spec/destinations").and_then(Value::as_array);
    let (mut is_permitted, mut is_open) = (false, false);
    for item in list.into_iter().flatten() {
        let pattern = |key: &str| item.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let is_like = |pattern: Option<&str>, text: Option<&str>| match (pattern, text) {
            (Some(pattern), Some(text)) => {
                let (negated, pattern) =
                    pattern.strip_prefix('!').map_or((false, pattern), |rest| (true, rest));
                Some(glob(pattern, text) != negated)
            }
            (Some("*"), None) => Some(true),
            // It names the cluster by what is not known of it.
            (Some(_), None) => None,
            (None, _) => Some(false),
        };
        let (by_name, by_server) = (is_like(pattern("name"), name), is_like(pattern("server"), server));
        let is_cluster = by_name == Some(true) || by_server == Some(true);
        let in_namespace = is_like(Some(pattern("namespace").unwrap_or("")), Some(namespace)) == Some(true);
        let is_denied = pattern("namespace").is_some_and(|pattern| pattern.starts_with('!'));
        if is_cluster && is_denied && !in_namespace {
            return Some(false);
        }
        let denies_cluster =
            [pattern("name"), pattern("server")].into_iter().flatten().any(|text| text.starts_with('!'));
        if denies_cluster
            && by_name != Some(true)
            && by_server != Some(true)
            && by_name.or(by_server).is_some()
        {
            return Some(false);
        }
        is_permitted |= is_cluster && in_namespace;
        is_open |= !is_cluster && in_namespace && (by_name.is_none() || by_server.is_none());
    }
    if is_permitted || !is_open { Some(is_permitted) } else { None }
}

/// Whether a text is like a pattern, in which `*` stands for any text and `?` for a character.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(c) if *c == '?' || *c == text[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    at = place + 1;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn repositories_are_permitted_by_pattern() {
        let permits =
            |patterns: &[&str], url: &str| permits_source(&json!({"spec": {"sourceRepos": patterns}}), url);
        assert!(permits(&["*"], "https://h/a"));
        assert!(permits(&["https://h/org/*"], "https://H/org/repo.git"));
        assert!(!permits(&["https://h/org/*"], "https://h/other/repo"));
        assert!(!permits(&["*", "!https://h/org/*"], "https://h/org/repo"));
        assert!(!permits(&[], "https://h/a"));
    }

    #[test]
    fn destinations_are_permitted_by_what_is_known() {
        let permits = |destinations: Value, name: Option<&str>, server: Option<&str>| {
            permits_destination(&json!({"spec": {"destinations": destinations}}), name, server, "ua")
        };
        assert_eq!(permits(json!([{"name": "a", "namespace": "ua"}]), Some("a"), None), Some(true));
        assert_eq!(permits(json!([{"name": "a", "namespace": "ra"}]), Some("a"), None), Some(false));
        assert_eq!(permits(json!([{"name": "b", "namespace": "*"}]), Some("a"), None), Some(false));
        assert_eq!(permits(json!([{"server": "https://x", "namespace": "*"}]), Some("a"), None), None);
        assert_eq!(permits(json!([{"server": "*", "namespace": "*"}]), Some("a"), None), Some(true));
        assert_eq!(
            permits(json!([{"server": "https://x", "namespace": "*"}]), Some("a"), Some("https://y")),
            Some(false)
        );
        assert_eq!(
            permits(
                json!([{"name": "*", "namespace": "*"}, {"name": "a", "namespace": "!ua"}]),
                Some("a"),
                None
            ),
            Some(false)
        );
        assert_eq!(permits(json!([]), Some("a"), None), Some(false));
    }

    #[test]
    fn patterns_match() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("a?c", "abc", true),
            ("**b*", "aabb", true),
            ("", "a", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
