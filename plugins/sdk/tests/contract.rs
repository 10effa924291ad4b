//! The contract's rule, which wit/README.md gives: a newer version only adds to each older one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use oarlock_plugin::CONTRACT_VERSION;
use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldItem, WorldKey};

/// Everything that a contract has, by name, and its shape without comments.
type Items = BTreeMap<String, String>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn wit() -> String {
    fs::read_to_string(repository().join("wit/plugin.wit")).unwrap()
}

/// The frozen contracts by version, oldest first.
fn frozen() -> Vec<(String, String)> {
    let mut versions: Vec<_> = fs::read_dir(repository().join("wit/frozen"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let version = entry.file_name().into_string().unwrap();
            (version, fs::read_to_string(entry.path().join("plugin.wit")).unwrap())
        })
        .collect();
    versions.sort_by_key(|(version, _)| {
        version.split('.').map(|part| part.parse::<u64>().unwrap()).collect::<Vec<_>>()
    });
    versions
}

#[test]
fn the_sdk_carries_a_copy_of_the_contract() {
    let copy = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("wit/plugin.wit")).unwrap();
    assert_eq!(copy, wit(), "copy wit/plugin.wit to plugins/sdk/wit/");
}

#[test]
fn the_version_is_that_of_the_package_and_is_frozen() {
    let package = format!("package oarlock:plugin@{CONTRACT_VERSION};");
    assert!(wit().contains(&package), "wit/plugin.wit has no `{package}`");
    let frozen = frozen();
    let (newest, _) = frozen.last().unwrap();
    assert_eq!(newest, CONTRACT_VERSION, "wit/frozen/{CONTRACT_VERSION}/plugin.wit is missing");
    for (version, text) in &frozen {
        assert!(text.contains(&format!("package oarlock:plugin@{version};")), "wit/frozen/{version}");
        let component = repository().join(format!("tests/frozen/contract-{version}.wasm"));
        assert!(component.is_file(), "{} is missing", component.display());
    }
}

#[test]
fn a_newer_contract_only_adds_to_an_older_one() {
    let mut contracts = frozen();
    contracts.push((format!("{CONTRACT_VERSION}, in wit/"), wit()));
    let contracts: Vec<(String, Items)> =
        contracts.into_iter().map(|(version, text)| (version, items(&text))).collect();
    for (index, (newer, new)) in contracts.iter().enumerate() {
        for (older, old) in &contracts[..index] {
            assert_eq!(changes(old, new), Vec::<String>::new(), "from {older} to {newer}");
        }
    }
    let [.., (_, frozen), (_, current)] = contracts.as_slice() else { panic!("no contract is frozen") };
    assert_eq!(changes(current, frozen), Vec::<String>::new(), "an addition needs a new version");
}

#[test]
fn the_host_demands_what_it_demanded_of_the_first_version() {
    let exports = |text: &str, world: &str| -> Items {
        let prefix = format!("world {world}: export ");
        let named = |(name, shape): (String, String)| Some((name.strip_prefix(&prefix)?.to_owned(), shape));
        items(text).into_iter().filter_map(named).collect()
    };
    let first = exports(&frozen()[0].1, "plugin");
    assert!(first.contains_key("render"), "{first:?}");
    assert_eq!(exports(&wit(), "minimum"), first);
}

#[test]
fn changes_are_found() {
    let old = "package a:b@0.1.0;
        interface i { record r { x: u32 } enum e { a, b } variant v { c(r) } f: func(r: r) -> result<list<e>, v>; }
        world w { import i; export g: func() -> option<string>; }";
    for (what, with, changed) in [
        ("x: u32", "x: u32", vec![]),
        ("x: u32", "x: u32, y: u32", vec!["interface i: type r"]),
        ("x: u32", "x: u64", vec!["interface i: type r"]),
        ("{ a, b }", "{ b, a }", vec!["interface i: type e"]),
        ("{ a, b }", "{ a, b, c }", vec!["interface i: type e"]),
        ("c(r)", "c(e)", vec!["interface i: type v"]),
        ("result<list<e>, v>", "result<list<r>, v>", vec!["interface i: func f"]),
        ("func(r: r)", "func(r: r, n: u8)", vec!["interface i: func f"]),
        ("f: func", "other: func", vec!["interface i: func f"]),
        ("import i;", "import i; export h: func(); ", vec![]),
        ("option<string>", "option<list<string>>", vec!["world w: export g"]),
        ("record r", "record new { r: r } record r", vec![]),
        ("world w", "interface j { use i.{r}; h: func() -> r; } world w", vec![]),
    ] {
        let new = old.replace(what, with);
        let found = changes(&items(old), &items(&new));
        assert_eq!(found, changed, "{what} → {with}");
    }
}

