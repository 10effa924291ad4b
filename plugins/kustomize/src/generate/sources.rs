//! Keys and values from literals, files and env files, by the rules of kustomize's `api/kv`.

use std::collections::BTreeMap;

use oarlock_plugin::{Failure, Origin, Result};

use super::GeneratorArgs;

/// Reads a file that a generator names.
pub(crate) type ReadFile<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>>;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// All keys and values, sorted by key. What a Secret is made from is in no message.
///
/// # Errors
/// If a file cannot be read, a source is malformed, or a key comes twice.
pub(super) fn load(
    args: &GeneratorArgs,
    read: ReadFile<'_>,
    is_secret: bool,
) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut data = BTreeMap::new();
    let mut add = |key: String, value: Vec<u8>| match data.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => Err(Failure::new(format!("`{}` has the key `{key}` twice", args.name))
            .hint("keys come from literals, from the names of files and from the lines of env files")),
    };
    for path in &args.envs {
        for (key, value) in env_file(path, read(path)?)? {
            add(key, value.into_bytes())?;
        }
    }
    for source in &args.literals {
        let (key, value) = literal(source, is_secret)?;
        add(key.to_owned(), value.into())?;
    }
    for source in &args.files {
        let (key, path) = file(source)?;
        add(key.to_owned(), read(path)?)?;
    }
    Ok(data)
}

/// `key=value`, the value without the quotes around it.
fn literal(source: &str, is_secret: bool) -> Result<(&str, &str)> {
    match source.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, unquoted(value))),
        _ => {
            let what = if is_secret { "a literal".to_owned() } else { format!("the literal `{source}`") };
            Err(Failure::new(format!("{what} is not of the form `key=value`"))
                .hint("a key without a value is written `key=`"))
        }
    }
}

/// Quotes count only as a pair.
fn unquoted(text: &str) -> &str {
    let between = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    between('"').or_else(|| between('\'')).unwrap_or(text)
}

/// `path` or `key=path`.
fn file(source: &str) -> Result<(&str, &str)> {
    let wrong = |what: &str| Err(Failure::new(format!("the file source `{source}` {what}")));
    match source.split_once('=') {
        None => Ok((source.trim_end_matches('/').rsplit('/').next().unwrap_or(source), source)),
        Some((_, path)) if path.contains('=') => wrong("has more than one `=`"),
        Some(("", _)) => wrong("has no key before the `=`"),
        Some((_, "")) => wrong("has no path after the `=`"),
        Some((key, path)) => Ok((key, path)),
    }
}

/// A `key=value` a line; empty lines and those that start with `#` do not count, and a key alone
/// has an empty value. Nothing is trimmed but the white space before the key.
fn env_file(path: &str, content: Vec<u8>) -> Result<Vec<(String, String)>> {
    let text = String::from_utf8(content).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        Failure::new(format!("`{path}` is no UTF-8 text"))
            .at(Origin::at(path, u32::try_from(line).unwrap_or(0), 0))
            .hint("list files with binary content under `files`")
    })?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let pairs = text.split('\n').filter_map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
        if line.starts_with('#') {
            return None;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (!key.is_empty()).then(|| (key.to_owned(), value.to_owned()))
    });
    Ok(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_lose_one_pair_of_quotes() {
        for (source, expected) in [
            ("a=b", Some(("a", "b"))),
            ("a=", Some(("a", ""))),
            ("a=\"b c\"", Some(("a", "b c"))),
            ("a='b'", Some(("a", "b"))),
            ("a='b\"", Some(("a", "'b\""))),
            ("a=\"", Some(("a", "\""))),
            ("a=b=c", Some(("a", "b=c"))),
            ("=b", None),
            ("a", None),
        ] {
            assert_eq!(literal(source, false).ok(), expected, "{source}");
        }
    }

    #[test]
    fn files_are_called_by_their_key_or_name() {
        for (source, expected) in [
            ("conf/a.yaml", Some(("a.yaml", "conf/a.yaml"))),
            ("k=conf/a.yaml", Some(("k", "conf/a.yaml"))),
            ("=a", None),
            ("k=", None),
            ("k=a=b", None),
        ] {
            assert_eq!(file(source).ok(), expected, "{source}");
        }
    }

    #[test]
    fn env_files_keep_all_but_comments() {
        let text = "\u{feff}A=1\r\n# no\n\n  B = x # y \nC\n=z\n";
        let pairs = env_file("e", text.into()).unwrap();
        let expected = [("A", "1"), ("B ", " x # y "), ("C", "")];
        assert_eq!(pairs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(env_file("e", vec![b'a', b'\n', 0xff]).unwrap_err().origin.unwrap().line, 2);
    }

    #[test]
    fn a_key_comes_once() {
        let args = GeneratorArgs { literals: vec!["a=1".into(), "a=2".into()], ..GeneratorArgs::default() };
        assert!(load(&args, &|_| Ok(Vec::new()), false).is_err());
    }
}
