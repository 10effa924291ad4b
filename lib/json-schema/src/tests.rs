//! Schemas and what is said of values that do not fit.

use super::*;

fn said(schema: &str, values: &str) -> String {
    let values = Json::parse(values.as_bytes()).unwrap();
    match JsonSchema::compile(schema.as_bytes(), "file:///values.schema.json", &mut |_| {}) {
        Ok(schema) => schema.validate(&values).err().map(|fault| format!("{fault}\n")).unwrap_or_default(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn says_what_helm_says() {
    for (schema, values, expected) in [
        (r#"{"required":["a"]}"#, "{}", "- at '': missing property 'a'\n"),
        (r#"{"required":["a","b"]}"#, "{}", "- at '': missing properties 'a', 'b'\n"),
        (r#"{"properties":{"a":{"minimum":0}}}"#, r#"{"a":-5}"#, "- at '/a': minimum: got -5, want 0\n"),
        (
            r#"{"properties":{"a":{"type":["string","null","integer"]}}}"#,
            r#"{"a":1.5}"#,
            "- at '/a': got number, want null or integer or string\n",
        ),
        (r#"{"properties":{"a":{"type":"integer"}}}"#, r#"{"a":2.0}"#, ""),
        (
            r#"{"additionalProperties":false,"patternProperties":{"^a":{}}}"#,
            r#"{"ab":1,"c":1,"d":2}"#,
            "- at '': additional properties 'c', 'd' not allowed\n",
        ),
        (
            r##"{"properties":{"r":{"$ref":"#/$defs/two"}},"$defs":{"two":{"minimum":10,"multipleOf":7}}}"##,
            r#"{"r":3}"#,
            "- at '/r': validation failed\n  - at '/r': minimum: got 3, want 10\n  - at '/r': multipleOf: got 3, want 7\n",
        ),
        (
            r##"{"properties":{"r":{"$ref":"#two"}},"$defs":{"two":{"$anchor":"two","minimum":10}}}"##,
            r#"{"r":3}"#,
            "- at '/r': minimum: got 3, want 10\n",
        ),
        (
            r#"{"properties":{"h":{"oneOf":[{"type":"number"},{"minimum":0}]}}}"#,
            r#"{"h":1}"#,
            "- at '/h': 'oneOf' failed, subschemas 0, 1 matched\n",
        ),
        (
            r#"{"properties":{"t":{"allOf":[{"type":"string"},{"minimum":5,"maximum":1}]}}}"#,
            r#"{"t":3}"#,
            "- at '/t': 'allOf' failed\n  - at '/t': got number, want string\n  - at '/t': validation failed\n    \
             - at '/t': minimum: got 3, want 5\n    - at '/t': maximum: got 3, want 1\n",
        ),
        (
            r#"{"properties":{"k":{"propertyNames":{"maxLength":1}}}}"#,
            r#"{"k":{"abc":1,"d":1}}"#,
            "- at '': invalid propertyName 'abc'\n  - at '': maxLength: got 3, want 1\n",
        ),
        (
            r#"{"properties":{"x":{"contains":{"type":"string"},"minContains":2}}}"#,
            r#"{"x":["a"]}"#,
            "- at '/x': min 2 items required to match contains schema, but matched 1 items at 0\n",
        ),
        (
            r#"{"properties":{"j":{"pattern":"^[a-z]+$"}}}"#,
            r#"{"j":"It's 1"}"#,
            "- at '/j': 'It\\'s 1' does not match pattern '^[a-z]+$'\n",
        ),
        (
            r#"{"properties":{"v":{"properties":{"b":{}},"unevaluatedProperties":false}}}"#,
            r#"{"v":{"a":1,"b":2}}"#,
            "- at '/v/a': false schema\n",
        ),
        (
            r#"{"dependentRequired":{"x":["y","z"]}}"#,
            r#"{"x":1}"#,
            "- at '': properties 'y', 'z' required, if 'x' exists\n",
        ),
        (
            r#"{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"a":{"minimum":1,"exclusiveMinimum":true}}}"#,
            r#"{"a":1}"#,
            "- at '/a': exclusiveMinimum: got 1, want 1\n",
        ),
        (
            r#"{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"z":{"format":"email"}}}"#,
            r#"{"z":"foo"}"#,
            "- at '/z': 'foo' is not valid email: missing @\n",
        ),
        (r#"{"properties":{"z":{"format":"email"}}}"#, r#"{"z":"foo"}"#, ""),
        (
            r#"{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"l":{"items":[{}],"additionalItems":false}}}"#,
            r#"{"l":[1,2,3]}"#,
            "- at '/l': last 2 additionalItem(s) not allowed\n",
        ),
    ] {
        assert_eq!(said(schema, values), expected, "{schema}");
    }
}

#[test]
fn broken_schemas_are_errors() {
    for (schema, expected) in [
        (r#"{"properties":"#, "unexpected EOF"),
        (r##"{"$ref":"#/nope"}"##, "json-pointer in \"file:///values.schema.json#/nope\" not found"),
        (r#"{"$ref":"http://example.com/x.json"}"#, "failing loading \"http://example.com/x.json\""),
        (
            r#"{"properties":{"a":{"type":"strin"}}}"#,
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with \
             'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/properties/a': 'allOf' failed\n    \
             - at '/properties/a/type': 'anyOf' failed\n      - at '/properties/a/type': value must be one of 'array', ",
        ),
        (
            r##"{"$schema":"http://json-schema.org/draft-07/schema#","$id":"http://a/b","allOf":[{"$ref":"c"},{"$ref":"#d"}]}"##,
            "failing loading \"http://a/c\": ",
        ),
        (
            r##"{"$ref":"#d"}"##,
            "anchor in \"file:///values.schema.json#d\" not found in schema \"file:///values.schema.json\"",
        ),
        (
            r#"{"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}}"#,
            "duplicate id \"file:///x\" in \"file:///values.schema.json\" at ",
        ),
        (r#"{"$schema":"foo"}"#, "failing loading \"foo\": no URLLoader registered for \"foo\""),
        (r#"{"pattern":"("}"#, "\"file:///values.schema.json#\" is not valid against metaschema"),
        (
            r##"{"$ref":"#"}"##,
            "- at '': both /$ref and  resolve to \"file:///values.schema.json#\" causing reference cycle",
        ),
    ] {
        let said = said(schema, "{}");
        assert!(said.starts_with(expected), "{schema}: {said}");
    }
}

#[test]
fn recursive_schemas_end_with_the_value() {
    let schema = r##"{"properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##;
    assert_eq!(said(schema, r#"{"next":{"next":{}}}"#), "");
    assert_eq!(
        said(schema, r#"{"next":{"next":{"x":1}}}"#),
        "- at '/next/next': additional properties 'x' not allowed\n"
    );
}

#[test]
fn references_that_are_ignored_are_told() {
    let schema = br#"{"$ref": "urn:a:b"}"#;
    let mut ignored = Vec::new();
    let schema =
        JsonSchema::compile(schema, "file:///a.json", &mut |url| ignored.push(url.to_owned())).unwrap();
    assert_eq!(ignored, ["urn:a:b"]);
    assert_eq!(schema.validate(&Json::Null), Ok(()));
}
