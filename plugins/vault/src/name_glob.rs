//! Names with wildcards, as the configuration lists them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A name in which `*` stands for any characters and `?` for one.
///
/// `namespace/name` limits it to a namespace; without a `/` every namespace fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct NameGlob(String);

impl NameGlob {
    /// Whether the Secret of that name in that namespace is meant.
    pub(crate) fn matches(&self, namespace: &str, name: &str) -> bool {
        match self.0.split_once('/') {
            Some((namespaces, names)) => glob(namespaces, namespace) && glob(names, name),
            None => glob(&self.0, name),
        }
    }
}

impl From<&str> for NameGlob {
    fn from(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }
}

/// Greedy matching with one point of return: linear for names as short as Kubernetes allows, and
/// never exponential.
pub(crate) fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, namespace, name, expected) in [
            ("db", "ua", "db", true),
            ("db", "ua", "db2", false),
            ("db-*", "ua", "db-7f6m", true),
            ("*-tls", "ua", "a-tls-b-tls", true),
            ("*-tls", "ua", "a-tls-b", false),
            ("d?", "ua", "db", true),
            ("d?", "ua", "d", false),
            ("ua/*", "ua", "db", true),
            ("ua/*", "ra", "db", false),
            ("", "ua", "", true),
            ("*a*b*c*", "", "xaxbxcx", true),
        ] {
            assert_eq!(NameGlob::from(pattern).matches(namespace, name), expected, "{pattern} {name}");
        }
    }
}
