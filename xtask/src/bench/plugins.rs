//! Plugins in each language: what they weigh, what compiling them costs, and what they add to a
//! render of many manifests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::measure::{self, Cost};
use super::oarlock;
use crate::setup;
use crate::workspace::workspace;

/// How many manifests, of about 2 KB each.
const MANIFESTS: usize = 1000;

/// The fields of each.
const FIELDS: usize = 24;

/// What the plugin does with the manifests, by its configuration.
const MODES: [&str; 2] = [r#"{"touch": false}"#, r#"{"touch": true}"#];

/// A language: an example to take the project from, the file that is the plugin, and a plugin that
/// passes manifests on as they are, or writes a label into each.
struct Language {
    title: &'static str,
    example: &'static str,
    file: &'static str,
    plugin: &'static str,
}

const LANGUAGES: [Language; 4] = [
    Language {
        title: "Rust",
        example: "pin-images",
        file: "src/lib.rs",
        plugin: include_str!("plugins/plugin.rs.txt"),
    },
    Language {
        title: "JavaScript",
        example: "service-network",
        file: "src/plugin.js",
        plugin: include_str!("plugins/plugin.js"),
    },
    Language {
        title: "Python",
        example: "code-owners",
        file: "src/app.py",
        plugin: include_str!("plugins/app.py"),
    },
    Language {
        title: "Go",
        example: "flag-maps",
        file: "plugin/plugin.go",
        plugin: include_str!("plugins/plugin.go.txt"),
    },
];

/// Measures and prints.
pub(super) fn run() -> Result<()> {
    setup::run()?;
    let oarlock = oarlock()?;
    let folder = tempfile::tempdir()?;
    let tree = folder.path().join("tree");
    fs::create_dir_all(tree.join("app"))?;
    fs::write(tree.join("app/manifests.yaml"), manifests())?;
    let render = |plugin: Option<(&Path, &str)>| {
        let mut command = Command::new(&oarlock);
        command.args(["render", "--root"]).args([&tree, &tree.join("app")]);
        match plugin {
            None => command.args(["--plugins", "directory"]),
            Some((component, config)) => command
                .args(["--plugins", "directory,bench", "--plugin"])
                .arg(format!("bench={}", component.display()))
                .arg("--config")
                .arg(format!("bench={config}")),
        };
        command
    };
    let bare = measure::alone(&|| render(None))?.ours;
    println!("## Plugins, over {MANIFESTS} manifests\n");
    println!("The render without a plugin takes {} of processor time.\n", milliseconds(processor(&bare)?));
    println!("| language | component | build | compile | small render | no-op | label in each |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for language in LANGUAGES {
        match made(&oarlock, folder.path(), &language)? {
            Err(why) => println!("| {}: {why} | | | | | | |", language.title),
            Ok((component, built)) => {
                let compiled = compile(&oarlock, folder.path(), &component)?;
                let size = fs::metadata(&component)?.len() >> 10;
                let small = small(&oarlock, folder.path(), &component)?;
                let mut columns = vec![format!("{size} KiB"), milliseconds(built), milliseconds(compiled)];
                columns.push(milliseconds(small));
                for mode in MODES {
                    let with = || render(Some((&component, mode)));
                    columns.push(milliseconds(measure::added(&with, &|| render(None))?));
                }
                println!("| {} | {} |", language.title, columns.join(" | "));
            }
        }
    }
    println!("\n`build` and `compile` are processor time, once; the rest is added to each render.\n");
    Ok(())
}

/// A stream of manifests.
fn manifests() -> String {
    let field = |index: usize| {
        let value = format!("value of the setting number {index} ").repeat(2);
        format!("  key-{index:02}: {}\n", value.trim_end())
    };
    let data: String = (0..FIELDS).map(field).collect();
    let manifest = |index: usize| {
        format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: map-{index:04}\ndata:\n{data}")
    };
    (0..MANIFESTS).map(manifest).collect()
}

/// The component of a language and the processor time of its build, in seconds, or why there is
/// none: a tool is missing.
fn made(oarlock: &Path, folder: &Path, language: &Language) -> Result<Result<(PathBuf, f64), String>> {
    let project = folder.join(language.example);
    copy(&workspace().join("examples/plugins").join(language.example), &project)?;
    fs::write(project.join(language.file), language.plugin)?;
    let settings = fs::read_to_string(project.join("plugin.yaml"))?;
    fs::write(project.join("plugin.yaml"), settings.replace(language.example, "bench"))?;
    if language.title == "Rust" {
        let sdk = workspace().join("plugins/sdk");
        let manifest = format!(
            "[package]\nname = \"bench\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
             [dependencies]\noarlock-plugin = {{ path = {:?} }}\n\n[profile.release]\nlto = \"fat\"\ncodegen-units = 1\n\
             panic = \"abort\"\nstrip = \"symbols\"\n\n[workspace]\n",
            sdk.display().to_string()
        );
        fs::write(project.join("Cargo.toml"), manifest)?;
    }
    if let Some(tools) = std::env::var_os("OARLOCK_PLUGIN_TOOLS") {
        for tool in ["node_modules", ".venv"] {
            let tool_folder = Path::new(&tools).join(tool);
            if tool_folder.is_dir() {
                std::os::unix::fs::symlink(tool_folder, project.join(tool))?;
            }
        }
    }
    let start = measure::processor_time();
    let output = Command::new(oarlock).args(["plugin", "build"]).current_dir(&project).output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Ok(Err(message.lines().next().unwrap_or_default().to_owned()));
    }
    Ok(Ok((project.join("bench.wasm"), measure::processor_time() - start)))
}

/// A copy without what tools of an earlier build left behind.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if ["target", "node_modules", ".venv", "tests"].iter().any(|left| name == *left) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

/// The processor time of compiling a component, in seconds: what the first look at it takes more
/// than the second.
fn compile(oarlock: &Path, folder: &Path, component: &Path) -> Result<f64> {
    let cache = folder.join("cache");
    let inspect = || -> Result<f64> {
        let start = measure::processor_time();
        let mut command = Command::new(oarlock);
        command.args(["plugin", "inspect", "--output", "json"]).arg(component);
        let output = command.env("OARLOCK_CACHE_DIR", &cache).output()?;
        let found: Value = serde_json::from_slice(&output.stdout).context("what inspect prints")?;
        if found["name"] != "bench" {
            bail!("it is called {}", found["name"]);
        }
        Ok(measure::processor_time() - start)
    };
    let first = inspect()?;
    Ok(first - inspect()?)
}

/// What the plugin adds to the render of one manifest, in seconds.
fn small(oarlock: &Path, folder: &Path, component: &Path) -> Result<f64> {
    let tree = folder.join("small");
    fs::create_dir_all(&tree)?;
    fs::write(tree.join("a.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n")?;
    let render = |plugins: &str| {
        let mut command = Command::new(oarlock);
        command.args(["render", "--plugins", plugins, "--root"]).args([&tree, &tree]);
        command.arg("--plugin").arg(format!("bench={}", component.display()));
        command
    };
    measure::added(&|| render("directory,bench"), &|| render("directory"))
}

fn processor(cost: &Cost) -> Result<f64> {
    Ok(cost.processor.context("the kernel does not tell processor time")?.as_secs_f64())
}

fn milliseconds(seconds: f64) -> String {
    match seconds {
        seconds if seconds >= 1.0 => format!("{seconds:.1} s"),
        seconds if seconds >= 0.01 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{:.1} ms", seconds.max(0.0) * 1e3),
    }
}
