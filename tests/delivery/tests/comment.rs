//! The comments on GitHub and GitLab, written to a forge on this machine, from artefacts that a
//! stranger packed.

use std::fs;
use std::process::Command;

use oarlock_delivery::{Forge, HttpRequest, HttpResponse, has_tools, repository, run, zip};
use serde_json::{Value, json};

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
const COMMENT: &str = "<!-- oarlock:diff -->\n### Needs attention: 1 blocking\n\n`a \"b\" 'c' $(d)`\n";
/// A branch that git allows.
const BRANCH: &str = "it's\"$(touch${IFS}pwned)`x`&state=closed";

fn is_testable() -> bool {
    has_tools(&["curl", "jq", "unzip"], "comments are not tested")
}

/// What a forge holds.
#[derive(Clone)]
struct GitHub {
    pulls: Value,
    artifacts: Value,
    archive: Vec<u8>,
    /// Pages of comments.
    comments: Vec<Value>,
}

impl GitHub {
    fn new() -> Self {
        let from = |name: &str| json!({"sha": SHA, "repo": {"full_name": name}});
        Self {
            // The newest first, as GitHub lists them.
            pulls: json!([
                {"number": 8, "head": {"sha": "f".repeat(40), "repo": {"full_name": "stranger/gitops"}}},
                {"number": 9, "head": from("else/where")},
                {"number": 7, "head": from("stranger/gitops")},
            ]),
            artifacts: json!({"artifacts": [{"id": 55, "name": "oarlock-comment"}]}),
            archive: zip(&[("comment.md", COMMENT.as_bytes())]),
            comments: vec![json!([])],
        }
    }

    fn serve(self) -> Forge {
        Forge::new(move |request| self.answer(request))
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let body = |value: &Value| (200, value.to_string().into_bytes());
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        match (request.method.as_str(), path) {
            ("GET", "/repos/us/gitops/pulls") => body(&self.pulls),
            ("GET", "/repos/us/gitops/actions/runs/33/artifacts") => body(&self.artifacts),
            ("GET", "/repos/us/gitops/actions/artifacts/55/zip") => (200, self.archive.clone()),
            ("GET", "/repos/us/gitops/issues/7/comments") => {
                let page: usize = query.rsplit('=').next().unwrap().parse().unwrap();
                body(self.comments.get(page - 1).unwrap_or(&json!([])))
            }
            ("POST", "/repos/us/gitops/issues/7/comments") => (201, b"{}".to_vec()),
            ("PATCH", path) if path.starts_with("/repos/us/gitops/issues/comments/") => (200, b"{}".to_vec()),
            _ => (404, b"{}".to_vec()),
        }
    }
}

/// Runs the script for a forge with an event.
fn comment(forge: &Forge, change: impl Fn(&mut Command)) -> (i32, String, String) {
    let scratch = tempfile::tempdir().unwrap();
    let mut script = Command::new(repository().join("ci/comment/comment.sh"));
    script
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TMPDIR", scratch.path())
        .env("GITHUB_API_URL", forge.url())
        .env("GITHUB_REPOSITORY", "us/gitops")
        .env("TOKEN", "hush")
        .env("RUN_ID", "33")
        .env("HEAD_SHA", SHA)
        .env("HEAD_REPOSITORY", "stranger/gitops")
        .env("HEAD_BRANCH", BRANCH)
        .env("ARTIFACT", "oarlock-comment")
        .current_dir(scratch.path());
    change(&mut script);
    let ran = run(&mut script);
    let left: Vec<_> = fs::read_dir(scratch.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    ran
}

/// What was written to the forge.
fn written(forge: &Forge) -> Vec<HttpRequest> {
    forge.requests().into_iter().filter(|request| request.method != "GET").collect()
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

#[test]
fn the_comment_goes_to_the_pull_request_of_the_event() {
    if !is_testable() {
        return;
    }
    let forge = GitHub::new().serve();
    let (code, stdout, stderr) = comment(&forge, |_| {});
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "commented on #7\n", ""));
    let written = written(&forge);
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].target, "/repos/us/gitops/issues/7/comments");
    assert_eq!(body(&written[0]), json!({"body": COMMENT}));
    let requests = forge.requests();
    for request in &requests {
        assert!(request.headers.iter().any(|header| header == "Authorization: Bearer hush"), "{request:?}");
    }
    // The branch is one value of the query, and adds none.
    let query = requests[0].target.split_once('?').unwrap().1;
    assert_eq!(query.matches('&').count(), 2, "{query}");
    assert!(query.to_lowercase().starts_with("head=stranger%3ait%27s%22%24%28touch"), "{query}");
}

