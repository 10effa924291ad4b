//! From the API path of a placeholder to the mount and path of a reference.

use crate::config::Config;
use crate::crd::KvType;

/// Where a key/value secret lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) mount: String,
    pub(super) path: String,
    pub(super) kv_type: KvType,
}

/// The location behind an API path. A mount may have slashes in it, so the declared ones decide,
/// the longest first; without any declared, only `<one name>/data/…` is plain enough to read.
///
/// # Errors
/// Why the mount is unknown, as the end of a sentence.
pub(super) fn locate(api_path: &str, kv_type: KvType, config: &Config) -> Result<Location, String> {
    let path = api_path.trim_matches('/');
    let mut mounts = config.declared_mounts();
    mounts.sort_by_key(|mount| std::cmp::Reverse(mount.len()));
    let below = |mount: &str| -> Option<String> {
        let rest = path.strip_prefix(mount)?.strip_prefix('/')?;
        let rest = if kv_type == KvType::V2 { rest.strip_prefix("data/")? } else { rest };
        (!rest.is_empty()).then(|| rest.to_owned())
    };
    for mount in &mounts {
        if let Some(path) = below(mount) {
            return Ok(Location { mount: (*mount).to_owned(), path, kv_type });
        }
    }
    let first = path.split('/').next().unwrap_or_default();
    match below(first) {
        Some(rest)
            if mounts.is_empty() && kv_type == KvType::V2 && !rest.split('/').any(|name| name == "data") =>
        {
            Ok(Location { mount: first.to_owned(), path: rest, kv_type })
        }
        _ if mounts.is_empty() => Err("no mount is declared".to_owned()),
        _ if kv_type == KvType::V2 => Err("none of the declared mounts followed by `data/` fits".to_owned()),
        _ => Err("none of the declared mounts fits".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_longest_mount_and_does_not_guess() {
        for (mounts, api_path, kv_type, expected) in [
            (&[][..], "kv/data/ua/db", KvType::V2, Some("kv + ua/db")),
            (&[], "/kv/data/ua/db/", KvType::V2, Some("kv + ua/db")),
            (&[], "kv/prod/data/x", KvType::V2, None),
            (&[], "kv/data/data/x", KvType::V2, None),
            (&[], "kv/ua/db", KvType::V1, None),
            (&[], "kv/ua/db", KvType::V2, None),
            (&[], "kv/data/", KvType::V2, None),
            (&["kv"], "kv/ua/db", KvType::V1, Some("kv + ua/db")),
            (&["kv", "kv/prod"], "kv/prod/data/x", KvType::V2, Some("kv/prod + x")),
            (&["kv", "kv/prod"], "kv/data/x", KvType::V2, Some("kv + x")),
            (&["kv", "kv/prod"], "kv/prod/x", KvType::V1, Some("kv/prod + x")),
            (&["kv"], "kvx/data/x", KvType::V2, None),
            (&["secret"], "kv/data/x", KvType::V2, None),
        ] {
            let avp_mounts = mounts.iter().map(|mount| (*mount).to_owned()).collect();
            let config = Config { avp_mounts, ..Config::default() };
            let found = locate(api_path, kv_type, &config).ok();
            let found = found.map(|found| format!("{} + {}", found.mount, found.path));
            assert_eq!(found.as_deref(), expected, "{api_path} with {mounts:?}");
        }
    }
}
