//! `oarlock plugin dev`: builds and renders again on each save, until it is asked to end.
//!
//! The tool of JavaScript is a script here, which "builds" by copying a component: what is tested
//! is the loop, on every machine.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use oarlock_tests::{Run, Tree, guests};

/// More than a save takes on a machine that does a lot else.
const PATIENCE: Duration = Duration::from_mins(5);

/// In place of Node.js: says its version, or copies the component, as `src/plugin.js` asks for.
const NODE: &str = r#"#!/bin/sh
set -e
if [ "$1" = --version ]; then echo v20.0.0; exit; fi
for argument; do out=$argument; done
if grep -q broken src/plugin.js; then echo "SyntaxError: it is broken" >&2; exit 1; fi
if grep -q slow src/plugin.js; then echo slow >> ../slow; sleep 20; fi
cp "$GUEST" "$out"
"#;

/// The loop at work.
struct Dev {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Dev {
    fn start(tree: &Tree, guest: &Path) -> Self {
        for (file, text) in [
            ("hello/plugin.yaml", "name: hello\nlanguage: javascript\n"),
            ("hello/package.json", r#"{"devDependencies": {"componentize-qjs": "1.0.0"}}"#),
            ("hello/node_modules/componentize-qjs/package.json", r#"{"version": "1.0.0"}"#),
            ("hello/src/plugin.js", "// one\n"),
            ("bin/node", NODE),
        ] {
            tree.write(file, text);
        }
        let node = tree.path("bin/node");
        fs::set_permissions(&node, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let run = Run::new("plugin dev app --project hello --config {\"name\":\"boat\"}")
            .env("PATH", format!("{}:/usr/bin:/bin", tree.path("bin").display()))
            .env("GUEST", guest)
            .into_command();
        // Both streams in one, so that their order is kept.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(run.get_program()).args(run.get_args());
        command.env_clear().envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut child =
            command.current_dir(tree.root()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        thread::spawn(move || said.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, said: Vec::new() }
    }

    /// Waits for a line that begins so.
    fn says(&mut self, start: &str) {
        let end = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            let is_it = line.starts_with(start);
            self.said.push(line);
            if is_it {
                return;
            }
        }
        panic!("it never says `{start}`, but:\n{}", self.said.join("\n"));
    }

    /// Presses Ctrl-C, and says how it ended and what else it said.
    fn ends(mut self, signal: &str) -> (Option<i32>, String) {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        let code = self.child.wait().unwrap().code();
        let rest: Vec<_> = self.lines.iter().collect();
        (code, rest.join("\n"))
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // Where a test failed. It has ended otherwise, which is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const APP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

#[test]
fn each_save_is_built_and_shown() {
    let tree = Tree::with(&[("app/a.yaml", APP)]);
    let mut dev = Dev::start(&tree, guests::hello());
    // First, what the plugin changes at all.
    dev.says("built in ");
    dev.says("--- without the plugin");
    dev.says("+  annotations:");
    dev.says("+    example.com/hello: hello, boat");
    dev.says("waiting for changes");

    // A file of the repository: rendered again, not built.
    tree.write("app/a.yaml", APP.replace("name: a", "name: b"));
    dev.says("--- the last render");
    dev.says("-  name: a");
    dev.says("+  name: b");
    dev.says("waiting for changes");
    assert_eq!(dev.said.iter().filter(|line| line.starts_with("built")).count(), 1, "{:?}", dev.said);

    // A file that the render looked for and did not find.
    tree.write("app/oarlock.yaml", "pipline: []\n");
    dev.says("error: ");
    dev.says("waiting for changes");
    fs::remove_file(tree.path("app/oarlock.yaml")).unwrap();
    dev.says("no change");
    dev.says("waiting for changes");

    // The plugin: what the tool says is shown, and the loop goes on.
    tree.write("hello/src/plugin.js", "broken\n");
    dev.says("error: componentize-qjs failed");
    dev.says("  = note: SyntaxError: it is broken");
    dev.says("waiting for changes");
    tree.write("hello/src/plugin.js", "// fixed\n");
    dev.says("built in ");
    dev.says("no change");
    dev.says("waiting for changes");
    let (code, rest) = dev.ends("-INT");
    assert_eq!((code, rest.as_str()), (Some(0), ""));
    let left: Vec<_> =
        fs::read_dir(tree.path("hello")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".new")), "{left:?}");
}

#[test]
fn a_build_can_be_broken_off() {
    let tree = Tree::with(&[("app/a.yaml", APP)]);
    let mut dev = Dev::start(&tree, guests::hello());
    dev.says("waiting for changes");
    tree.write("hello/src/plugin.js", "slow\n");
    let end = Instant::now() + PATIENCE;
    while !tree.path("slow").exists() {
        assert!(Instant::now() < end, "it is not built again: {:?}", dev.said);
        thread::sleep(Duration::from_millis(20));
    }
    // The first signal waits for the step, the second does not.
    let id = dev.child.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    thread::sleep(Duration::from_millis(300));
    assert!(dev.child.try_wait().unwrap().is_none(), "it waits for the build");
    let (code, _) = dev.ends("-TERM");
    assert_eq!(code, Some(128 + 15));
}

#[test]
fn what_cannot_begin_ends_at_once() {
    let tree = Tree::new();
    let ran = Run::new("plugin dev app").within(&tree).ends_with(2);
    assert!(ran.stderr.contains("no plugin project is here"), "{}", ran.stderr);
}
