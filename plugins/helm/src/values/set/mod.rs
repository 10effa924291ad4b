//! Single values from the command line: `--set a.b[0]=c` and its relatives.

mod parser;

use oarlock_go_template::{List, Map, Value};

use self::parser::{Mode, Parser};
use super::merge_maps;
use crate::profile::Profile;
use oarlock_go::json::{Read, read};

/// Why a line cannot be read, in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SetError(pub String);

/// `--set name=value,…`: what looks like a number, a truth value or `null` is one.
///
/// # Errors
/// If the line is malformed, or a step of a name leads through something else than it should.
pub fn set(line: &str, values: &Map) -> Result<(), SetError> {
    Parser::new(line, Mode::Typed).parse(values)
}

/// `--set-string name=value,…`: everything is text.
///
/// # Errors
/// As [`set`].
pub fn set_string(line: &str, values: &Map) -> Result<(), SetError> {
    Parser::new(line, Mode::Text).parse(values)
}

/// `--set-file name=path,…`: the values are what `read` gives for the paths.
///
/// # Errors
/// As [`set`], or as `read` says.
pub fn set_file(
    line: &str,
    values: &Map,
    read: &dyn Fn(&str) -> Result<Value, SetError>,
) -> Result<(), SetError> {
    Parser::new(line, Mode::File(read)).parse(values)
}

/// `--set-literal name=value`: everything behind the first `=` is text, commas and backslashes too.
///
/// # Errors
/// As [`set`].
pub fn set_literal(line: &str, values: &Map) -> Result<(), SetError> {
    Parser::new(line, Mode::Literal).parse(values)
}

/// `--set-json name=JSON,…`, or one JSON object that is merged in. Returns the values with it.
///
/// # Errors
/// If the line is malformed.
pub fn set_json(line: &str, values: &Map, profile: Profile) -> Result<Map, SetError> {
    let trimmed = line.trim();
    if trimmed.starts_with('{') && profile.sets_whole_objects() {
        let Ok(Read { value: Value::Map(object), unfit: None }) = read(trimmed.as_bytes()) else {
            return Err(SetError(format!("failed parsing --set-json data JSON: {line}")));
        };
        return Ok(merge_maps(values, &object));
    }
    Parser::new(line, Mode::Json)
        .parse(values)
        .map_err(|_| SetError(format!("failed parsing --set-json data {line}")))?;
    Ok(values.clone())
}

/// JSON as Go's `encoding/json` decodes it: every number is a `float64`.
pub(crate) fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Value::string(text.as_str()),
        serde_json::Value::Array(items) => Value::List(List::new(items.iter().map(from_json).collect())),
        serde_json::Value::Object(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.as_str(), from_json(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oarlock_go_template::fmt;

    fn shown(values: &Map) -> String {
        fmt::sprint(&[Value::Map(values.clone())]).unwrap().to_text().into_owned()
    }

    #[test]
    fn sets_values() {
        for (lines, expected) in [
            (
                &["a=1,b.c=x,d=true,e=null,f=0,g=007,h="][..],
                "map[a:1 b:map[c:x] d:true e:<nil> f:0 g:007 h:]",
            ),
            (&["a={x,1,y\\,z}"], "map[a:[x 1 y,z]]"),
            (&["a={}"], "map[a:[]]"),
            (&["a[1]=x"], "map[a:[<nil> x]]"),
            (&["a[0].b=x,a[0].c=y,a[1]=z"], "map[a:[map[b:x c:y] z]]"),
            (&["a[0][1]=x", "a[0][0]=y"], "map[a:[[y x]]]"),
            (&["a[1]=x", "a[0].b="], "map[a:[map[b:] x]]"),
            (&["a\\.b.c=x"], "map[a.b:map[c:x]]"),
            (&["a=b=c"], "map[a:b=c]"),
            (&["a=-12,b=1.5,c=9223372036854775808"], "map[a:-12 b:1.5 c:9223372036854775808]"),
            (&[""], "map[]"),
        ] {
            let values = Map::new();
            for line in lines {
                set(line, &values).unwrap();
            }
            assert_eq!(shown(&values), expected, "{lines:?}");
        }
    }

    #[test]
    fn kinds_differ() {
        let values = Map::new();
        set_string("a=1,b=null", &values).unwrap();
        set_literal("c=x,y={\\", &values).unwrap();
        set_file("d=f.txt", &values, &|path| Ok(Value::string(format!("<{path}>")))).unwrap();
        assert_eq!(shown(&values), "map[a:1 b:null c:x,y={\\ d:<f.txt>]");
        assert!(matches!(values.get("a"), Some(Value::String(_))));
        let values = set_json("a=[1,{\"b\":null}],c=\"d\",e=", &Map::new(), Profile::V4_1).unwrap();
        assert_eq!(shown(&values), "map[a:[1 map[b:<nil>]] c:d e:<nil>]");
        let values = set_json(" {\"a\":{\"x\":1}}", &values, Profile::V4_1).unwrap();
        assert_eq!(shown(&values), "map[a:map[x:1] c:d e:<nil>]");
    }

    #[test]
    fn json_nests_as_deep_as_values_files() {
        let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
        let values = set_json(&format!("{{\"a\":{deep}}}"), &Map::new(), Profile::V4_1).unwrap();
        let values = set_json(&format!("b={deep},c=\"\\ud800\""), &values, Profile::V4_1).unwrap();
        assert!(values.get("a").unwrap().deep_equals(&values.get("b").unwrap()));
        assert_eq!(values.get("c").unwrap().as_str().unwrap(), "\u{FFFD}");
        assert!(set_json("a=1e999", &Map::new(), Profile::V4_1).is_err());
        assert!(set_json("a=[1", &Map::new(), Profile::V4_1).is_err());
        assert!(set_json("{\"a\":1e999}", &Map::new(), Profile::V4_1).is_err());
        assert!(set_json(&format!("a={}", "[".repeat(100_000)), &Map::new(), Profile::V4_1).is_err());
        assert!(
            set_json(
                &format!("a={}{}", "[".repeat(100_000), "]".repeat(100_000)),
                &Map::new(),
                Profile::V4_1
            )
            .is_err()
        );
    }

    #[test]
    fn refuses_what_helm_refuses() {
        for (line, message) in [
            ("a", "key \"a\" has no value"),
            ("a,b=1", "key \"a\" has no value (cannot end with ,)"),
            ("a={x", "list must terminate with '}'"),
            ("a[x]=1", "error parsing index: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("a[-1]=1", "negative -1 index not allowed"),
            ("a[65537]=1", "index of 65537 is greater than maximum supported index of 65536"),
            ("a[0]b'=1", r"unexpected data at end of array index: ['b' '\'']"),
            (
                "s.x=1",
                "unable to parse key: interface conversion: interface {} is string, not map[string]interface {}",
            ),
            (
                "s[0]=1",
                "unable to parse key: interface conversion: interface {} is string, not []interface {}",
            ),
        ] {
            let values: Map = [("s", Value::string("text"))].into_iter().collect();
            assert_eq!(set(line, &values), Err(SetError(message.to_owned())), "{line}");
        }
        let deep = format!("{}=1", ["a"; 40].join("."));
        assert!(set(&deep, &Map::new()).unwrap_err().0.contains("maximum supported nested level of 30"));
    }
}
