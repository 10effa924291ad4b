//! Plugins in a real registry: pushed, pulled, signed, with a password, and over a network that
//! fails.

// What cannot be set up should fail right there.
#![allow(clippy::unwrap_used)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use oarlock_distribution::{
    About, Access, Artifact, ArtifactManifest, ArtifactSource, Descriptor, Error, Layout, MANIFEST, Origin,
    Packed, Policy, Reference, Store, Which, count_signatures, open,
};
use oarlock_model::Digest;
use support::{AUTH, Faulty, Registry};

/// Large enough to be cut in the middle.
fn component() -> Vec<u8> {
    (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect()
}

fn pack(component: &[u8]) -> Packed {
    let imports = ["oarlock:plugin/types@0.1.2".to_owned()];
    let about = About { name: "hello", version: "1.0.0", imports: &imports, ..About::default() };
    Packed::new(component, &about).unwrap()
}

fn reference(port: u16, tag: &str) -> Reference {
    format!("oci://127.0.0.1:{port}/plugins/hello:{tag}").parse().unwrap()
}

fn push(reference: &Reference, component: &[u8]) -> Result<Digest, Error> {
    let packed = pack(component);
    packed.push(open(reference, Access::Push).as_mut(), component, reference.tag.as_deref())?;
    Ok(packed.digest())
}

fn pull(reference: &Reference) -> Result<(Digest, Vec<u8>), Error> {
    let mut store = open(reference, Access::Pull);
    let artifact = Artifact::find(store.as_mut(), reference)?;
    Ok((artifact.digest, artifact.component(store.as_mut())?))
}

#[test]
fn what_is_pushed_is_pulled_by_tag_and_by_digest() {
    let Some(registry) = Registry::start(false) else { return };
    let reference = reference(registry.port, "1.0.0");
    assert!(matches!(pull(&reference), Err(Error::NotFound(_))));
    let component = component();
    let digest = push(&reference, &component).unwrap();
    // Nothing in it is of the moment.
    assert_eq!(push(&reference, &component).unwrap(), digest);
    assert_eq!(pull(&reference).unwrap(), (digest, component.clone()));
    assert_eq!(pull(&reference.clone().pinned(digest)).unwrap(), (digest, component));
    let other = push(&reference, b"another").unwrap();
    assert_eq!(pull(&reference).unwrap(), (other, b"another".to_vec()));
    assert_eq!(pull(&reference.clone().pinned(digest)).unwrap().0, digest);
    let absent = reference.pinned(Digest::of(b"absent"));
    assert!(matches!(pull(&absent), Err(Error::NotFound(_))), "{:?}", pull(&absent));
}

#[test]
fn an_artifact_goes_to_a_directory_and_back_with_what_refers_to_it() {
    let Some(registry) = Registry::start(false) else { return };
    let there = reference(registry.port, "1.0.0");
    let digest = push(&there, b"component").unwrap();
    let mut store = open(&there, Access::Push);
    let artifact = Artifact::find(store.as_mut(), &there).unwrap();
    store.put_blob(b"bundle").unwrap();
    store.put_blob(b"{}").unwrap();
    let bundle = ArtifactManifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        config: Descriptor::of("application/vnd.oci.empty.v1+json", b"{}"),
        layers: vec![Descriptor::of("application/vnd.dev.sigstore.bundle.v0.3+json", b"bundle")],
        subject: Some(Descriptor::of(MANIFEST, &artifact.manifest)),
        ..ArtifactManifest::default()
    };
    let bundle = serde_json::to_vec(&bundle).unwrap();
    store.put_manifest(None, &bundle).unwrap();
    // Once more: it is listed once.
    store.put_manifest(None, &bundle).unwrap();
    assert_eq!(count_signatures(store.as_mut(), &artifact).unwrap(), 1);

    let outer = tempfile::tempdir().unwrap();
    let mut layout = Layout::new(outer.path());
    artifact.copy(store.as_mut(), &mut layout, Some("kept")).unwrap();
    assert_eq!(layout.manifest(&Which::Tag("kept".to_owned())).unwrap(), artifact.manifest);
    assert_eq!(count_signatures(&mut layout, &artifact).unwrap(), 1);

    let back = reference(registry.port, "back");
    let mut store = open(&back, Access::Push);
    artifact.copy(&mut layout, store.as_mut(), Some("back")).unwrap();
    assert_eq!(pull(&back).unwrap(), (digest, b"component".to_vec()));
}

