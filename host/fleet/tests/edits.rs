//! Files changed by the library, over the example repository: an image, a move and back, findings.

#![cfg(feature = "render")]
// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use oarlock_engine::pipeline::Renderer;
use oarlock_engine::source::{Directory, Source};
use oarlock_fleet::lint::{Gather, Severity, gather, lint};
use oarlock_fleet::secrets::secrets;
use oarlock_fleet::{FailoverOptions, Filter, Fleet, Root, Settings, World, failover, set_image, workload};
use oarlock_plugin::{Failure, Failures, TreePath};

/// Compiling the plugins takes long enough to do it once.
fn renderer() -> Renderer {
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    RENDERER.get_or_init(|| Renderer::bundled(workload()).unwrap()).clone()
}

fn fleet(tree: &Arc<dyn Source>) -> Result<Fleet, Failure> {
    let renderer = renderer();
    let (project, _) = renderer.project(tree.as_ref(), &TreePath::root()).unwrap();
    let Settings { repositories, options, .. } = Settings::load(tree, &project)?;
    Ok(Fleet::new(renderer, repositories, options).unwrap())
}

fn roots(tree: &Arc<dyn Source>) -> Vec<Root> {
    let (project, _) = renderer().project(tree.as_ref(), &TreePath::root()).unwrap();
    Settings::load(tree, &project).unwrap().roots
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).map(|_| ()).unwrap();
        }
    }
}

/// A copy of the example repository.
fn example() -> (tempfile::TempDir, Arc<dyn Source>) {
    let outer = tempfile::tempdir().unwrap();
    copy(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/gitops"), outer.path());
    let tree = Directory::open(outer.path()).unwrap();
    (outer, Arc::new(tree))
}

fn told(failures: &Failures) -> String {
    failures
        .as_slice()
        .iter()
        .map(|failure| format!("{failure} {:?} {:?}", failure.hint, failure.notes))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn an_image_of_the_example_is_set_on_dev_alone() {
    let (outer, tree) = example();
    let roots = roots(&tree);
    let world = World { tree, roots: &roots, fleet: &fleet, progress: &() };
    let directory = TreePath::new("components/ua/users-v2/overlays/dev").unwrap();
    let image = "registry.example.com/user-office/user-office-web-service:2.33.0".parse().unwrap();
    let set = set_image(&world, directory.as_str(), Some(&directory), &image)
        .unwrap_or_else(|it| panic!("{}", told(&it)));
    let [place] = set.report.places.as_slice() else { panic!("{:?}", set.report.places) };
    assert_eq!(place.origin.to_string(), "components/ua/users-v2/overlays/dev/patch-image.yml:10");
    assert_eq!(place.before, "registry.example.com/user-office/user-office-web-service:2.32.0-rc.4");
    let applications: Vec<String> = set.report.applications.iter().map(ToString::to_string).collect();
    assert_eq!(applications, ["users-v2-dev-v3 on dev-v3"]);
    let file = outer.path().join(&place.origin.file);
    let before = std::fs::read_to_string(&file).unwrap();
    set.changes.write(outer.path()).unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before.replace("2.32.0-rc.4", "2.33.0"));
    let again = set_image(&world, directory.as_str(), Some(&directory), &image).unwrap();
    assert!(again.changes.is_empty());
    let other = "registry.example.com/nobody:1".parse().unwrap();
    let refused = set_image(&world, "users-v2-dev-v3", None, &other).unwrap_err();
    assert!(told(&refused).contains("its images are registry.example.com/user-office"), "{}", told(&refused));
}

#[test]
fn the_example_moves_to_its_fallback_and_back_to_the_same_bytes() {
    let (outer, tree) = example();
    let roots = roots(&tree);
    let world = World { tree, roots: &roots, fleet: &fleet, progress: &() };
    let options = |to: &str| FailoverOptions {
        group: "ua".parse().unwrap(),
        environment: "prod".to_owned(),
        to: to.to_owned(),
        from: None,
        keep: false,
    };
    let there = failover(&world, &options("prod-fallback")).unwrap_or_else(|it| panic!("{}", told(&it)));
    let paths: Vec<&TreePath> = there.changes.paths().collect();
    assert!(paths.len() > 10, "{paths:?}");
    assert_eq!(there.report.moves.len(), paths.len(), "{:?}", there.report.moves);
    assert_eq!(there.report.removals.len(), paths.len(), "{:#?}", there.report.removals);
    assert_eq!(there.report.from, ["prod-v4"]);
    let read = || -> Vec<String> {
        paths.iter().map(|path| std::fs::read_to_string(outer.path().join(path.as_str())).unwrap()).collect()
    };
    let before = read();
    there.changes.write(outer.path()).unwrap();
    assert!(before != read());
    let back = failover(&world, &options("prod-v4")).unwrap_or_else(|it| panic!("{}", told(&it)));
    back.changes.write(outer.path()).unwrap();
    assert_eq!(read(), before);
    let refused = failover(&world, &options("nowhere")).unwrap_err();
    assert!(told(&refused).contains("names the cluster `nowhere`"), "{}", told(&refused));
}

#[test]
fn the_example_has_no_errors_and_its_secrets_are_followed() {
    let (_outer, tree) = example();
    let roots = roots(&tree);
    let fleet = fleet(&tree).unwrap();
    let environments: Vec<_> =
        roots.iter().map(|root| fleet.environment(&root.environment, &root.path)).collect();
    let filter = Filter::default();
    let what = Gather { fleet: &fleet, environments: &environments, filter: &filter, is_whole: true };
    let (input, _) = gather(what, &());
    let report = lint(&input, &[], None);
    let text = oarlock_fleet::lint::output::text(&report);
    eprintln!("{text}");
    assert!(!report.has(Severity::Error), "{text}");
    let secrets = secrets(input.environments.iter().map(|one| (one.name.as_str(), &one.side)));
    let prod = secrets.environments.iter().find(|one| one.name == "prod").unwrap();
    let users =
        prod.vault.iter().find(|secret| secret.destination.name == "user-office-web-service-v2").unwrap();
    assert_eq!(
        (users.mount.as_str(), users.path.as_str()),
        ("users-and-auth", "prod/user-office-web-service")
    );
    assert_eq!(users.consumers[0].keys, ["database-password", "jwt-signing-key"]);
}
