//! Redis, or what speaks like it: bounded in time, and left alone for a while after a failure.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::{Client, Connection, RedisError, TypedCommands as _, pipe};
use tracing::{info, warn};

use super::entry::MAX_PACKED;
use super::key::{CacheKey, Part};
use oarlock_engine::source::Digest;

/// How long a connection may take to come about, and an answer to come.
const CONNECT: Duration = Duration::from_millis(250);
const ANSWER: Duration = Duration::from_millis(500);

/// How long a store that failed is left alone.
const REST: Duration = Duration::from_secs(5);

/// How long a render is kept: as long as Argo CD keeps manifests.
const TIME_TO_LIVE: Duration = Duration::from_hours(24);

/// So many renders are kept for one request: an application goes back and forth between few states.
const PER_REQUEST: usize = 4;

/// What a render is called: a digest in hexadecimal.
const ID_BYTES: usize = 64;

/// An entry with its code.
const MAX_SEALED: usize = MAX_PACKED + 64;

/// So many connections wait for use.
const IDLE: usize = 16;

/// Where renders are kept for others.
pub struct Store {
    client: Client,
    /// The address, without what is secret.
    address: String,
    key: Option<CacheKey>,
    state: Mutex<Connections>,
}

#[derive(Default)]
struct Connections {
    idle: Vec<Connection>,
    /// Until when the store is left alone.
    rests: Option<Instant>,
}

/// The store cannot be used now. Why was logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable;

