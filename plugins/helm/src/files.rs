//! `.Files`: the files of a chart that are no templates.

use std::cell::Cell;
use std::rc::Rc;

use oarlock_go::encoding::base64;
use oarlock_go_template::{Bytes, Error, Function, List, Map, MapType, STRING_LIST, Str, Type, Value};
use oarlock_plugin::Glob;
use oarlock_yaml::{Dialect, Key, Mapping, Node, Value as Yaml, emit};

use crate::chart::File;

pub(crate) static FILES: MapType =
    MapType { name: "engine.files", literal: "map[string][]uint8", element: Type::Bytes };

/// The methods of `.Files`.
pub(crate) static METHODS: &[Function] = &[
    Function::new("Get", &[Type::String], |_, args| {
        Ok(Value::String(content(args)?.map_or(Str::EMPTY, |data| data.to_vec().into())))
    }),
    Function::new("GetBytes", &[Type::String], |_, args| {
        Ok(Value::Bytes(content(args)?.unwrap_or_default()))
    }),
    Function::new("Glob", &[Type::String], |_, args| glob(args)),
    Function::new("Lines", &[Type::String], |_, args| lines(args)),
    Function::new("AsConfig", &[], |_, args| {
        as_yaml(args, |data| String::from_utf8_lossy(data).into_owned())
    }),
    Function::new("AsSecrets", &[], |_, args| as_yaml(args, base64)),
];

/// The files of a chart as templates see them.
pub(crate) fn to_value(files: &[File], looked: Option<&Rc<Cell<bool>>>) -> Value {
    let entries = files.iter().map(|file| (Str::from(file.name.as_str()), Value::Bytes(file.data.clone())));
    Value::Map(match looked {
        Some(looked) => Map::watched(&FILES, entries, Rc::clone(looked)),
        None => Map::from_entries(&FILES, entries),
    })
}

fn files(args: &[Value]) -> Result<&Map, Error> {
    args.first().and_then(Value::as_map).ok_or_else(|| Error::new("not the files of a chart"))
}

fn name(args: &[Value]) -> Result<&Str, Error> {
    args.get(1).and_then(Value::as_str).ok_or_else(|| Error::new("the name of a file is text"))
}

fn content(args: &[Value]) -> Result<Option<Bytes>, Error> {
    Ok(match files(args)?.get(name(args)?.as_bytes()) {
        Some(Value::Bytes(data)) => Some(data),
        _ => None,
    })
}

/// The files whose names match. A malformed pattern matches all, as in Helm.
fn glob(args: &[Value]) -> Result<Value, Error> {
    let glob = Glob::within_directories(&name(args)?.to_text()).ok();
    let entries = files(args)?.snapshot();
    let matching = entries
        .into_iter()
        .filter(|(name, _)| glob.as_ref().is_none_or(|glob| glob.matches(&name.to_text())));
    Ok(Value::Map(Map::from_entries(&FILES, matching)))
}

fn lines(args: &[Value]) -> Result<Value, Error> {
    let Some(data) = content(args)? else {
        return Ok(Value::List(List::with_type(&STRING_LIST, Vec::new())));
    };
    let Some(last) = data.last() else {
        // Helm looks at the last byte of a file that has none, and Go panics.
        return Err(Error::new("runtime error: index out of range [-1]"));
    };
    let data = if *last == b'\n' { &data[..data.len() - 1] } else { &data };
    Ok(Value::List(List::of_strings(data.split(|byte| *byte == b'\n').map(|line| Str::from(line.to_vec())))))
}

/// A mapping from the files' last names to their content.
fn as_yaml(args: &[Value], text: fn(&[u8]) -> String) -> Result<Value, Error> {
    let mut mapping = Mapping::default();
    for (name, value) in files(args)?.snapshot() {
        let name = name.to_text();
        let base = name.rsplit_once('/').map_or(name.as_ref(), |(_, base)| base);
        if let Value::Bytes(data) = value {
            mapping.insert(Key::from(base), Node::string(text(&data)));
        }
    }
    // What cannot be written gives nothing, as `toYaml` does.
    let text = emit(&Node::new(Yaml::Mapping(mapping)), Dialect::Helm).unwrap_or_default();
    Ok(Value::string(text.strip_suffix('\n').unwrap_or(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        let file = |name: &str, data: &[u8]| File {
            name: name.to_owned(),
            data: data.to_vec().into(),
            path: Rc::from(name),
        };
        to_value(
            &[file("a.txt", b"one\ntwo\n"), file("conf/b.ini", b"x"), file("conf/deep/c", b"\xFF")],
            None,
        )
    }

    fn call(method: &str, argument: Option<&str>) -> Value {
        let value = sample();
        let method = METHODS.iter().find(|one| one.name == method).unwrap();
        let args: Vec<Value> = [value].into_iter().chain(argument.map(Value::string)).collect();
        let mut state = ();
        let functions = oarlock_go_template::Functions::new();
        let mut context = oarlock_go_template::Context::new(
            Rc::default(),
            &functions,
            &mut state,
            oarlock_go_template::Options::default(),
        );
        (method.run)(&mut context, &args).unwrap()
    }

    fn text(value: &Value) -> String {
        oarlock_go_template::fmt::sprint(std::slice::from_ref(value)).unwrap().to_text().into_owned()
    }

    #[test]
    fn reads_files() {
        assert_eq!(text(&call("Get", Some("a.txt"))), "one\ntwo\n");
        assert_eq!(text(&call("Get", Some("nope"))), "");
        assert_eq!(text(&call("Lines", Some("a.txt"))), "[one two]");
        assert_eq!(call("Glob", Some("conf/*")).as_map().unwrap().len(), 1);
        assert_eq!(call("Glob", Some("conf/**")).as_map().unwrap().len(), 2);
        assert_eq!(call("Glob", Some("[")).as_map().unwrap().len(), 3);
        assert_eq!(text(&call("AsSecrets", None)), "a.txt: b25lCnR3bwo=\nb.ini: eA==\nc: /w==");
        assert_eq!(text(&call("AsConfig", None)), "a.txt: |\n  one\n  two\nb.ini: x\nc: \u{FFFD}");
    }
}
