//! Compiled code on disk, so that only the first process on a machine compiles.
//!
//! An entry is a file of native code and a file with its seal, both named by the component's digest and by all that the code depends
//! on. The seal is a checksum, and by which signs to tell that the file has not been touched since it was last summed up. The directory belongs to this user alone; an entry that is damaged or someone else's is compiled again. No fault here is an error
//! of the render: without a cache everything works, only slower.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use wasmtime::component::Component;
use xxhash_rust::xxh3::Xxh3;

use super::engine::Engine;

/// A directory of compiled code.
#[derive(Clone, Debug)]
pub struct CodeCache {
    directory: PathBuf,
}

/// What there is of a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CacheState {
    /// No directory yet.
    Absent,
    /// A directory that only this user or root can write to.
    Private {
        /// Compiled components in it, of whatever version.
        entries: u64,
        /// What they take.
        bytes: u64,
    },
    /// A directory that someone else can write to: nothing in it is taken.
    Exposed {
        /// Whose it is.
        owner: u32,
        /// Its permissions.
        mode: u32,
    },
    /// A directory that tells nothing, and why.
    Unreadable(String),
}

impl CodeCache {
    /// What there is.
    pub(crate) fn state(&self) -> CacheState {
        let unreadable = |error: io::Error| CacheState::Unreadable(error.to_string());
        let metadata = match fs::symlink_metadata(&self.directory) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return CacheState::Absent,
            Err(error) => return unreadable(error),
        };
        if !is_private(&self.directory) {
            return CacheState::Exposed { owner: metadata.uid(), mode: metadata.mode() & 0o7777 };
        }
        let files = match fs::read_dir(&self.directory) {
            Ok(files) => files,
            Err(error) => return unreadable(error),
        };
        let codes = files.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "code"));
        let (mut entries, mut bytes) = (0, 0);
        for code in codes {
            entries += 1;
            bytes += code.metadata().map_or(0, |metadata| metadata.len());
        }
        CacheState::Private { entries, bytes }
    }

    /// A cache in a directory, which is made when it is first needed.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where the cache is unless the user says otherwise: `$XDG_CACHE_HOME/oarlock` or `~/.cache/oarlock`.
    pub fn default_directory() -> Option<PathBuf> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
        Some(base.join("oarlock"))
    }

    /// The compiled component, if there is a good entry.
    pub(crate) fn load(&self, engine: &Engine, digest: &str) -> Option<Component> {
        if !is_private(&self.directory) {
            return None;
        }
        let (code, seal) = self.paths(engine, digest);
        if !is_private(&code) {
            return None;
        }
        let known = Seal::from_bytes(&fs::read(&seal).ok()?)?;
        let mut file = fs::File::open(&code).ok()?;
        let signs = Signs::of(&file.metadata().ok()?);
        if signs != known.signs {
            // Touched or copied, or the seal is of another attempt to write it: only the content tells.
            if checksum(&mut file).ok()? != known.checksum {
                return None;
            }
            // Where this cannot be kept, the next process sums up again.
            let _ = write_atomically(&seal, &Seal { signs, ..known }.to_bytes());
        }
        deserialize(engine, &code)
    }

    /// Keeps a compiled component. What cannot be kept is compiled again next time.
    pub(crate) fn store(&self, engine: &Engine, digest: &str, component: &Component) {
        let Ok(bytes) = component.serialize() else { return };
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        if made.is_err() || !is_private(&self.directory) {
            return;
        }
        let (code, seal) = self.paths(engine, digest);
        // The seal last: an entry is good only once both are there. Two processes at once write the same or, at worst, a pair that
        // does not match, which the next one mends.
        let _ = checksum(&mut bytes.as_slice()).and_then(|checksum| {
            write_atomically(&code, &bytes)?;
            let signs = Signs::of(&fs::symlink_metadata(&code)?);
            write_atomically(&seal, &Seal { checksum, signs }.to_bytes())
        });
    }

    fn paths(&self, engine: &Engine, digest: &str) -> (PathBuf, PathBuf) {
        let entry = self.directory.join(format!("{digest}-{:016x}", engine.compatibility()));
        (entry.with_extension("code"), entry.with_extension("sum"))
    }
}

/// What is known of a file of code.
struct Seal {
    checksum: [u8; 16],
    signs: Signs,
}

/// What changes whenever a file is written to, so that megabytes need not be summed up at each start.
#[derive(PartialEq, Eq)]
struct Signs([u64; 6]);

impl Signs {
    #[allow(clippy::cast_sign_loss)] // only ever compared
    fn of(file: &fs::Metadata) -> Self {
        let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
        let [mtime, mtime_nsec, ctime, ctime_nsec] = times.map(|time| time as u64);
        Self([file.ino(), file.len(), mtime, mtime_nsec, ctime, ctime_nsec])
    }
}

impl Seal {
    fn to_bytes(&self) -> Vec<u8> {
        let signs = self.signs.0.iter().flat_map(|sign| sign.to_le_bytes());
        self.checksum.into_iter().chain(signs).collect()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (checksum, signs) = bytes.split_first_chunk::<16>()?;
        let (signs, rest) = signs.as_chunks::<8>();
        let signs: [[u8; 8]; 6] = signs.try_into().ok()?;
        rest.is_empty().then(|| Self { checksum: *checksum, signs: Signs(signs.map(u64::from_le_bytes)) })
    }
}

