//! Compiled code on disk, so that only the first process on a machine compiles.
//!
//! An entry is a file of native code and a file with its seal, both named by the component's digest
//! and by all that the code depends on. The seal is a checksum, and by which signs to tell that the
//! file has not been touched since it was last summed up.
//!
//! Loading code runs it, so it is taken only from where nobody but this user or root can have put
//! it: the directory and every directory above it are looked at first. Files are opened from the
//! directory that was looked at, and what is loaded is the file that was looked at, not whatever
//! has its name by then. An entry that is damaged or someone else's is compiled again. No fault
//! here is an error of the render: without a cache everything works, only slower.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::mm::{MprotectFlags, mprotect};
use wasmtime::component::Component;
use xxhash_rust::xxh3::Xxh3;

use super::engine::Engine;
use crate::private_directory::{
    Durability, UnusableDirectory, create_private, open_entry, open_private, write_atomically,
};

/// A directory of compiled code.
#[derive(Clone, Debug)]
pub struct CodeCache {
    directory: PathBuf,
}

/// What there is of a cache.
#[derive(Debug)]
pub enum CacheState {
    /// No directory yet.
    Absent,
    /// A directory that only this user or root can write to.
    Private {
        /// Compiled components in it, of whatever version.
        entries: u64,
        /// What they take.
        bytes: u64,
    },
    /// A directory that others can write to or replace, or that cannot be read: nothing in it is
    /// used.
    Unusable(UnusableDirectory),
}

impl CodeCache {
    /// What there is.
    pub fn state(&self) -> CacheState {
        let files = match self.files() {
            Ok(Some(files)) => files,
            Ok(None) => return CacheState::Absent,
            Err(error) => return CacheState::Unusable(error),
        };
        let codes = files.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "code"));
        let (mut entries, mut bytes) = (0, 0);
        for code in codes {
            entries += 1;
            bytes += code.metadata().map_or(0, |metadata| metadata.len());
        }
        CacheState::Private { entries, bytes }
    }

    /// What is in the directory; `None` where there is no directory yet.
    fn files(&self) -> Result<Option<fs::ReadDir>, UnusableDirectory> {
        match fs::symlink_metadata(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found?,
        };
        open_private(&self.directory)?;
        Ok(Some(fs::read_dir(&self.directory)?))
    }

    /// A cache in a directory, which is created when it is first needed.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where the cache is unless the user says otherwise: `$XDG_CACHE_HOME/oarlock` or
    /// `~/.cache/oarlock`.
    pub fn default_directory() -> Option<PathBuf> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
        Some(base.join("oarlock"))
    }

    /// The compiled component, if there is a good entry.
    pub(crate) fn load(&self, engine: &Engine, digest: &str) -> Option<Code> {
        let directory = open_private(&self.directory).ok()?;
        let (code, seal) = Self::names(engine, digest);
        let mut known = Vec::new();
        open_entry(&directory, &seal)?.take(SEAL_BYTES).read_to_end(&mut known).ok()?;
        let known = Seal::from_bytes(&known)?;
        let mut file = open_entry(&directory, &code)?;
        let signs = Signs::of(&file.metadata().ok()?);
        if signs != known.signs {
            // Touched or copied, or the seal is of another attempt to write it: only the content
            // tells.
            if checksum(&mut file).ok()? != known.checksum {
                return None;
            }
            file.rewind().ok()?;
            // Where this cannot be kept, the next process sums up again.
            let known = Seal { signs, ..known }.to_bytes();
            let _ = write_atomically(&self.directory.join(seal), &known, Durability::Synced);
        }
        Some(Code::File(file))
    }

    /// Keeps compiled code. What cannot be kept is compiled again next time.
    pub(crate) fn store(&self, engine: &Engine, digest: &str, bytes: &[u8]) {
        if create_private(&self.directory).is_err() {
            return;
        }
        let (code, seal) = Self::names(engine, digest);
        let (code, seal) = (self.directory.join(code), self.directory.join(seal));
        // The seal last: an entry is good only once both are there. Two processes at once write the
        // same or, at worst, a pair that does not match, which the next one replaces.
        let _ = checksum(&mut &*bytes).and_then(|checksum| {
            write_atomically(&code, bytes, Durability::Synced)?;
            let signs = Signs::of(&fs::symlink_metadata(&code)?);
            write_atomically(&seal, &Seal { checksum, signs }.to_bytes(), Durability::Synced)
        });
    }

    /// The names of the files of an entry: code and seal.
    fn names(engine: &Engine, digest: &str) -> (String, String) {
        let entry = format!("{digest}-{:016x}", engine.compatibility());
        (format!("{entry}.code"), format!("{entry}.sum"))
    }
}

