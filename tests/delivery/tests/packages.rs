//! The crates that authors of plugins depend on can be packed for crates.io.

use std::process::Command;

use oarlock_delivery::repository;

#[test]
fn the_sdk_is_packed_with_what_it_needs() {
    let target = tempfile::tempdir().unwrap();
    let packed = Command::new(env!("CARGO"))
        .args(["package", "--no-verify", "--offline", "--allow-dirty", "--target-dir"])
        .arg(target.path())
        .args(["--package", "oarlock-model", "--package", "oarlock-plugin"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    for name in ["oarlock-model", "oarlock-plugin"] {
        let file = format!("{name}-{}.crate", env!("CARGO_PKG_VERSION"));
        let archive = std::fs::read(target.path().join("package").join(&file)).unwrap();
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*archive), &mut text).unwrap();
        let holds = |name: &[u8]| text.windows(name.len()).any(|window| window == name);
        assert!(holds(b"src/lib.rs"), "{file}");
        // The bindings are made of it.
        assert_eq!(holds(b"wit/plugin.wit"), name == "oarlock-plugin", "{file}");
    }
}
