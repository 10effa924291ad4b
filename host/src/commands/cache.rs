//! Options of the verbs that know the cache which replicas share.

use anyhow::Result;

use crate::argocd::Store;

/// The cache that replicas share.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CacheOptions {
    /// A Redis that keeps renders for all replicas, as redis://HOST:PORT/DATABASE, or rediss:// for TLS: that of Argo CD will do. User and
    /// password may come from REDIS_USERNAME and REDIS_PASSWORD, as for Argo CD.
    #[arg(long, value_name = "URL", env = "OARLOCK_CACHE", hide_env_values = true)]
    cache: Option<String>,

    #[arg(long, hide = true, env = "REDIS_USERNAME", hide_env_values = true)]
    cache_username: Option<String>,

    #[arg(long, hide = true, env = "REDIS_PASSWORD", hide_env_values = true)]
    cache_password: Option<String>,
}

impl CacheOptions {
    /// The cache, if one is named.
    ///
    /// # Errors
    /// If its address is none.
    pub(super) fn store(&self) -> Result<Option<Store>> {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (user, password) = (filled(&self.cache_username), filled(&self.cache_password));
        let url = filled(&self.cache);
        url.map(|url| Store::new(&url, user.as_deref(), password.as_deref())).transpose()
    }
}