/// Code that may be loaded: an entry of the cache, or what a compiler has just made.
pub(crate) enum Code {
    /// A file that was looked at.
    File(File),
    /// The bytes.
    Bytes(Vec<u8>),
    /// A part of this program.
    Embedded(&'static [u8]),
}

impl Code {
    /// The component, to be run by an engine.
    pub(super) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        deserialize(engine, self)
    }
}

/// More than a seal has.
const SEAL_BYTES: u64 = 1 << 10;

/// What is known of a file of code.
struct Seal {
    checksum: [u8; 16],
    signs: Signs,
}

/// What changes whenever a file is written to, so that megabytes need not be summed up at each
/// start.
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

/// The one place that loads compiled code.
#[allow(unsafe_code)]
fn deserialize(engine: &Engine, code: &Code) -> wasmtime::Result<Component> {
    // SAFETY: wasmtime maps the code and runs it, so it must be what wasmtime wrote, and stay as it
    // is. wasmtime itself refuses code of another version or other settings.
    //
    // Bytes come from a compiler: from wasmtime in this process, or from a child that is this very
    // program, through a file without a name that nobody else has. An embedder that sets a compiler
    // of its own answers for it.
    //
    // Embedded code is a part of this program, made by its own build with the same wasmtime: who
    // could change it could change the program. wasmtime refuses it where this processor lacks a
    // feature that it was compiled for. Where it begins at a page, the first load runs it where it
    // lies: a constant lives as long as the program and is never written to, and wasmtime writes to
    // no code that it does not own. Else wasmtime copies it. An embedder that hands over other
    // bytes as embedded code answers for them.
    //
    // A file comes from `CodeCache::load`. It was opened once, from a directory that was opened
    // once, and both were looked at through what was opened: nobody but this user or root can write
    // to them, links are refused. Who could change it could as well replace this program. Its seal
    // is that of what was written, so it is whole; and this program never writes to an entry in
    // place, it renames a new file over it, which leaves a mapping alone. `/proc/self/fd` leads to
    // the file that is open, whatever has its name now.
    unsafe {
        match code {
            Code::Bytes(bytes) => Component::deserialize(&engine.wasmtime, bytes),
            Code::Embedded(bytes) if may_run_in_place(bytes) => {
                Component::deserialize_raw(&engine.wasmtime, NonNull::from(*bytes))
            }
            Code::Embedded(bytes) => Component::deserialize(&engine.wasmtime, bytes),
            Code::File(file) => {
                if let Some(path) = opened_path(file) {
                    Component::deserialize_file(&engine.wasmtime, path)
                } else {
                    let mut bytes = Vec::new();
                    let mut file = file;
                    file.rewind()?;
                    file.read_to_end(&mut bytes)?;
                    Component::deserialize(&engine.wasmtime, bytes)
                }
            }
        }
    }
}

/// Whether code that is part of the program can be run where it lies. A copy of all of it takes
/// longer than a small render. Elsewhere the page may be larger, or the system not let a part of
/// the program become executable, or the processor have to be told of new code.
const RUNS_IN_PLACE: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// What a page has on x86-64.
const PAGE_BYTES: usize = 4096;

