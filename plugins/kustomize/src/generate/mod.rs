//! ConfigMaps and Secrets made of files and literals, and the hash that their names end in.

mod args;
mod hash;
mod iam;
mod sources;

pub(crate) use args::{GeneratorArgs, GeneratorOptions};
pub(crate) use hash::add_hashes;
pub(crate) use iam::service_account;
pub(crate) use sources::ReadFile;

use oarlock_go::encoding::base64;
use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Key, Mapping, Node, Value};

use crate::resource::{Generated, Resource};

/// Columns of a line of base64.
const BASE64_LINE: usize = 70;

/// Makes a ConfigMap.
///
/// # Errors
/// If there is no name, a source cannot be read or a key comes twice.
pub(crate) fn config_map(args: &GeneratorArgs, read: ReadFile<'_>) -> Result<Resource> {
    let mut object = base_object("ConfigMap", args)?;
    let (mut data, mut binary) = (Mapping::default(), Mapping::default());
    for (key, value) in sources::load(args, read, false)? {
        match String::from_utf8(value) {
            Ok(text) => data.push(Key::plain(key.as_str()), Node::string(text)),
            Err(error) => binary.push(Key::plain(key.as_str()), Node::string(base64_lines(error.as_bytes()))),
        }
    }
    for (field, values) in [("data", data), ("binaryData", binary)] {
        if !values.is_empty() {
            object.push(field, Node::new(Value::Mapping(values)));
        }
    }
    Ok(finish(object, args))
}

/// Makes a Secret. Its data are base64 whatever they are.
///
/// # Errors
/// As [`config_map`].
pub(crate) fn secret(args: &GeneratorArgs, read: ReadFile<'_>) -> Result<Resource> {
    let mut object = base_object("Secret", args)?;
    let secret_type = args.secret_type.as_deref().filter(|text| !text.is_empty()).unwrap_or("Opaque");
    object.push("type", Node::string(secret_type));
    let mut data = Mapping::default();
    for (key, value) in sources::load(args, read, true)? {
        data.push(Key::plain(key.as_str()), Node::string(base64_lines(&value)));
    }
    object.push("data", Node::new(Value::Mapping(data)));
    Ok(finish(object, args))
}

fn base_object(kind: &str, args: &GeneratorArgs) -> Result<Mapping> {
    if args.name.is_empty() {
        return Err(Failure::new(format!("a generated {kind} needs a `name`"))
            .hint("it is what others refer to; the hash of the content is added to it"));
    }
    let mut metadata = Mapping::default();
    metadata.push("name", Node::string(args.name.as_str()));
    if !args.namespace.is_empty() {
        metadata.push("namespace", Node::string(args.namespace.as_str()));
    }
    let mut object = Mapping::default();
    object.push("apiVersion", Node::string("v1"));
    object.push("kind", Node::string(kind));
    object.push("metadata", Node::new(Value::Mapping(metadata)));
    Ok(object)
}

fn finish(mut object: Mapping, args: &GeneratorArgs) -> Resource {
    let options = args.options.clone().unwrap_or_default();
    if let Some(metadata) = object.get_mut("metadata").and_then(Node::as_mapping_mut) {
        for (field, texts) in [("labels", &options.labels), ("annotations", &options.annotations)] {
            if !texts.is_empty() {
                let mut values = Mapping::default();
                for (key, value) in texts {
                    values.push(Key::plain(key.as_str()), Node::string(value.as_str()));
                }
                metadata.push(field, Node::new(Value::Mapping(values)));
            }
        }
    }
    if options.immutable {
        object.push("immutable", Node::bool(true));
    }
    let mut resource = Resource::new(Node::new(Value::Mapping(object)), None);
    resource.generated =
        Some(Generated { behavior: args.behavior(), needs_hash: !options.disable_name_suffix_hash });
    resource
}

/// Base64, broken into lines where it is longer than one.
fn base64_lines(bytes: &[u8]) -> String {
    let encoded = base64(bytes);
    if encoded.len() < BASE64_LINE {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / BASE64_LINE + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(BASE64_LINE));
        lines.push_str(line);
        lines.push('\n');
        rest = after;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_base64_has_lines_of_70_columns() {
        assert_eq!(base64_lines(b"a"), "YQ==");
        assert_eq!(base64_lines(&[0; 51]), "A".repeat(68));
        assert_eq!(base64_lines(&[0; 54]), format!("{}\nAA\n", "A".repeat(70)));
    }

    #[test]
    fn what_is_no_text_becomes_binary_data() {
        let args = GeneratorArgs {
            name: "x".to_owned(),
            files: vec!["a=text".to_owned(), "b=binary".to_owned()],
            ..GeneratorArgs::default()
        };
        let read = |path: &str| Ok(if path == "text" { b"hello".to_vec() } else { vec![0xff] });
        let object = config_map(&args, &read).unwrap().object;
        assert_eq!(object.at(&["data", "a"]).and_then(Node::as_str), Some("hello"));
        assert_eq!(object.at(&["binaryData", "b"]).and_then(Node::as_str), Some("/w=="));
        let object = secret(&args, &read).unwrap().object;
        assert_eq!(object.at(&["data", "a"]).and_then(Node::as_str), Some("aGVsbG8="));
        assert_eq!(object.get("type").and_then(Node::as_str), Some("Opaque"));
    }
}
