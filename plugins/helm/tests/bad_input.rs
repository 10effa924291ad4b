//! Bad input, and input that means no good: one error, with its place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod memory;

use std::time::{Duration, Instant};

use oarlock_plugin::{Application, ChartUrl, MemoryHost, Remotes, TreePath};

use memory::{CHART, failure, render};

#[test]
fn bad_input_is_one_error_with_its_place() {
    for (file, text, expected) in [
        (
            "c/templates/x.yaml",
            "a: {{ nope }}",
            "c/templates/x.yaml:1: parse error at (shop/templates/x.yaml:1): function \"nope\" not defined",
        ),
        ("c/templates/x.yaml", "\n{{ .Values.a.b }}", "c/templates/x.yaml:2:11: shop/templates/x.yaml:2:10"),
        (
            "c/templates/x.yaml",
            "\n{{ fail \"no way\" }}",
            "c/templates/x.yaml:2:4: execution error at (shop/templates/x.yaml:2:3): no way",
        ),
        (
            "c/templates/x.yaml",
            "kind: [",
            "c/templates/x.yaml: YAML parse error on shop/templates/x.yaml: error converting YAML to JSON: yaml: line 1: did not find expected node content",
        ),
        ("c/templates/x.yaml", "{{ range until 1000000000 }}x{{ end }}", "c/templates/x.yaml:1:"),
        ("c/templates/x.yaml", "{{ repeat 1000000000 \"x\" }}", "c/templates/x.yaml:1:"),
        ("c/templates/_a.tpl", "{{ define \"a\" }}{{ include \"a\" . }}x{{ end }}", ""),
        (
            "c/values.yaml",
            "- 1",
            "c/values.yaml:1:1: cannot load values.yaml: cannot unmarshal yaml document: error unmarshaling JSON",
        ),
        ("c/values.yaml", "a: [", "c/values.yaml:1:5: cannot load values.yaml"),
        ("c/Chart.yaml", "name: x", "c/Chart.yaml: validation: chart.metadata.version is required"),
        ("c/Chart.yaml", "apiVersion: v3\nname: x\nversion: 1.0.0", "c/Chart.yaml: invalid chart apiVersion"),
        (
            "c/Chart.yaml",
            "apiVersion: v4\nname: x\nversion: 1.0.0",
            "c/Chart.yaml: unsupported chart version",
        ),
        (
            "c/Chart.yaml",
            "name: x\nversion: 1.0.0\nmaintainers: [{name: a}, {name: [b]}]",
            "c/Chart.yaml:3:33: cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct field Maintainer.maintainers.name of type string",
        ),
        (
            "c/Chart.yaml",
            "name: x\nversion: 1.0.0\ndependencies: [null]",
            "c/Chart.yaml: validation: dependencies must not contain empty or null nodes",
        ),
        ("c/Chart.lock", "digest: []", "c/Chart.lock:1:9: cannot load Chart.lock: error unmarshaling JSON"),
        (
            "c/values.schema.json",
            r#"{"required":["a"]}"#,
            "c/values.schema.json: values don't meet the specifications of the schema(s) in the following chart(s):\nshop:\n- at '': missing property 'a'",
        ),
        ("c/values.schema.json", "{", "c/values.schema.json: values don't meet"),
        (
            "c/charts/x.tgz",
            "hello",
            "c/charts/x.tgz: error unpacking subchart x.tgz in shop: file 'c/charts/x.tgz' does not appear to be a gzipped archive",
        ),
        ("c/.helmignore", "**/x", "c/.helmignore:1: double-star (**) syntax is not supported"),
    ] {
        let template = ("c/templates/y.yaml", if expected.is_empty() { "{{ include \"a\" . }}" } else { "" });
        let found = failure(&[(file, text), template], "{}");
        let expected = if expected.is_empty() { "c/templates/" } else { expected };
        assert!(found.starts_with(expected), "{file} {text}:\n{found}");
    }
}