/// Whether embedded code is to be run where it lies, asked once for each load. wasmtime finds code
/// by its address, for the whole process, and ends the process where two components have the same:
/// the first load gets what lies there, and a second library, such as that of a server that
/// reads its configuration again, gets a copy.
fn may_run_in_place(code: &'static [u8]) -> bool {
    static TAKEN: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());
    let address = code.as_ptr().addr();
    RUNS_IN_PLACE
        && address.is_multiple_of(PAGE_BYTES)
        && TAKEN.lock().unwrap_or_else(PoisonError::into_inner).insert(address)
}

/// Has an engine run code where it lies.
pub(super) fn allow_code_in_place(config: &mut wasmtime::Config) {
    if RUNS_IN_PLACE {
        config.with_custom_code_memory(Some(Arc::new(InPlace)));
    }
}

/// Makes code executable, whether wasmtime copied it or not.
struct InPlace;

impl wasmtime::CustomCodeMemory for InPlace {
    fn required_alignment(&self) -> usize {
        PAGE_BYTES
    }

    #[allow(unsafe_code)]
    fn publish_executable(&self, start: *const u8, length: usize) -> wasmtime::Result<()> {
        // SAFETY: wasmtime calls this for code that it is about to run, in whole pages: of a
        // mapping that it made and no longer writes to, or of this program's constants, see
        // `deserialize`. They can be read already; nothing becomes writable.
        unsafe { mprotect(start.cast_mut().cast(), length, MprotectFlags::READ | MprotectFlags::EXEC)? };
        Ok(())
    }

    fn unpublish_executable(&self, _: *const u8, _: usize) -> wasmtime::Result<()> {
        // What wasmtime mapped it unmaps next, and what is part of the program is not written to.
        Ok(())
    }
}

