//! Paths: Go's `path`. `filepath` is the same on Linux, where Helm's output is compared.

use oarlock_go_template::{Function, Str, Value};

use oarlock_go_template::arguments::{TEXT, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("base", &[TEXT], |_, a| Ok(base(text(a, 0)))),
    Function::new("osBase", &[TEXT], |_, a| Ok(base(text(a, 0)))),
    Function::new("dir", &[TEXT], |_, a| Ok(dir(text(a, 0)))),
    Function::new("osDir", &[TEXT], |_, a| Ok(dir(text(a, 0)))),
    Function::new("clean", &[TEXT], |_, a| Ok(Value::string(clean(text(a, 0).as_bytes())))),
    Function::new("osClean", &[TEXT], |_, a| Ok(Value::string(clean(text(a, 0).as_bytes())))),
    Function::new("ext", &[TEXT], |_, a| Ok(ext(text(a, 0)))),
    Function::new("osExt", &[TEXT], |_, a| Ok(ext(text(a, 0)))),
    Function::new("isAbs", &[TEXT], |_, a| Ok(text(a, 0).as_bytes().starts_with(b"/").into())),
    Function::new("osIsAbs", &[TEXT], |_, a| Ok(text(a, 0).as_bytes().starts_with(b"/").into())),
];

/// `path.Clean`.
pub(super) fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

fn base(path: &Str) -> Value {
    let bytes = path.as_bytes();
    if bytes.is_empty() {
        return ".".into();
    }
    let end = bytes.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let start = bytes[..end].iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    if end == 0 { "/".into() } else { Value::string(&bytes[start..end]) }
}

fn dir(path: &Str) -> Value {
    let bytes = path.as_bytes();
    let end = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    Value::string(clean(&bytes[..end]))
}

fn ext(path: &Str) -> Value {
    let bytes = path.as_bytes();
    let last = bytes.iter().rposition(|byte| matches!(byte, b'.' | b'/'));
    match last {
        Some(at) if bytes[at] == b'.' => Value::string(&bytes[at..]),
        _ => "".into(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", ".", ".", ".", "")]
    #[case("/", "/", "/", "/", "")]
    #[case("a/b.tar.gz", "a/b.tar.gz", "b.tar.gz", "a", ".gz")]
    #[case("/../a//b/../c/.", "/a/c", ".", "/a/c", ".")]
    #[case("../a/..", "..", "..", "../a", ".")]
    #[case("a/b/", "a/b", "b", "a/b", "")]
    fn as_go_does(
        #[case] path: &str,
        #[case] cleaned: &str,
        #[case] last: &str,
        #[case] parent: &str,
        #[case] extension: &str,
    ) {
        let text = |value: Value| value.as_str().map(ToString::to_string);
        assert_eq!(Str::from(clean(path.as_bytes())), cleaned);
        assert_eq!(text(base(&path.into())).as_deref(), Some(last));
        assert_eq!(text(dir(&path.into())).as_deref(), Some(parent));
        assert_eq!(text(ext(&path.into())).as_deref(), Some(extension));
    }
}