/// How long a template may take that does too much, in a build without optimisation on a busy
/// machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn too_much_work_is_an_error_with_its_line() {
    const STEPS: &str = "exceeded the limit of 100000000 steps";
    const TEXT: &str = "text exceeds the limit of 67108864 bytes";
    const ITEMS: &str = "a list exceeds the limit of 4000000 items";
    const DEPTH: &str = "exceeded maximum template depth (200)";
    let cycle = |call: &str| format!("{{{{ $d := dict }}}}{{{{ $_ := set $d \"d\" $d }}}}{{{{ {call} }}}}");
    for (template, expected) in [
        ("{{ range until 20000 }}{{ range until 20000 }}x{{ end }}{{ end }}", STEPS),
        ("{{ range 1000000000 }}{{ end }}", STEPS),
        ("{{ range untilStep 0 1000000000 1 }}x{{ end }}", STEPS),
        ("{{ until 5000000 }}", ITEMS),
        ("{{ seq 1000000000 }}", STEPS),
        ("{{ $l := list 1 }}{{ range until 64 }}{{ $l = concat $l $l }}{{ end }}", ITEMS),
        ("{{ splitList \"\" (repeat 5000000 \"x\") }}", ITEMS),
        ("{{ repeat 1000000000 \"x\" }}", TEXT),
        ("{{ indent 1000000000 \"x\" }}", TEXT),
        ("{{ randAlphaNum 1000000000 }}", TEXT),
        ("{{ $x := repeat 1000000 \"x\" }}{{ range until 1000 }}{{ $x }}{{ end }}", TEXT),
        ("{{ regexReplaceAll \"\" (repeat 100000 \"x\") (repeat 100000 \"y\") }}", TEXT),
        ("{{ replace \"x\" (repeat 100000 \"y\") (repeat 100000 \"x\") }}", TEXT),
        ("{{ join (repeat 100000 \"y\") (until 100000) }}", TEXT),
        ("{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}", DEPTH),
        ("{{ define \"b\" }}{{ tpl \"{{ include \\\"b\\\" . }}\" . }}{{ end }}{{ include \"b\" . }}", DEPTH),
        ("{{ $t := \"{{ tpl .t . }}\" }}{{ tpl $t (dict \"t\" $t \"Template\" .Template) }}", DEPTH),
        ("{{ mustRegexMatch \"(a{1000}){1000}\" \"a\" }}", "invalid repeat count"),
        ("{{ mustRegexMatch (repeat 20000 \"(a|b){1,9}\") \"a\" }}", "expression too large"),
        ("{{ mustRegexMatch (repeat 300 \"(\") \"a\" }}", "expression nests too deeply"),
        (&cycle("$d"), "value nests too deep to be printed, or holds itself"),
        (&cycle("mustToJson $d"), "encountered a cycle"),
        (&cycle("deepCopy $d"), "value nests too deep to be copied, or holds itself"),
        (&cycle("merge (dict) $d"), "value nests too deep to be printed, or holds itself"),
    ] {
        let start = Instant::now();
        let found = failure(&[("c/templates/x.yaml", &format!("# one\n{template}"))], "{}");
        let first = found.lines().next().unwrap_or_default();
        assert!(first.starts_with("c/templates/x.yaml:2:"), "{template}\n{found}");
        assert!(found.contains(expected), "{template}\n{found}");
        assert!(start.elapsed() < PATIENCE, "{template}");
    }
}

#[test]
fn work_that_looks_like_much_is_done() {
    for template in [
        "{{ regexMatch \"(a*)*(a*)*(a*)*b\" (repeat 100000 \"a\") }}",
        "{{ regexMatch \"^(a|aa)+$\" (repeat 100000 \"a\") }}",
        "{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ toYaml $d }}{{ toJson $d }}{{ deepEqual $d $d }}",
        "{{ fromJson (repeat 100000 \"[\") }}{{ fromYaml (repeat 100000 \"[\") }}",
        "{{ range until 100 }}{{ trunc 10 (repeat 100000 \"x\") }}{{ end }}",
    ] {
        let start = Instant::now();
        let text = format!("kind: A\ntext: {{{{ `{template}` | tpl | quote }}}}\n").replace("tpl |", "len |");
        let template = format!(
            "{{{{ define \"x\" }}}}{template}{{{{ end }}}}{text}size: {{{{ include \"x\" . | len }}}}\n"
        );
        let (result, _) = render(&[("c/templates/x.yaml", &template)], "{}", Application::default());
        assert!(result.is_ok(), "{template}\n{result:?}");
        assert!(start.elapsed() < PATIENCE, "{template}");
    }
}