/// A path that leads to a file that is open, where the system has such.
fn opened_path(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;

    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let is_it = fs::metadata(&path).and_then(|found| {
        Ok((found.dev(), found.ino()) == file.metadata().map(|file| (file.dev(), file.ino()))?)
    });
    is_it.unwrap_or(false).then_some(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use rustix::fs::Mode;

    use super::super::Workload;
    use super::*;

    fn compiled() -> (Engine, Vec<u8>) {
        let engine = Engine::new(Workload::Few).unwrap();
        let code = engine.compile(&wat::parse_str("(component)").unwrap()).unwrap();
        (engine, code)
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
        assert!(cache.load(&engine, "digest").unwrap().load(&engine).is_ok());
        assert!(cache.load(&engine, "other").is_none());
    }

    #[test]
    fn the_state_says_what_there_is() {
        let (engine, component) = compiled();
        let outer = tempfile::tempdir().unwrap();
        let directory = outer.path().join("cache");
        let cache = CodeCache::new(directory.clone());
        assert!(matches!(cache.state(), CacheState::Absent));
        cache.store(&engine, "digest", &component);
        assert!(matches!(cache.state(), CacheState::Private { entries: 1, bytes } if bytes > 0));
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(
            cache.state(),
            CacheState::Unusable(UnusableDirectory::Exposed { mode: 0o777, .. })
        ));
        let file = outer.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(
            CodeCache::new(file).state(),
            CacheState::Unusable(UnusableDirectory::Unreadable(_))
        ));
    }

    #[test]
    fn a_copy_is_summed_up_once() {
        let (engine, component) = compiled();
        let outer = tempfile::tempdir().unwrap();
        let cache = CodeCache::new(outer.path().join("cache"));
        cache.store(&engine, "digest", &component);
        let (code, seal) = CodeCache::names(&engine, "digest");
        let (code, seal) = (cache.directory.join(code), cache.directory.join(seal));
        let before = fs::read(&seal).unwrap();
        write_atomically(&code, &fs::read(&code).unwrap(), Durability::Checked).unwrap();
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
        assert!(cache.load(&engine, "digest").is_some(), "replaced");
        let mut bytes = fs::read(&code).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        write_atomically(&code, &bytes, Durability::Checked).unwrap();
        assert!(cache.load(&engine, "digest").is_none(), "flipped");

        cache.store(&engine, "digest", &component);
        fs::set_permissions(&code, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(cache.load(&engine, "digest").is_none(), "writable for others");

        cache.store(&engine, "digest", &component);
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(cache.load(&engine, "digest").is_none(), "directory writable for others");
    }

    /// A cache with an entry, at a place in a directory.
    fn filled(place: &str) -> (tempfile::TempDir, Engine, CodeCache) {
        let (engine, component) = compiled();
        let outer = tempfile::tempdir().unwrap();
        let cache = CodeCache::new(outer.path().join(place));
        cache.store(&engine, "digest", &component);
        assert!(cache.load(&engine, "digest").is_some());
        (outer, engine, cache)
    }

    #[test]
    fn directories_above_count() {
        let (outer, engine, cache) = filled("a/b/cache");
        let good = || cache.load(&engine, "digest").is_some();
        for place in ["a/b", "a"] {
            let place = outer.path().join(place);
            for (mode, expected) in [(0o777, false), (0o775, false), (0o1777, true), (0o755, true)] {
                fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
                assert_eq!(good(), expected, "{} with mode {mode:o}", place.display());
                let found = cache.state();
                let named = matches!(&found, CacheState::Unusable(UnusableDirectory::Exposed { place: at, .. }) if *at == place);
                assert_eq!(named, !expected, "{found:?}");
            }
        }
        // What cannot be trusted is not written to, either.
        fs::set_permissions(outer.path().join("a"), fs::Permissions::from_mode(0o777)).unwrap();
        let before = fs::read_dir(&cache.directory).unwrap().count();
        cache.store(&engine, "other", b"code");
        assert_eq!(fs::read_dir(&cache.directory).unwrap().count(), before);
    }

    #[test]
    fn what_belongs_to_others_is_left_alone() {
        use std::os::unix::fs::chown;

        let (outer, engine, cache) = filled("a/cache");
        let good = || cache.load(&engine, "digest").is_some();
        let (code, seal) = CodeCache::names(&engine, "digest");
        let stranger = Some(65_534);
        if chown(outer.path().join("a"), stranger, None).is_err() {
            eprintln!("skipped: only root can make files of other users");
            return;
        }
        assert!(!good(), "the directory above");
        chown(outer.path().join("a"), Some(0), None).unwrap();
        for place in [cache.directory.clone(), cache.directory.join(code), cache.directory.join(seal)] {
            chown(&place, stranger, None).unwrap();
            assert!(!good(), "{}", place.display());
            chown(&place, Some(0), None).unwrap();
            assert!(good());
        }
    }

    #[test]
    fn links_are_refused_in_the_cache_and_followed_above_it() {
        use std::os::unix::fs::symlink;

        let (outer, engine, cache) = filled("a/cache");
        let at = |path: &str| CodeCache::new(outer.path().join(path)).load(&engine, "digest").is_some();
        symlink(outer.path().join("a"), outer.path().join("above")).unwrap();
        assert!(at("above/cache"));
        symlink(outer.path().join("a/cache"), outer.path().join("link")).unwrap();
        assert!(!at("link"));
        let (code, _) = CodeCache::names(&engine, "digest");
        let code = cache.directory.join(code);
        fs::rename(&code, outer.path().join("code")).unwrap();
        symlink(outer.path().join("code"), &code).unwrap();
        assert!(!at("a/cache"));
        // Nor does a pipe keep anyone waiting.
        fs::remove_file(&code).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &code, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert!(!at("a/cache"));
    }

    #[test]
    fn what_was_looked_at_is_what_is_loaded() {
        let (_outer, engine, cache) = filled("cache");
        let found = cache.load(&engine, "digest").unwrap();
        let (code, _) = CodeCache::names(&engine, "digest");
        // Another file takes the name between the look and the load.
        write_atomically(&cache.directory.join(code), b"no code", Durability::Checked).unwrap();
        assert!(found.load(&engine).is_ok());
    }
}
