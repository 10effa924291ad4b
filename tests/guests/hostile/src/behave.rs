//! What a plugin can do with the SDK.

use std::hint::black_box;

use oarlock_plugin::serde_json::{Map, Value, json};
use oarlock_plugin::{Failure, Failures, Host, Level, Manifest, Origin, ReadError, Request};

use crate::{Behaviour, Config};

pub(crate) fn render(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
    let amount = request.config.amount;
    match request.config.behave {
        // What needs no SDK is done by `component` before it comes here.
        Behaviour::Well
        | Behaviour::NotAnObject
        | Behaviour::NoReason
        | Behaviour::BigOutput
        | Behaviour::PanicHuge
        | Behaviour::ListingOrder => {}
        Behaviour::Loop => loop {
            black_box(amount);
        },
        Behaviour::EatMemory => eat_memory(),
        Behaviour::Recurse => {
            black_box(recurse(amount as u64));
        }
        Behaviour::RecurseWide => {
            black_box(recurse_wide(amount as u64));
        }
        Behaviour::Panic => panic!("the wind has turned"),
        Behaviour::Trap => trap(),
        Behaviour::InvalidJson => return Ok(vec![Manifest::from_serialized("{\"kind\": ".to_owned())?]),
        Behaviour::DeepJson => {
            let json = format!("{{\"a\":{}{}}}", "[".repeat(amount), "]".repeat(amount));
            return Ok(vec![Manifest::from_serialized(json)?]);
        }
        Behaviour::ManyManifests => {
            return Ok((0..amount).map(|number| config_map(&format!("number-{number}"), [])).collect());
        }
        Behaviour::BigFailure => return Err(Failure::new("x".repeat(amount)).into()),
        Behaviour::Fail => {
            let first = Failure::new("the first reason").at(Origin::at("app/a.yaml", 2, 1)).hint("fix it");
            Failures::check(vec![
                first,
                Failure::new("the second reason").note("reached by way of `a.yaml`"),
            ])?;
        }
        Behaviour::LogFlood => (0..amount).for_each(|line| host.log(Level::Info, &format!("line {line}"))),
        Behaviour::WarnFlood => {
            (0..amount).for_each(|number| host.warn(Failure::new(format!("warning {number}"))));
        }
        Behaviour::WarnHuge => {
            (0..amount)
                .for_each(|number| host.warn(Failure::new(format!("{number} {}", "x".repeat(1 << 20)))));
        }
        Behaviour::LogHuge => {
            (0..amount)
                .for_each(|number| host.log(Level::Info, &format!("{number} {}", "x".repeat(1 << 20))));
        }
        Behaviour::StatFlood => (0..amount).for_each(|number| {
            let _ = black_box(host.stat(&format!("{number:0>200}")));
        }),
        Behaviour::RemoteFlood => (0..amount).for_each(|number| {
            black_box(host.remote(&format!("https://git.example.com/{number:0>200}")));
        }),
        Behaviour::LongPath => return Ok(vec![explore(host, &["x".repeat(amount)])]),
        Behaviour::ListForever => loop {
            for path in &request.config.paths {
                let _ = black_box(host.list(path));
            }
        },
        Behaviour::ComposeForever => loop {
            black_box(compose(host, request.clone())?);
        },
        Behaviour::ReadForever => loop {
            for path in &request.config.paths {
                black_box(host.read(path)).map_err(|error| error.at(path))?;
            }
        },
        Behaviour::Explore => return Ok(vec![explore(host, &request.config.paths)]),
        Behaviour::Compose => return compose(host, request),
        Behaviour::Echo => return Ok(request.manifests),
    }
    Ok(vec![config_map("well", [("hello", "world".to_owned())])])
}

fn config_map<const N: usize>(name: &str, data: [(&str, String); N]) -> Manifest {
    let data: Map<String, Value> =
        data.into_iter().map(|(key, text)| (key.to_owned(), text.into())).collect();
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data});
    Manifest::new(object.as_object().cloned().unwrap_or_default())
}

fn eat_memory() {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(black_box(vec![1; 1 << 20]));
    }
}

/// Frames of a few bytes: what fills up is the host's stack for WebAssembly.
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    if depth == u64::MAX { 0 } else { recurse(depth + 1).wrapping_mul(31) ^ depth }
}

/// Frames of kilobytes, which lie in linear memory.
#[inline(never)]
fn recurse_wide(depth: u64) -> u64 {
    let mut frame = [depth; 512];
    black_box(&mut frame);
    if depth == u64::MAX { 0 } else { recurse_wide(depth + 1).wrapping_mul(31) ^ frame[7] }
}

#[cfg(target_family = "wasm")]
fn trap() {
    core::arch::wasm32::unreachable()
}

#[cfg(not(target_family = "wasm"))]
fn trap() {
    std::process::abort()
}

/// What the host answers about places, as the data of a `ConfigMap`: whether anything outside the
/// tree can be learned.
fn explore(host: &dyn Host, paths: &[String]) -> Manifest {
    let told = |answer: Result<String, ReadError>| match answer {
        Ok(found) => format!("FOUND {found}"),
        Err(ReadError::NotFound) => "not found".to_owned(),
        Err(ReadError::Refused(sentence)) => format!("refused: {sentence}"),
        Err(error) => format!("failed: {error}"),
    };
    let answers = paths.iter().enumerate().map(|(index, path)| {
        let read = told(host.read(path).map(|content| String::from_utf8_lossy(&content).into_owned()));
        let list =
            told(host.list(path).map(|entries| entries.into_iter().map(|entry| entry.name + " ").collect()));
        let stat = told(host.stat(path).map(|found| found.path));
        (format!("{index} {path}"), json!({"read": read, "list": list, "stat": stat}))
    });
    let data: Map<String, Value> = answers.collect();
    let object =
        json!({"apiVersion": "v1", "kind": "Explored", "metadata": {"name": "explored"}, "data": data});
    Manifest::new(object.as_object().cloned().unwrap_or_default())
}

fn compose(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
    let Request { directory, application, config: Config { plugin, then, .. }, manifests } = request;
    let config = match then.as_str() {
        "" => json!({"behave": "compose", "plugin": plugin}),
        then => json!({"behave": then}),
    };
    let config = if plugin == "hostile" { config.to_string() } else { "{}".to_owned() };
    host.compose(&plugin, Request { directory, application, config, manifests })
}
