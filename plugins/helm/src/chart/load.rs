//! Files to a chart: which file is what.

use std::collections::BTreeMap;
use std::rc::Rc;

use oarlock_go_template::{ANY_MAP, Bytes, Map};
use oarlock_plugin::{Failure, Origin, Result};

use super::archive::read_archive;
use super::directory::check_api_version;
use super::place::Place;
use super::{Chart, File, Metadata, lock};
use crate::log::Log;
use crate::profile::Profile;
use crate::values::read_values;
use crate::yaml;

/// How deep charts may lie in charts.
const MAX_DEPTH: usize = 32;

/// Loads a packaged chart.
///
/// # Errors
/// If it is no chart, or something in it is wrong.
pub fn load_archive(data: &[u8], path: &str, profile: Profile, log: &Log) -> Result<Chart> {
    let path: Rc<str> = Rc::from(path);
    let files = read_archive(data, &path)?;
    match files.iter().find(|file| file.name == "Chart.yaml") {
        Some(file) => check_api_version(&file.data, &path, profile)?,
        None if !profile.checks_chart_versions() => {}
        None => {
            return Err(Failure::new("unable to detect chart version, no Chart.yaml found")
                .at(Origin::file(path.as_ref())));
        }
    }
    load_files(files, profile, log)
}

/// Makes a chart of its files.
pub(super) fn load_files(files: Vec<File>, profile: Profile, log: &Log) -> Result<Chart> {
    load(files, 0, profile, log)
}

/// A file's content without its byte order mark.
pub(super) fn without_mark(data: Vec<u8>) -> Bytes {
    match data.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => rest.to_vec().into(),
        None => data.into(),
    }
}

fn load(files: Vec<File>, depth: usize, profile: Profile, log: &Log) -> Result<Chart> {
    let mut metadata = None;
    // Where there is no `Chart.yaml`, any file tells which chart it is.
    let mut path = files.first().map_or_else(|| Rc::from("Chart.yaml"), |file| file.path.clone());
    for file in files.iter().filter(|file| file.name == "Chart.yaml") {
        let node = yaml::read(&file.data)
            .map_err(|error| error.into_failure("cannot load Chart.yaml: ", &file.path))?;
        let read = metadata.get_or_insert_with(Metadata::default);
        read.update(&node, profile)
            .map_err(|error| error.into_failure("cannot load Chart.yaml: ", &file.path))?;
        if read.api_version.is_empty() {
            "v1".clone_into(&mut read.api_version);
        }
        path = file.path.clone();
    }
    let mut chart = Chart {
        place: Place::new(""),
        renamed: Rc::default(),
        metadata: metadata.clone().unwrap_or_default(),
        values: Map::nil(&ANY_MAP),
        schema: None,
        templates: Vec::new(),
        files: Vec::new(),
        dependencies: Vec::new(),
        path: path.clone(),
        looked: None,
    };
    let mut within: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for file in files {
        place(file, &mut chart, &mut within, profile, log)?;
    }
    if metadata.is_none() {
        return Err(Failure::new("Chart.yaml file is missing").at(Origin::file(path.as_ref())));
    }
    chart
        .metadata
        .validate(profile)
        .map_err(|message| Failure::new(format!("validation: {message}")).at(Origin::file(path.as_ref())))?;
    // The check may take characters out of the name.
    chart.place = Place::new(chart.name());
    for (name, files) in within {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let loaded = load_within(&name, files, chart.name(), depth + 1, profile, log).map_err(|failure| {
            let message = format!("error unpacking subchart {name} in {}: {}", chart.name(), failure.message);
            Failure { message, ..failure }
        })?;
        chart.add(loaded);
    }
    Ok(chart)
}

/// Puts a file where it belongs.
fn place(
    file: File,
    chart: &mut Chart,
    within: &mut BTreeMap<String, Vec<File>>,
    profile: Profile,
    log: &Log,
) -> Result<()> {
    let is_v1 = chart.metadata.api_version == "v1";
    match file.name.as_str() {
        "Chart.yaml" => {}
        "Chart.lock" => lock::check(&file.data, profile)
            .map_err(|error| error.into_failure("cannot load Chart.lock: ", &file.path))?,
        "values.yaml" => {
            chart.values = read_values(&file.data, profile)
                .map_err(|error| error.into_failure("cannot load values.yaml: ", &file.path))?;
        }
        "values.schema.json" => chart.schema = Some(file),
        "requirements.yaml" => {
            if !is_v1 {
                log.say(
                    "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". \
                     We recommend migrating dependencies to Chart.yaml.",
                );
            }
            let fail =
                |error: yaml::YamlError| error.into_failure("cannot load requirements.yaml: ", &file.path);
            let node = yaml::read(&file.data).map_err(fail)?;
            chart.metadata.update(&node, profile).map_err(fail)?;
            if is_v1 {
                chart.files.push(file);
            }
        }
        "requirements.lock" => {
            lock::check(&file.data, profile)
                .map_err(|error| error.into_failure("cannot load requirements.lock: ", &file.path))?;
            if is_v1 {
                chart.files.push(file);
            } else {
                log.say(
                    "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". \
                     We recommend migrating to Chart.lock.",
                );
            }
        }
        name if name.starts_with("templates/") => chart.templates.push(file),
        name => match name.strip_prefix("charts/").filter(|rest| !has_extension(rest, "prov")) {
            Some(rest) => {
                let chart = rest.split_once('/').map_or(rest, |(chart, _)| chart).to_owned();
                let name = rest.to_owned();
                within.entry(chart).or_default().push(File { name, ..file });
            }
            None => chart.files.push(file),
        },
    }
    Ok(())
}

fn has_extension(name: &str, wanted: &str) -> bool {
    name.rsplit_once('/')
        .map_or(name, |(_, base)| base)
        .rsplit_once('.')
        .is_some_and(|(_, extension)| extension == wanted)
}

/// Loads what lies in `charts/` under a name: an archive or a directory.
fn load_within(
    name: &str,
    files: Vec<File>,
    parent: &str,
    depth: usize,
    profile: Profile,
    log: &Log,
) -> Result<Chart> {
    if depth > MAX_DEPTH {
        return Err(Failure::new(format!("charts lie in charts deeper than the limit of {MAX_DEPTH}")));
    }
    if has_extension(name, "tgz") {
        let archive = &files[0];
        if archive.name != name {
            return Err(Failure::new(format!(
                "error unpacking subchart tar in {parent}: expected {name}, got {}",
                archive.name
            )));
        }
        return load(read_archive(&archive.data, &archive.path)?, depth, profile, log);
    }
    let inside = files.into_iter().filter_map(|mut file| {
        file.name = file.name.split_once('/')?.1.to_owned();
        Some(file)
    });
    load(inside.collect(), depth, profile, log)
}
