//! Renders a chart as `helm template` does, without Oarlock around it: the same switches, the same
//! text, byte for byte. `--profile` is the version of Helm.
//!
//! ```sh
//! cargo run -p oarlock-helm --example template -- CHART --name rel --namespace ns --values values.yaml --set a.b=c
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use oarlock_helm::functions::RenderState;
use oarlock_helm::values::Sources;
use oarlock_helm::{Chart, Log, Options, Profile, load_archive, load_directory, template};
use oarlock_plugin::{DirectoryHost, Failure, Result, TreePath};

const USAGE: &str = "usage: template CHART [--profile 3.19|4.1|4.2] [--name NAME] [--namespace NAMESPACE] [--values FILE]… [--set K=V]… \
[--set-string K=V]… [--set-json K=JSON]… [--set-file K=FILE]… [--set-literal K=V]… [--show-only TEMPLATE]… \
[--kube-version VERSION] [--api-versions VERSIONS]… [--include-crds] [--skip-crds] [--skip-tests] [--no-hooks] \
[--is-upgrade] [--skip-schema-validation] [--seed NUMBER]";

fn main() -> ExitCode {
    let log = Log::default();
    let result = Arguments::parse(std::env::args().skip(1)).and_then(|arguments| render(arguments, &log));
    for line in log.into_lines() {
        eprintln!("{line}");
    }
    match result {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("Error: {}", failure.message);
            if let Some(origin) = failure.origin {
                eprintln!("  at {origin}");
            }
            if let Some(hint) = failure.hint {
                eprintln!("  {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
#[derive(Default)]
struct Arguments {
    chart: String,
    options: Options,
    sources: Sources,
}

impl Arguments {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = arguments.peekable();
        let mut parsed = Self::default();
        while let Some(argument) = arguments.next() {
            let (name, mut given) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
                _ => (argument, None),
            };
            let mut value = || {
                given
                    .take()
                    .or_else(|| arguments.next())
                    .ok_or_else(|| Failure::new(format!("`{name}` needs a value")))
            };
            let options = &mut parsed.options;
            match name.as_str() {
                "--profile" => options.profile = Profile::parse(&value()?).map_err(Failure::new)?,
                "--name" => options.release_name = value()?,
                "--namespace" | "-n" => options.namespace = value()?,
                "--values" | "-f" => parsed.sources.files.extend(value()?.split(',').map(str::to_owned)),
                "--set" => parsed.sources.set.push(value()?),
                "--set-string" => parsed.sources.string.push(value()?),
                "--set-json" => parsed.sources.json.push(value()?),
                "--set-file" => parsed.sources.file.push(value()?),
                "--set-literal" => parsed.sources.literal.push(value()?),
                "--show-only" | "-s" => options.show_only.push(value()?),
                "--kube-version" => options.kube_version = Some(value()?),
                "--api-versions" | "-a" => {
                    options.api_versions.extend(value()?.split(',').map(str::to_owned));
                }
                "--seed" => {
                    options.seed = value()?.parse().map_err(|_| Failure::new("`--seed` is a number"))?;
                }
                "--include-crds" => options.include_crds = true,
                // Helm prints CRDs only where it is asked to, whatever this says.
                // Notes are never printed.
                "--skip-crds" | "--render-subchart-notes" => {}
                "--skip-tests" => options.skip_tests = true,
                "--no-hooks" => options.no_hooks = true,
                "--is-upgrade" => options.is_upgrade = true,
                "--skip-schema-validation" => options.skip_schema_validation = true,
                chart if parsed.chart.is_empty() && !chart.starts_with('-') => {
                    chart.clone_into(&mut parsed.chart);
                }
                unknown => return Err(Failure::new(format!("unknown argument `{unknown}`")).hint(USAGE)),
            }
        }
        if parsed.chart.is_empty() {
            return Err(Failure::new("no chart is named").hint(USAGE));
        }
        Ok(parsed)
    }
}

fn render(arguments: Arguments, log: &Log) -> Result<String> {
    let Arguments { chart, mut options, sources } = arguments;
    options.values = sources.merge(options.profile, &|path| {
        std::fs::read(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::new(format!("open {path}: no such file or directory")),
            _ => Failure::new(format!("open {path}: {error}")),
        })
    })?;
    let chart = load(&chart, options.profile, log)?;
    let mut state = RenderState::new(options.seed);
    template(chart, &options, &mut state, log)?.to_text(&options)
}

fn load(chart: &str, profile: Profile, log: &Log) -> Result<Chart> {
    let path = Path::new(chart);
    let real: PathBuf =
        path.canonicalize().map_err(|error| Failure::new(format!("cannot open `{chart}`: {error}")))?;
    if real.is_file() {
        let data = std::fs::read(&real).map_err(|error| Failure::new(format!("open {chart}: {error}")))?;
        return load_archive(&data, chart, profile, log);
    }
    let inside = real.to_string_lossy().trim_start_matches('/').to_owned();
    let directory = TreePath::new(&inside).map_err(|error| Failure::new(error.to_string()))?;
    let host = DirectoryHost::new(Path::new("/")).map_err(|error| Failure::new(error.to_string()))?;
    load_directory(&host, &directory, profile, log)
}