#[test]
fn a_password_is_taken_from_dockers_configuration() {
    let Some(registry) = Registry::start(true) else { return };
    let outer = tempfile::tempdir().unwrap();
    for (name, script) in [
        ("good", "cat > \"${0%/*}/server\"; echo '{\"Username\": \"author\", \"Secret\": \"U*U\"}'"),
        ("empty", "echo credentials not found in native keychain; exit 1"),
        ("locked", "echo the keychain is locked; exit 1"),
    ] {
        let file = outer.path().join(format!("docker-credential-{name}"));
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let search = format!("{}:{}", outer.path().display(), std::env::var("PATH").unwrap());
    let host = format!("127.0.0.1:{}", registry.port);
    let inside = |config: &str, expected: &str| {
        std::fs::write(outer.path().join("config.json"), config.replace("HOST", &host)).unwrap();
        // The environment is that of a process, so another one runs the test of what happens then.
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "inside_a_private_registry", "--ignored"]);
        test.env("DOCKER_CONFIG", outer.path()).env("HELM_REGISTRY_CONFIG", outer.path().join("none"));
        test.env("PATH", &search);
        test.env("PRIVATE_REGISTRY", registry.port.to_string()).env("PRIVATE_REGISTRY_ANSWERS", expected);
        let ran = test.output().unwrap();
        assert!(
            ran.status.success(),
            "{config}: {}{}",
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr)
        );
    };
    let auths = |auth: &str| format!(r#""auths": {{"HOST": {{"auth": "{auth}"}}}}"#);
    let (right, wrong) = (auths(AUTH), auths("d3Jvbmc6d3Jvbmc="));
    inside(&format!("{{{right}}}"), "open");
    inside(&format!("{{{wrong}}}"), "refused");
    inside("{}", "refused");
    // Programs that keep credentials.
    inside(r#"{"credsStore": "good"}"#, "open");
    assert_eq!(std::fs::read_to_string(outer.path().join("server")).unwrap(), host);
    inside(&format!(r#"{{"credHelpers": {{"HOST": "good"}}, "credsStore": "absent", {wrong}}}"#), "open");
    inside(&format!(r#"{{"credsStore": "empty", {right}}}"#), "open");
    inside(r#"{"credsStore": "empty"}"#, "refused");
    inside(&format!(r#"{{"credsStore": "locked", {right}}}"#), "the keychain is locked");
    inside(r#"{"credsStore": "absent"}"#, "there is no such program on the path");
    inside(r#"{"credsStore": "../good"}"#, "the name of a helper has letters");
}

#[test]
#[ignore = "run by the test above, with another environment"]
fn inside_a_private_registry() {
    let port = std::env::var("PRIVATE_REGISTRY").unwrap().parse().unwrap();
    let reference = reference(port, "1.0.0");
    match std::env::var("PRIVATE_REGISTRY_ANSWERS").unwrap().as_str() {
        "open" => {
            let digest = push(&reference, b"component").unwrap();
            assert_eq!(pull(&reference).unwrap().0, digest);
        }
        "refused" => {
            let pulled = pull(&reference);
            assert!(matches!(pulled, Err(Error::Status { status: 401, .. })), "{pulled:?}");
            let error = push(&reference, b"component").unwrap_err();
            assert!(matches!(error, Error::Refused { status: 401, .. }), "{error:?}");
            assert!(error.hint().unwrap().contains("docker login"));
        }
        reason => {
            for error in [pull(&reference).unwrap_err(), push(&reference, b"component").unwrap_err()] {
                assert!(matches!(error, Error::Credentials { .. }), "{error:?}");
                let start =
                    format!("cannot get the credentials for `127.0.0.1:{port}` from `docker-credential-");
                assert!(error.to_string().starts_with(&start), "{error}");
                assert!(error.to_string().contains(reason), "{error}");
            }
        }
    }
}

#[test]
fn a_connection_that_breaks_off_is_tried_again() {
    let Some(registry) = Registry::start(false) else { return };
    let component = component();
    // In the middle of the component, in the first words, and at once.
    for bytes in [200_000, 20, 1] {
        let network = Faulty::start(registry.port, 2, bytes);
        let reference = reference(network.port, "1.0.0");
        let digest = push(&reference, &component).unwrap();
        assert_eq!(network.cut(), 2);
        let network = Faulty::start(registry.port, 2, bytes);
        let reference = self::reference(network.port, "1.0.0");
        assert_eq!(pull(&reference).unwrap(), (digest, component.clone()));
        assert_eq!(network.cut(), 2);
    }
}

#[test]
fn what_fails_in_the_middle_leaves_nothing() {
    let Some(registry) = Registry::start(false) else { return };
    let component = component();
    let network = Faulty::start(registry.port, usize::MAX, 200_000);
    let broken = reference(network.port, "1.0.0");
    let error = push(&broken, &component).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    let whole = reference(registry.port, "1.0.0");
    assert!(matches!(pull(&whole), Err(Error::NotFound(_))));

    let digest = push(&whole, &component).unwrap();
    let outer = tempfile::tempdir().unwrap();
    let kept = outer.path().join("kept");
    let source = |reference: &Reference, is_online| ArtifactSource {
        origin: Origin::Artifact(reference.clone()),
        policy: Policy { digest: Some(digest), ..Policy::default() },
        kept: Some(kept.clone()),
        is_online,
    };
    let error = source(&broken, true).bring().unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(Layout::new(&kept).manifest(&Which::Digest(digest)).is_err());
    assert!(files(&kept).is_empty(), "{:?}", files(&kept));

    // What is fetched is kept, and needs no registry any more.
    assert!(matches!(source(&whole, false).bring(), Err(Error::Offline { .. })));
    let brought = source(&whole, true).bring().unwrap();
    assert_eq!((brought.bytes, brought.digest, brought.trust.as_str()), (component, digest, "digest"));
    drop(registry);
    assert_eq!(source(&whole, false).bring().unwrap().digest, digest);
}

/// The files below a directory.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}