/// What an old contract has and a new one has not, or has otherwise.
fn changes(old: &Items, new: &Items) -> Vec<String> {
    old.iter().filter(|(name, shape)| new.get(*name) != Some(*shape)).map(|(name, _)| name.clone()).collect()
}

fn items(text: &str) -> Items {
    let mut resolve = Resolve::default();
    resolve.push_source("plugin.wit", text).unwrap();
    let mut items = Items::new();
    for (_, interface) in &resolve.interfaces {
        let Some(name) = &interface.name else { panic!("an interface without a name is not compared yet") };
        for (type_name, id) in &interface.types {
            items.insert(format!("interface {name}: type {type_name}"), shape_of_type(&resolve, *id));
        }
        for (function_name, function) in &interface.functions {
            items.insert(format!("interface {name}: func {function_name}"), signature(&resolve, function));
        }
    }
    for (_, world) in &resolve.worlds {
        for (direction, list) in [("import", &world.imports), ("export", &world.exports)] {
            for (key, item) in list {
                let key = match key {
                    WorldKey::Name(name) => name.clone(),
                    WorldKey::Interface(id) => resolve.interfaces[*id].name.clone().unwrap_or_default(),
                };
                let shape = match item {
                    WorldItem::Interface { .. } => "interface".to_owned(),
                    WorldItem::Function(function) => signature(&resolve, function),
                    WorldItem::Type { id, .. } => shape_of_type(&resolve, *id),
                };
                items.insert(format!("world {}: {direction} {key}", world.name), shape);
            }
        }
    }
    items
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let params =
        function.params.iter().map(|param| format!("{}: {}", param.name, name_of(resolve, param.ty)));
    format!("func({}) -> {}", params.collect::<Vec<_>>().join(", "), optional(resolve, function.result))
}

fn optional(resolve: &Resolve, ty: Option<Type>) -> String {
    ty.map_or("_".to_owned(), |ty| name_of(resolve, ty))
}

/// A type as another one mentions it: by its name and where it is defined, or by its shape if it
/// has none.
fn name_of(resolve: &Resolve, ty: Type) -> String {
    let Type::Id(id) = ty else { return format!("{ty:?}") };
    let definition = &resolve.types[id];
    match (&definition.kind, &definition.name, definition.owner) {
        // What `use` brings in is the type that it names.
        (TypeDefKind::Type(inner), _, _) => name_of(resolve, *inner),
        (_, Some(name), TypeOwner::Interface(owner)) => {
            format!("{}.{name}", resolve.interfaces[owner].name.as_deref().unwrap_or_default())
        }
        _ => shape_of_type(resolve, id),
    }
}

fn shape_of_type(resolve: &Resolve, id: TypeId) -> String {
    let named = |name: &str, ty: Type| format!("{name}: {}", name_of(resolve, ty));
    let join = |parts: Vec<String>| parts.join(", ");
    match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            format!(
                "record {{{}}}",
                join(record.fields.iter().map(|field| named(&field.name, field.ty)).collect())
            )
        }
        TypeDefKind::Variant(variant) => {
            let case = |case: &wit_parser::Case| format!("{}({})", case.name, optional(resolve, case.ty));
            format!("variant {{{}}}", join(variant.cases.iter().map(case).collect()))
        }
        TypeDefKind::Enum(cases) => {
            format!("enum {{{}}}", join(cases.cases.iter().map(|case| case.name.clone()).collect()))
        }
        TypeDefKind::Flags(flags) => {
            format!("flags {{{}}}", join(flags.flags.iter().map(|flag| flag.name.clone()).collect()))
        }
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", join(tuple.types.iter().map(|ty| name_of(resolve, *ty)).collect()))
        }
        TypeDefKind::Option(inner) => format!("option<{}>", name_of(resolve, *inner)),
        TypeDefKind::Result(result) => {
            format!("result<{}, {}>", optional(resolve, result.ok), optional(resolve, result.err))
        }
        TypeDefKind::List(inner) => format!("list<{}>", name_of(resolve, *inner)),
        TypeDefKind::Type(inner) => name_of(resolve, *inner),
        // Better no test than one that passes over what it does not know.
        other => panic!("a {} is not compared yet", other.as_str()),
    }
}
