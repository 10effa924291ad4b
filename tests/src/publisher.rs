//! A publisher of charts on this machine: a chart repository and an OCI registry in one, for as
//! long as a test takes.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use oarlock_engine::source::Digest;
use serde_json::json;

/// What a registry wants to see before it answers.
const TOKEN: &str = "let-me-in";

/// Answers by path.
type Answers = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// The server. It ends with the process.
#[derive(Debug)]
pub struct Publisher {
    address: String,
    answers: Answers,
}

/// A packaged chart of one template, besides files under any path.
///
/// # Panics
/// If a path is longer than a hundred bytes.
pub fn package(name: &str, version: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    let chart = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    let template = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  version: {{{{ .Chart.Version | quote }}}}\n  size: {{{{ .Values.size | quote }}}}\n"
    );
    let chart_path = format!("{name}/Chart.yaml");
    let template_path = format!("{name}/templates/a.yaml");
    let values_path = format!("{name}/values.yaml");
    let own =
        [(chart_path.as_str(), chart.as_str()), (&template_path, &template), (&values_path, "size: small\n")];
    for (path, content) in own.iter().chain(files) {
        let mut header = tar::Header::new_gnu();
        // The builder refuses paths that climb, which are what some tests are about.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, content.as_bytes()).expect("writing to memory");
    }
    archive.into_inner().and_then(GzEncoder::finish).expect("writing to memory")
}

impl Publisher {
    /// Starts one that has nothing.
    ///
    /// # Panics
    /// If this machine has no port to listen on.
    #[expect(clippy::new_without_default, reason = "it starts a server")]
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let answers = Answers::default();
        let (known, realm) = (Arc::clone(&answers), format!("http://{address}/token"));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is no affair of the others.
                let _ = answer(&stream, &known, &realm);
            }
        });
        Self { address, answers }
    }

    /// The URL of the chart repository.
    pub fn repository(&self) -> String {
        format!("http://{}/stable", self.address)
    }

    /// The URL of the registry's namespace.
    pub fn registry(&self) -> String {
        format!("oci://{}/charts", self.address)
    }

    /// Publishes versions of a chart in the repository, each with the digest that the index states.
    pub fn publish(&self, name: &str, versions: &[(&str, &[u8], Digest)]) {
        let mut index = format!("apiVersion: v1\nentries:\n  {name}:\n");
        for (version, archive, digest) in versions {
            // Writing to a string cannot fail.
            let _ = writeln!(
                index,
                "  - {{name: {name}, version: {version}, urls: [{name}-{version}.tgz], digest: {digest}}}"
            );
            self.answer(&format!("/stable/{name}-{version}.tgz"), *archive);
        }
        self.answer("/stable/index.yaml", index);
    }

    /// Pushes versions of a chart to the registry.
    pub fn push(&self, name: &str, versions: &[(&str, &[u8])]) {
        let base = format!("/v2/charts/{name}");
        let tags: Vec<String> = versions.iter().map(|(version, _)| version.replace('+', "_")).collect();
        self.answer(&format!("{base}/tags/list?n=1000"), json!({"name": name, "tags": tags}).to_string());
        for ((_, archive), tag) in versions.iter().zip(&tags) {
            let digest = format!("sha256:{}", Digest::of(archive));
            let layer = json!({
                "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                "digest": digest, "size": archive.len(),
            });
            let manifest = json!({"schemaVersion": 2, "layers": [layer]});
            self.answer(&format!("{base}/manifests/{tag}"), manifest.to_string());
            self.answer(&format!("{base}/blobs/{digest}"), *archive);
        }
    }

    fn answer(&self, path: &str, body: impl AsRef<[u8]>) {
        self.answers.lock().expect("no test panics in here").insert(path.to_owned(), body.as_ref().to_vec());
    }
}

/// Answers one request. The registry's part asks for a token, as public registries do.
fn answer(stream: &TcpStream, known: &Answers, realm: &str) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut is_let_in = !path.starts_with("/v2/");
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        is_let_in |= line.eq_ignore_ascii_case(&format!("authorization: Bearer {TOKEN}"));
    }
    let challenge = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"charts\"\r\n");
    let (status, headers, body) = if path.starts_with("/token?scope=repository:charts/") {
        ("200 OK", "", json!({ "token": TOKEN }).to_string().into_bytes())
    } else if !is_let_in {
        ("401 Unauthorized", challenge.as_str(), Vec::new())
    } else {
        match known.lock().expect("no test panics in here").get(&path) {
            Some(body) => ("200 OK", "", body.clone()),
            None => ("404 Not Found", "", Vec::new()),
        }
    };
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}