impl Store {
    /// A store at a URL, as `redis://redis.argocd:6379/0` or `rediss://…` for TLS. User and
    /// password that are not in it may come beside it. Does not connect.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn new(url: &str, user: Option<&str>, password: Option<&str>) -> anyhow::Result<Self> {
        use redis::IntoConnectionInfo as _;
        let shown = url.rsplit_once('@').map_or(url, |(_, behind)| behind).to_owned();
        let wrong = |error: RedisError| {
            anyhow::anyhow!("`{shown}` is no address of a cache: {error}; write it as `redis://HOST:PORT/0`")
        };
        let info = url.into_connection_info().map_err(wrong)?;
        let mut settings = info.redis_settings().clone();
        if settings.username().is_none()
            && let Some(user) = user
        {
            settings = settings.set_username(user);
        }
        if settings.password().is_none()
            && let Some(password) = password
        {
            settings = settings.set_password(password);
        }
        let address = info.addr().to_string();
        let client = Client::open(info.set_redis_settings(settings)).map_err(wrong)?;
        Ok(Self { client, address, key: None, state: Mutex::default() })
    }

    /// The same, for entries that carry a code by a key.
    #[must_use]
    pub fn with_key(mut self, key: Option<CacheKey>) -> Self {
        self.key = key;
        self
    }

    /// Whether entries carry a code.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// What tells the entries of one key from those of another, and from those without.
    pub(super) fn key_id(&self) -> Option<Digest> {
        self.key.as_ref().map(CacheKey::id)
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// If not, with the reason.
    pub fn ping(&self) -> Result<(), RedisError> {
        self.connect()?.ping().map(|_| ())
    }

    /// What the renders of a request read, the newest first. What has not the right code is passed
    /// over.
    pub(super) fn reads(&self, name: &str) -> Result<Vec<Vec<u8>>, Unavailable> {
        self.with(|connection| {
            let mut all = Vec::new();
            for id in ids(connection, name)? {
                let sealed = get(connection, &entry_key(name, &id, Part::Reads))?;
                all.extend(sealed.and_then(|sealed| self.open(Part::Reads, name, &id, sealed)));
            }
            Ok(all)
        })
    }

    /// The manifests of a render.
    pub(super) fn manifests(&self, name: &str, id: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let sealed = self.with(|connection| get(connection, &entry_key(name, id, Part::Manifests)))?;
        Ok(sealed.and_then(|sealed| self.open(Part::Manifests, name, id, sealed)))
    }

    /// Keeps a render, in place of the oldest ones where there are too many.
    pub(super) fn keep(
        &self,
        name: &str,
        id: &str,
        reads: &[u8],
        manifests: &[u8],
    ) -> Result<(), Unavailable> {
        let seconds = TIME_TO_LIVE.as_secs();
        let parts = [(Part::Reads, reads), (Part::Manifests, manifests)];
        self.with(|connection| {
            // Two replicas at once may each miss what the other one wrote; it is made again then.
            let others = ids(connection, name)?.into_iter().filter(|known| known != id);
            let all: Vec<String> = std::iter::once(id.to_owned()).chain(others).collect();
            let (kept, surplus) = all.split_at(all.len().min(PER_REQUEST));
            let mut pipe = pipe();
            pipe.atomic();
            for (part, entry) in parts {
                let sealed = self.seal(part, name, id, entry);
                pipe.cmd("SET").arg(entry_key(name, id, part)).arg(sealed).arg("EX").arg(seconds).ignore();
            }
            for gone in surplus {
                let keys = parts.map(|(part, _)| entry_key(name, gone, part));
                pipe.cmd("DEL").arg(&keys[..]).ignore();
            }
            pipe.cmd("SET").arg(ids_key(name)).arg(kept.concat()).arg("EX").arg(seconds).ignore();
            pipe.query(connection)
        })
    }

    fn seal(&self, part: Part, name: &str, id: &str, entry: &[u8]) -> Vec<u8> {
        self.key.as_ref().map_or_else(|| entry.to_owned(), |key| key.seal(part, name, id, entry))
    }

    fn open(&self, part: Part, name: &str, id: &str, sealed: Vec<u8>) -> Option<Vec<u8>> {
        match &self.key {
            Some(key) => key.open(part, name, id, &sealed).map(<[u8]>::to_vec),
            None => Some(sealed),
        }
    }

    /// Does something with a connection, unless the store rests.
    fn with<T>(&self, act: impl FnOnce(&mut Connection) -> Result<T, RedisError>) -> Result<T, Unavailable> {
        let idle = {
            let mut state = self.lock();
            if state.rests.is_some_and(|until| Instant::now() < until) {
                return Err(Unavailable);
            }
            state.idle.pop()
        };
        let done = match idle {
            Some(connection) => Ok(connection),
            None => self.connect(),
        }
        .and_then(|mut connection| Ok((act(&mut connection)?, connection)));
        let mut state = self.lock();
        match done {
            Ok((value, connection)) => {
                if state.rests.take().is_some() {
                    info!(cache = self.address, "the shared cache answers again");
                }
                if state.idle.len() < IDLE {
                    state.idle.push(connection);
                }
                Ok(value)
            }
            Err(error) => {
                if state.rests.is_none() {
                    warn!(cache = self.address, "the shared cache fails, which costs speed alone: {error}");
                }
                // Those that wait may be of the same server that has gone.
                state.idle.clear();
                state.rests = Some(Instant::now() + REST);
                Err(Unavailable)
            }
        }
    }

    fn connect(&self) -> Result<Connection, RedisError> {
        let connection = self.client.get_connection_with_timeout(CONNECT)?;
        connection.set_read_timeout(Some(ANSWER))?;
        connection.set_write_timeout(Some(ANSWER))?;
        Ok(connection)
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The renders of a request, the newest first.
fn ids(connection: &mut Connection, name: &str) -> Result<Vec<String>, RedisError> {
    let end = PER_REQUEST * ID_BYTES - 1;
    let text: Vec<u8> = redis::cmd("GETRANGE").arg(ids_key(name)).arg(0).arg(end).query(connection)?;
    let is_id = |id: &&[u8]| id.iter().all(u8::is_ascii_hexdigit);
    let ids = text.chunks_exact(ID_BYTES).filter(is_id);
    Ok(ids.map(|id| String::from_utf8_lossy(id).into_owned()).collect())
}

/// An entry, unless it is larger than any that is written: others can write there, too.
fn get(connection: &mut Connection, key: &str) -> Result<Option<Vec<u8>>, RedisError> {
    let length: usize = redis::cmd("STRLEN").arg(key).query(connection)?;
    if length == 0 || length > MAX_SEALED {
        return Ok(None);
    }
    // It may have been replaced meanwhile.
    redis::cmd("GETRANGE").arg(key).arg(0).arg(MAX_SEALED).query(connection).map(Some)
}

/// All keys of a request have the same hash tag, so that they lie on the same node of a cluster.
fn ids_key(name: &str) -> String {
    format!("oarlock:{{{name}}}")
}

fn entry_key(name: &str, id: &str, part: Part) -> String {
    match part {
        Part::Reads => format!("oarlock:{{{name}}}:{id}:reads"),
        Part::Manifests => format!("oarlock:{{{name}}}:{id}:manifests"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_without_what_is_secret() {
        let store = Store::new("redis://user:secret@cache.example.com:6380/2", None, None).unwrap();
        assert_eq!(store.address(), "cache.example.com:6380");
        for wrong in ["cache.example.com", "http://cache.example.com", "redis://user:secret@:x/"] {
            let error = Store::new(wrong, None, None).err().unwrap().to_string();
            assert!(error.contains("is no address of a cache"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_store_that_does_not_answer_is_left_alone() {
        // Nobody listens on a port that was given back.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let store = Store::new(&format!("redis://127.0.0.1:{port}"), None, None).unwrap();
        assert!(store.ping().is_err());
        assert_eq!(store.reads("a"), Err(Unavailable));
        let begun = Instant::now();
        assert!((0..1_000).all(|_| store.manifests("a", "b") == Err(Unavailable)));
        assert!(begun.elapsed() < REST, "it was not asked again and again");
    }
}