#[test]
fn the_comment_that_is_there_is_edited() {
    if !is_testable() {
        return;
    }
    let mut github = GitHub::new();
    let others = json!({"id": 1, "user": {"login": "stranger"}, "body": COMMENT});
    let filler = json!({"id": 2, "user": {"login": "github-actions[bot]"}, "body": "<!-- another -->\n"});
    let mut first = vec![others];
    first.resize(100, filler);
    let ours =
        json!({"id": 77, "user": {"login": "github-actions[bot]"}, "body": "<!-- oarlock:diff -->\nold"});
    github.comments = vec![json!(first), json!([ours])];
    let forge = github.serve();
    let (code, stdout, _) = comment(&forge, |_| {});
    assert_eq!((code, stdout.as_str()), (0, "edited the comment on #7\n"));
    let written = written(&forge);
    assert_eq!(written.len(), 1);
    assert_eq!(
        (written[0].method.as_str(), written[0].target.as_str()),
        ("PATCH", "/repos/us/gitops/issues/comments/77")
    );
    assert_eq!(body(&written[0]), json!({"body": COMMENT}));
}

#[test]
fn a_commit_that_is_no_longer_the_head_gets_no_comment() {
    if !is_testable() {
        return;
    }
    let mut github = GitHub::new();
    github.pulls[2]["head"]["sha"] = json!("e".repeat(40));
    let forge = github.serve();
    let (code, stdout, _) = comment(&forge, |_| {});
    assert_eq!(code, 0);
    assert!(stdout.contains("nothing to comment on"), "{stdout}");
    assert!(written(&forge).is_empty());
}

#[test]
fn an_artefact_is_taken_for_what_a_stranger_made() {
    if !is_testable() {
        return;
    }
    let marked = |size: usize| {
        let mut text = COMMENT.as_bytes().to_vec();
        text.resize(size, b'x');
        text
    };
    let mut noise = vec![0_u8; 2 << 20];
    let mut state = 1_u32;
    for byte in &mut noise {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = state.to_be_bytes()[0];
    }
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("nothing", Vec::new(), "has no comment.md"),
        ("no archive", b"not a zip".to_vec(), "has no comment.md"),
        ("another file", zip(&[("evil.sh", b"echo")]), "has no comment.md"),
        ("a path", zip(&[("../comment.md", COMMENT.as_bytes())]), "has no comment.md"),
        ("an absolute path", zip(&[("/tmp/comment.md", COMMENT.as_bytes())]), "has no comment.md"),
        ("no marker", zip(&[("comment.md", b"### Safe to merge\n")]), "is not by `oarlock diff`"),
        (
            "a marker of another",
            zip(&[("comment.md", b"<!-- oarlock:diff --> x\n")]),
            "is not by `oarlock diff`",
        ),
        ("too large", zip(&[("comment.md", &marked(65_537))]), "is larger than 65536 bytes"),
        (
            "a large archive",
            zip(&[("comment.md", COMMENT.as_bytes()), ("noise", &noise)]),
            "artefact is larger",
        ),
    ];
    for (name, archive, expected) in cases {
        let mut github = GitHub::new();
        github.archive.clone_from(archive);
        let forge = github.serve();
        let (code, _, stderr) = comment(&forge, |_| {});
        assert_eq!(code, 1, "{name}");
        assert!(stderr.contains(expected), "{name}: {stderr}");
        assert!(written(&forge).is_empty(), "{name}");
    }
    // As large as may be, with what is no text.
    let mut github = GitHub::new();
    let mut largest = marked(65_536);
    largest[30_000] = 0xff;
    largest[30_001] = 0;
    github.archive = zip(&[("../x", b"y"), ("comment.md", &largest), ("x/../../y", b"z")]);
    let forge = github.serve();
    assert_eq!(comment(&forge, |_| {}).0, 0);
    assert!(body(&written(&forge)[0])["body"].as_str().unwrap().starts_with(COMMENT));
}

