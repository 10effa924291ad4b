//! How much an archive may hold, and what is wrong with one that is refused.

use oarlock_model::Bytes;

/// How much an archive may hold. It is refused as a whole where it holds more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ArchiveLimits {
    /// Everything that it unpacks to.
    pub unpacked: Bytes,
    /// Files, directories and links, and directories that paths imply.
    pub entries: u64,
    /// How many times as large it may become by unpacking. Counts from 32 MiB on.
    pub ratio: u64,
    /// Bytes in the path of an entry, and in the target of a link.
    pub path: u64,
    /// The targets of all symbolic links together.
    pub links: Bytes,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { unpacked: Bytes(1 << 30), entries: 250_000, ratio: 100, path: 4096, links: Bytes(16 << 20) }
    }
}

/// Why an archive is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// It is not what it should be.
    #[error("the archive of the repository is damaged: {0}")]
    Damaged(String),
    /// It ends too early.
    #[error("the archive of the repository is cut off")]
    CutOff,
    /// An entry is none that a tree can have.
    #[error("the archive of the repository holds `{path}`, which {reason}")]
    Forbidden {
        /// The entry, as far as it can be shown.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It holds more than it may.
    #[error("the archive of the repository holds more than {value} {what}")]
    Limit {
        /// The limit.
        value: String,
        /// What is counted.
        what: &'static str,
        /// The setting that raises the limit.
        setting: &'static str,
    },
}

impl UnpackError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Limit { setting, .. } => Some(format!(
                "leave out what no render needs by the repo-server's `--plugin-tar-exclude`, or raise `argocd.archive.{setting}` in the operator's configuration"
            )),
            _ => None,
        }
    }
}
