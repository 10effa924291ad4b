//! Keys and certificates that charts make: real ones, and the same on every machine. How much work
//! one is, which must fit into the default deadline, is among the counts.

// What cannot be set up should fail right there.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oarlock_helm::Helm;
use oarlock_plugin::{Application, MemoryHost, Request, TreePath, render_json};
use oarlock_tests::{Run, Tree};
use serde_json::Value;

const CHART: &str = "apiVersion: v2\nname: keys\nversion: 0.1.0\n";

const KEYS: &str = r#"apiVersion: v1
kind: Secret
metadata: {name: s}
stringData:
  rsa: {{ genPrivateKey "rsa" | quote }}
  dsa: {{ genPrivateKey "dsa" | quote }}
  ecdsa: {{ genPrivateKey "ecdsa" | quote }}
"#;

const CERTIFICATES: &str = r#"{{- $ca := genCA "ca" 365 }}
{{- $cert := genSignedCert "a.example" (list "10.0.0.1") (list "a.example") 365 $ca }}
{{- $own := genSelfSignedCert "b.example" nil (list "b.example") 30 }}
{{- $read := buildCustomCert ($cert.Cert | b64enc) ($cert.Key | b64enc) }}
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData:
  ca: {{ $ca.Cert | quote }}
  cert: {{ $read.Cert | quote }}
  key: {{ $read.Key | quote }}
  own: {{ $own.Cert | quote }}
"#;

/// What a chart with one template makes, in the sandbox twice and natively.
fn rendered(template: &str) -> Value {
    let files = [("Chart.yaml", CHART), ("templates/s.yaml", template)];
    // A machine that has much else to do is not to fail here.
    let tree = Tree::with(&files).file("operator.yaml", "limits:\n  deadlineSeconds: 120\n");
    let render = || {
        let run = Run::new("render . --plugins helm --output json --operator operator.yaml");
        run.within(&tree).ends_with(0).stdout
    };
    let first = render();
    assert_eq!(first, render(), "two renders agree");
    let request = Request {
        directory: TreePath::root(),
        application: Application::default(),
        config: "{}".to_owned(),
        manifests: Vec::new(),
    };
    let native = render_json::<Helm>(&MemoryHost::new(files), request).unwrap();
    let sandboxed: Value = serde_json::from_str(&first).unwrap();
    let sandboxed = sandboxed.as_array().map_or(&sandboxed, |objects| &objects[0]).clone();
    assert_eq!(sandboxed, Value::Object(native[0].object().clone()), "the sandbox agrees");
    sandboxed["stringData"].clone()
}

/// The content of a PEM block.
fn der(pem: &Value, label: &str) -> Vec<u8> {
    let pem = pem.as_str().unwrap();
    let body = pem.strip_prefix(&format!("-----BEGIN {label}-----\n"));
    let body = body.and_then(|body| body.strip_suffix(&format!("-----END {label}-----\n")));
    STANDARD.decode(body.unwrap_or_else(|| panic!("{pem}")).replace('\n', "")).unwrap()
}

/// The numbers of a sequence, without the zero before a high bit.
fn numbers(der: &[u8]) -> Vec<&[u8]> {
    let (mut rest, whole) = element(der);
    assert!(whole.is_empty());
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (number, later) = element(rest);
        numbers.push(number.strip_prefix(&[0]).filter(|number| !number.is_empty()).unwrap_or(number));
        rest = later;
    }
    numbers
}

/// The content of the first element, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = match der[1] {
        short @ ..=0x7F => (usize::from(short), &der[2..]),
        0x81 => (usize::from(der[2]), &der[3..]),
        _ => (usize::from(der[2]) << 8 | usize::from(der[3]), &der[4..]),
    };
    rest.split_at(length)
}

fn bits(number: &[u8]) -> usize {
    number.len() * 8 - number[0].leading_zeros() as usize
}

#[test]
#[expect(clippy::many_single_char_names, reason = "they are the numbers' names in RFC 8017")]
fn private_keys_are_real() {
    let keys = rendered(KEYS);
    let rsa = der(&keys["rsa"], "RSA PRIVATE KEY");
    // Version, n, e, d, p, q, and three numbers that save work.
    let [version, n, e, _, p, q, ..] = numbers(&rsa)[..] else { panic!("{}", keys["rsa"]) };
    assert_eq!((version, e), (&[0][..], &[1, 0, 1][..]));
    assert_eq!((bits(n), bits(p), bits(q)), (4096, 2048, 2048));
    let dsa = der(&keys["dsa"], "DSA PRIVATE KEY");
    let [_, p, q, _, _, x] = numbers(&dsa)[..] else { panic!("{}", keys["dsa"]) };
    assert_eq!((bits(p), bits(q)), (2048, 256));
    assert!(bits(x) <= 256);
    der(&keys["ecdsa"], "EC PRIVATE KEY");
}

#[test]
fn certificates_are_real() {
    let made = rendered(CERTIFICATES);
    for name in ["ca", "cert", "own"] {
        der(&made[name], "CERTIFICATE");
    }
    let key = der(&made["key"], "RSA PRIVATE KEY");
    assert_eq!(bits(numbers(&key)[1]), 2048);
}