#[test]
fn an_event_that_is_none_asks_nothing() {
    if !is_testable() {
        return;
    }
    for (variable, value) in [
        ("HEAD_SHA", "main"),
        ("HEAD_SHA", ""),
        ("RUN_ID", "1/../2"),
        ("RUN_ID", "1\n2"),
        ("HEAD_REPOSITORY", "stranger"),
        ("HEAD_REPOSITORY", "a/b?c"),
        ("HEAD_BRANCH", "a\nb"),
    ] {
        let forge = GitHub::new().serve();
        let (code, _, stderr) = comment(&forge, |script| {
            script.env(variable, value);
        });
        assert_eq!(code, 1, "{variable}={value:?}");
        assert!(stderr.starts_with("error: the event has "), "{stderr}");
        assert!(forge.requests().is_empty(), "{variable}={value:?}");
    }
}

#[test]
fn a_forge_that_fails_is_an_error() {
    if !is_testable() {
        return;
    }
    let forge = Forge::new(|_| (500, b"{}".to_vec()));
    let (code, stdout, stderr) = comment(&forge, |_| {});
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("GitHub did not answer as it should"), "{stderr}");
    assert!(!stderr.contains("hush"), "{stderr}");
}

#[test]
fn gitlab_has_one_comment_too() {
    if !has_tools(&["curl", "jq"], "comments on GitLab are not tested") {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let directory = out.path().join("it's \"out\"");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("comment.md"), COMMENT).unwrap();
    let gitlab = |notes: Value| {
        Forge::new(move |request| {
            match (request.method.as_str(), request.target.split('?').next().unwrap()) {
                ("GET", "/user") => (200, b"{\"id\": 5}".to_vec()),
                ("GET", "/projects/3/merge_requests/4/notes") => (200, notes.to_string().into_bytes()),
                ("POST" | "PUT", _) => (200, b"{}".to_vec()),
                _ => (404, Vec::new()),
            }
        })
    };
    let comment = |forge: &Forge, iid: &str| {
        let mut script = Command::new(repository().join("ci/gitlab-comment.sh"));
        script
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("CI_API_V4_URL", forge.url())
            .env("CI_PROJECT_ID", "3")
            .env("CI_MERGE_REQUEST_IID", iid)
            .env("OARLOCK_COMMENT_TOKEN", "hush")
            .env("OARLOCK_OUT", &directory);
        run(&mut script)
    };
    let forge = gitlab(json!([{"id": 1, "author": {"id": 6}, "body": COMMENT}]));
    assert_eq!(comment(&forge, "4"), (0, "commented on !4\n".to_owned(), String::new()));
    let request = written(&forge).remove(0);
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/projects/3/merge_requests/4/notes")
    );
    assert_eq!(body(&request), json!({"body": COMMENT}));

    let forge = gitlab(json!([{"id": 9, "author": {"id": 5}, "body": "<!-- oarlock:diff -->\nold"}]));
    assert_eq!(comment(&forge, "4").1, "edited the comment on !4\n");
    let request = written(&forge).remove(0);
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("PUT", "/projects/3/merge_requests/4/notes/9")
    );

    assert_eq!(comment(&forge, "4/../5").0, 1);
    // A link could name a file that the job may not read.
    fs::remove_file(directory.join("comment.md")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", directory.join("comment.md")).unwrap();
    assert_eq!(comment(&forge, "4").2, "error: there is no comment.md\n");
}
