//! Options of the verbs that know the cache which replicas share.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use oarlock_server::{CacheKey, Store};

/// The cache that replicas share.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CacheOptions {
    /// A Redis that keeps renders for all replicas, as redis://HOST:PORT/DATABASE, or rediss:// for
    /// TLS: that of Argo CD will do. User and password may come from REDIS_USERNAME and
    /// REDIS_PASSWORD, as for Argo CD.
    #[arg(long, value_name = "URL", env = "OARLOCK_CACHE", hide_env_values = true)]
    cache: Option<String>,

    #[arg(long, hide = true, env = "REDIS_USERNAME", hide_env_values = true)]
    cache_username: Option<String>,

    #[arg(long, hide = true, env = "REDIS_PASSWORD", hide_env_values = true)]
    cache_password: Option<String>,

    /// A file with a key, so that only those who have it can write renders that are taken: at least
    /// 16 bytes, the same for all replicas. The key itself may come from OARLOCK_CACHE_KEY.
    #[arg(long, value_name = "FILE", env = "OARLOCK_CACHE_KEY_FILE", hide_env_values = true)]
    cache_key_file: Option<PathBuf>,

    #[arg(long, hide = true, env = "OARLOCK_CACHE_KEY", hide_env_values = true)]
    cache_key: Option<String>,
}

impl CacheOptions {
    /// The cache, if one is named.
    ///
    /// # Errors
    /// If its address is none, or the key cannot be read or is none.
    pub(super) fn store(&self) -> Result<Option<Store>> {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (user, password) = (filled(&self.cache_username), filled(&self.cache_password));
        let url = filled(&self.cache);
        let Some(url) = url else { return Ok(None) };
        Ok(Some(Store::new(&url, user.as_deref(), password.as_deref())?.with_key(self.key()?)))
    }

    fn key(&self) -> Result<Option<CacheKey>> {
        let text = match (&self.cache_key_file, &self.cache_key) {
            (Some(path), _) => {
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?
            }
            (None, Some(key)) if !key.is_empty() => key.clone().into_bytes(),
            (None, _) => return Ok(None),
        };
        CacheKey::new(&text).map(Some)
    }
}