/// Tells damage, not malice: malice is kept out by the permissions.
///
/// Read in pieces: memory for the whole file would cost more page faults than the render itself.
fn checksum(file: &mut impl Read) -> io::Result<[u8; 16]> {
    let mut hash = Xxh3::new();
    let mut piece = [0; 16 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.digest128().to_le_bytes()),
            length => hash.update(&piece[..length]),
        }
    }
}

/// Whether only this user (or root) can have written there: our own, no link, writable for no one else.
fn is_private(path: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    let me = rustix::process::geteuid().as_raw();
    !metadata.is_symlink() && (metadata.uid() == me || metadata.uid() == 0) && metadata.mode() & 0o022 == 0
}

fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    // The name must not outlive a crash of the machine that the content does not.
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The one place that loads compiled code.
#[allow(unsafe_code)]
fn deserialize(engine: &Engine, code: &Path) -> Option<Component> {
    // SAFETY: `Component::deserialize_file` maps the file and runs it as native code, so it must hold what `Component::serialize` wrote
    // and stay as it is. It lies in a directory that only this user or root can write to, and so does the file (checked above, links
    // refused): who could change it could as well replace this binary. Its seal is that of what was written, so it is whole; and this
    // program never writes to an entry in place, it renames a new file over it, which leaves a mapping alone. wasmtime itself refuses
    // code of another version or other settings.
    unsafe { Component::deserialize_file(&engine.wasmtime, code) }.ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::Workload;
    use super::*;

    fn compiled() -> (Engine, Component) {
        let engine = Engine::new(Workload::Few).unwrap();
        let component = Component::new(&engine.wasmtime, wat::parse_str("(component)").unwrap()).unwrap();
        (engine, component)
    }

    fn entry(directory: &Path, extension: &str) -> PathBuf {
        let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
        files.into_iter().find(|path| path.extension().is_some_and(|found| found == extension)).unwrap()
    }

    #[test]
    fn gives_back_what_it_was_given() {
        let (engine, component) = compiled();
        let outer = tempfile::tempdir().unwrap();
        let cache = CodeCache::new(outer.path().join("a/b"));
        assert!(cache.load(&engine, "digest").is_none());
        cache.store(&engine, "digest", &component);
        assert!(cache.load(&engine, "digest").is_some());
        assert!(cache.load(&engine, "other").is_none());
    }

    #[test]
    fn tells_what_there_is() {
        let (engine, component) = compiled();
        let outer = tempfile::tempdir().unwrap();
        let directory = outer.path().join("cache");
        let cache = CodeCache::new(directory.clone());
        assert_eq!(cache.state(), CacheState::Absent);
        cache.store(&engine, "digest", &component);
        assert!(matches!(cache.state(), CacheState::Private { entries: 1, bytes } if bytes > 0));
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(cache.state(), CacheState::Exposed { mode: 0o777, .. }));
        let file = outer.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(CodeCache::new(file).state(), CacheState::Unreadable(_)));
    }

    #[test]
    fn a_copy_is_summed_up_once() {
        let (engine, component) = compiled();
        let outer = tempfile::tempdir().unwrap();
        let cache = CodeCache::new(outer.path().join("cache"));
        cache.store(&engine, "digest", &component);
        let (code, seal) = cache.paths(&engine, "digest");
        let before = fs::read(&seal).unwrap();
        write_atomically(&code, &fs::read(&code).unwrap()).unwrap();
        assert!(cache.load(&engine, "digest").is_some());
        let after = fs::read(&seal).unwrap();
        assert_eq!(before[..16], after[..16], "the same content");
        assert_ne!(before, after, "another file");
        assert!(Signs::of(&fs::metadata(&code).unwrap()) == Seal::from_bytes(&after).unwrap().signs);
    }

    #[test]
    fn distrusts_damage_and_strangers() {
        let (engine, component) = compiled();
        let outer = tempfile::tempdir().unwrap();
        let directory = outer.path().join("cache");
        let cache = CodeCache::new(directory.clone());

        cache.store(&engine, "digest", &component);
        let code = entry(&directory, "code");
        let mut bytes = fs::read(&code).unwrap();
        bytes.truncate(bytes.len() / 2);
        fs::write(&code, &bytes).unwrap();
        assert!(cache.load(&engine, "digest").is_none(), "cut");

        cache.store(&engine, "digest", &component);
        assert!(cache.load(&engine, "digest").is_some(), "mended");
        let mut bytes = fs::read(&code).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        write_atomically(&code, &bytes).unwrap();
        assert!(cache.load(&engine, "digest").is_none(), "flipped");

        cache.store(&engine, "digest", &component);
        fs::set_permissions(&code, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(cache.load(&engine, "digest").is_none(), "writable for others");

        cache.store(&engine, "digest", &component);
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(cache.load(&engine, "digest").is_none(), "directory writable for others");
    }
}