#[test]
fn values_of_the_wrong_type_are_named() {
    let dependency = format!("{CHART}dependencies:\n- name: sub\n  version: 1.0.0\n  import-values: [a]\n");
    let files = |values: &'static str| {
        vec![
            ("c/Chart.yaml", dependency.as_str()),
            ("c/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
            ("c/charts/sub/templates/x.yaml", "{{ .Values.a.b }}"),
            ("c/values.yaml", values),
        ]
    };
    for (values, expected) in [
        ("sub: text", "chart dependencies processing failed: type mismatch on sub: %!t(string=text)"),
        ("sub: [1]", "chart dependencies processing failed: type mismatch on sub: [%!t(float64=1)]"),
        ("sub: {a: 1}", "c/charts/sub/templates/x.yaml:1:"),
        ("[]", "c/values.yaml:1:1: cannot load values.yaml: "),
        ("text", "c/values.yaml:1:1: cannot load values.yaml: "),
        ("global: 1", "c/charts/sub/templates/x.yaml:1:"),
    ] {
        let found = failure(&files(values), "{}");
        assert!(found.starts_with(expected), "{values}\n{found}");
    }
}

/// A packaged chart with these entries.
fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        // The library would refuse to write what a test is about.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[test]
fn archives_stay_within_themselves() {
    let sub = ("sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n");
    let zeros = "\0".repeat(6 << 20);
    for (entries, expected) in [
        (vec![sub, ("sub/../../x", "")], "chart illegally references parent directory"),
        (vec![sub, ("sub//etc/passwd", "")], "chart illegally contains absolute paths"),
        (vec![sub, ("sub", "")], "chart illegally contains content outside the base directory"),
        (vec![sub, ("sub\\..\\..\\x", "")], "chart illegally references parent directory"),
        (vec![sub, ("sub/c:/x", "")], "chart contains illegally named files"),
        (vec![("Chart.yaml", "")], "chart illegally contains content outside the base directory"),
        (vec![sub, ("sub/big", zeros.as_str())], "is larger than the maximum file size 5242880"),
        (vec![], "no files in chart archive"),
        (vec![("sub/x", "")], "Chart.yaml file is missing"),
    ] {
        let host = MemoryHost::new([
            ("c/Chart.yaml", CHART.as_bytes().to_vec()),
            ("c/charts/sub-1.0.0.tgz", archive(&entries)),
        ]);
        let found = memory::render_in(&host, "{}", Application::default()).unwrap_err().to_string();
        assert!(
            found.starts_with("c/charts/sub-1.0.0.tgz: error unpacking subchart sub-1.0.0.tgz in shop: "),
            "{found}"
        );
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn an_archive_that_unpacks_without_end_is_stopped() {
    let data = archive(&[("sub/Chart.yaml", "name: sub"), ("sub/values.yaml", &"#".repeat(5 << 20))]);
    let entries: Vec<(String, String)> =
        (0..30).map(|index| (format!("sub/{index}"), "x".repeat(5 << 20))).collect();
    let entries: Vec<(&str, &str)> =
        entries.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    for data in [archive(&entries), data[..data.len() / 2].to_vec()] {
        let host =
            MemoryHost::new([("c/Chart.yaml", CHART.as_bytes().to_vec()), ("c/charts/sub-1.0.0.tgz", data)]);
        let found = memory::render_in(&host, "{}", Application::default()).unwrap_err().to_string();
        assert!(found.starts_with("c/charts/sub-1.0.0.tgz: error unpacking subchart"), "{found}");
    }
}

#[test]
fn charts_in_charts_end() {
    let mut files = vec![("c/Chart.yaml".to_owned(), CHART.to_owned())];
    let mut directory = "c".to_owned();
    for _ in 0..40 {
        directory.push_str("/charts/sub");
        files.push((
            format!("{directory}/Chart.yaml"),
            "apiVersion: v2\nname: sub\nversion: 1.0.0\n".to_owned(),
        ));
    }
    let host = MemoryHost::new(files);
    let found = memory::render_in(&host, "{}", Application::default()).unwrap_err().to_string();
    assert!(found.contains("charts lie in charts deeper than the limit of 32"), "{found}");
}

#[test]
fn a_circle_of_dependencies_ends() {
    let dependency = |name: &str, other: &str| {
        format!(
            "apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies:\n- name: {other}\n  version: 1.0.0\n  \
             repository: https://charts.example.com\n"
        )
    };
    let remote = |name: &str| {
        let url = ChartUrl::new("https://charts.example.com", name, "1.0.0").unwrap();
        (url.to_string(), TreePath::new(&format!("vendor/{name}")).unwrap())
    };
    let host = MemoryHost::new([
        ("c/Chart.yaml", dependency("shop", "a")),
        ("vendor/a/Chart.yaml", dependency("a", "b")),
        ("vendor/b/Chart.yaml", dependency("b", "a")),
    ])
    .with_remotes(Remotes::new([remote("a"), remote("b")]));
    let found = memory::render_in(&host, "{}", Application::default()).unwrap_err().to_string();
    assert_eq!(found, "vendor/b/Chart.yaml: charts depend on one another in a circle: a, b, a");
}

#[test]
fn texts_that_multiply_are_stopped() {
    let line = |name: char| {
        let before = char::from(name as u8 - 1);
        format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 10].join(", "))
    };
    let bomb = ('b'..='k')
        .fold("a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |bomb, name| bomb + &line(name));
    let deep = format!("a: {}", "[".repeat(100_000));
    for (file, text) in [
        ("c/values.yaml", &bomb),
        ("c/templates/x.yaml", &bomb),
        ("c/values.yaml", &deep),
        ("c/Chart.yaml", &bomb),
    ] {
        let start = Instant::now();
        let found = failure(&[(file, text)], "{}");
        assert!(found.starts_with(file), "{found}");
        assert!(start.elapsed() < PATIENCE, "{file}");
    }
}

#[test]
fn schemas_that_are_none_are_named() {
    let deep = format!("{}{}", "{\"not\":".repeat(300), "{}".to_owned() + &"}".repeat(300));
    for (schema, expected) in [
        ("{", "unexpected EOF"),
        ("[]", "is not valid against metaschema"),
        (r#"{"type":"nothing"}"#, "is not valid against metaschema"),
        (r#"{"pattern":"("}"#, "is not valid against metaschema"),
        (r##"{"$ref":"#/nope"}"##, "json-pointer in"),
        (r##"{"$ref":"#"}"##, "causing reference cycle"),
        (r#"{"$ref":"http://example.com/x"}"#, "failing loading \"http://example.com/x\""),
        (r#"{"$ref":"file:///etc/passwd"}"#, "failing loading \"file:///etc/passwd\""),
        (&deep, "schemas lie in schemas deeper than the limit of 200"),
    ] {
        let found = failure(&[("c/values.schema.json", schema)], "{}");
        let place = "c/values.schema.json: values don't meet the specifications of the schema(s) in the following chart(s):\nshop:\n";
        assert!(found.starts_with(place), "{schema}\n{found}");
        assert!(found.contains(expected), "{schema}\n{found}");
    }
}

#[test]
fn many_documents_take_no_longer_than_their_text_is() {
    let template = "{{ range until 20000 }}---\nkind: A\nmetadata: {name: a}\n{{ end }}";
    let start = Instant::now();
    let (result, _) = render(&[("c/templates/x.yaml", template)], "{}", Application::default());
    assert_eq!(result.unwrap().len(), 20_001);
    assert!(start.elapsed() < PATIENCE);
}
