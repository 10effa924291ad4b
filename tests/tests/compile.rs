//! Components that are not worth compiling, or too hard to compile: each ends in one error within
//! limits, and is not tried twice.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use oarlock_engine::sandbox::{
    CompileError, Compiler, Engine, InProcess, KeepGoing, Library, LimitKind, PluginSource, SandboxError,
    Workload,
};
use oarlock_tests::{Run, Tree, guests};

const APP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// Takes long to compile.
static SLOW: LazyLock<Vec<u8>> =
    LazyLock::new(|| guests::crowded(guests::HELLO, &[(guests::heavy(2_000, 1_000), 1)]));

/// Takes gigabytes to compile.
static LARGE: LazyLock<Vec<u8>> =
    LazyLock::new(|| guests::crowded(guests::HELLO, &[(guests::heavy(1, 500_000), 1)]));

fn tree(component: &[u8], operator: &str) -> Tree {
    Tree::with(&[("app/a.yaml", APP), ("operator.yaml", operator)]).file("plugin.wasm", component)
}

fn render(tree: &Tree) -> Run {
    Run::new("render app --plugins directory,hello --operator operator.yaml --plugin hello=plugin.wasm")
        .arg(r#"--config=hello={"name": "boat"}"#)
        .env("OARLOCK_CACHE_DIR", tree.path("cache"))
}

#[test]
fn time_and_memory_of_the_compiler_are_bounded() {
    let slow = tree(&SLOW, "limits:\n  compileSeconds: 1\n");
    render(&slow).within(&slow).ends_with(3).prints("").tells(
        "error: plugin `hello` went over its limit of 1 s of processor time to compile\n  \
         = help: raise `limits.compileSeconds` in the operator's configuration\n",
    );
    let error = "error: plugin `hello` went over its limit of 512 MiB of memory to compile\n  \
                 = help: raise `limits.compileMemory` in the operator's configuration\n";
    let large = tree(&LARGE, "limits:\n  compileMemory: 512MiB\n");
    render(&large).within(&large).ends_with(3).prints("").tells(error);
    // Even where it is too little for the compiler itself.
    let small = tree(guests::HELLO, "limits:\n  compileMemory: 16MiB\n");
    render(&small).within(&small).ends_with(3).tells(&error.replace("512", "16"));
    let good = tree(guests::HELLO, "# nothing said\n");
    render(&good).within(&good).succeeds();
}

#[test]
fn the_compiler_does_not_outlive_the_program() {
    let tree = tree(&SLOW, "# nothing said\n");
    let mut command = render(&tree).into_command();
    command.current_dir(tree.root()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = command.spawn().unwrap();
    let compiler = until("a compiler runs", || child_of(program.id()));
    program.kill().unwrap();
    program.wait().unwrap();
    until("it has ended", || fs::metadata(format!("/proc/{compiler}/exe")).is_err().then_some(()));
}

/// The process that another one has started.
fn child_of(parent: u32) -> Option<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.find(|number| {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        // After the name, which may hold anything: state and parent.
        let parent_of =
            stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        parent_of == Some(parent)
    })
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}: not yet");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Counts what is compiled.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Compiler for Counting {
    fn compile(
        &self,
        engine: &Engine,
        component: &[u8],
        keep_going: KeepGoing<'_>,
    ) -> Result<Vec<u8>, CompileError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        if component == SLOW.as_slice() {
            return Err(CompileError::Time(7));
        }
        if !keep_going() {
            return Err(CompileError::Interrupted);
        }
        InProcess.compile(engine, component, keep_going)
    }
}

#[test]
fn a_rejection_is_remembered() {
    let compiler = Arc::new(Counting::default());
    let library =
        Library::new(Engine::new(Workload::Few).unwrap(), None).compiled_by(Arc::clone(&compiler) as _);
    // As each render of a repository does that brings a plugin.
    let load = |component: &[u8]| {
        let mut library = library.clone();
        library.add("hello", PluginSource::Bytes(component.into()));
        library.get("hello").map(|_| ()).unwrap_err()
    };
    let count = || compiler.0.load(Ordering::Relaxed);
    // Looked at before it is compiled.
    let imports = wat::parse_str(r#"(component (import "wasi:http/types@0.2.0" (instance)))"#).unwrap();
    for _ in 0..3 {
        assert!(matches!(load(&imports), SandboxError::ForbiddenImport { .. }));
    }
    assert_eq!(count(), 0);
    let empty = wat::parse_str("(component)").unwrap();
    for _ in 0..3 {
        assert!(matches!(load(&empty), SandboxError::Unloadable { .. }));
    }
    assert_eq!(count(), 1);
    for _ in 0..3 {
        assert!(matches!(load(&SLOW), SandboxError::Limit { kind: LimitKind::CompileTime, .. }));
    }
    assert_eq!(count(), 2);
}

#[test]
fn that_nobody_waits_is_not_remembered() {
    let compiler = Arc::new(Counting::default());
    let mut library = Library::new(Engine::new(Workload::Few).unwrap(), None).compiled_by(compiler);
    library.add("hello", PluginSource::Bytes(guests::HELLO.into()));
    let Err(error) = library.get_while("hello", &|| false) else { panic!("it was loaded") };
    assert!(matches!(error, SandboxError::Limit { kind: LimitKind::Client, .. }), "{error}");
    assert!(library.get("hello").is_ok());
}
