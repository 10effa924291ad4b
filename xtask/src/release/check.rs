//! What has to be true before a release.

use anyhow::{Result, bail};

use super::{image, notes, read, version};

/// Fails while a release could not be made; with a tag also if it is not that of this version.
pub(super) fn run(tag: Option<&str>) -> Result<()> {
    let problems = problems(tag)?;
    if problems.is_empty() {
        println!("ready to release {}", version()?);
        return Ok(());
    }
    for problem in &problems {
        eprintln!("error: {problem}");
    }
    bail!(
        "{} before this can be released",
        if problems.len() == 1 { "one thing to do" } else { "things to do" }
    )
}

/// Everything that is missing.
pub(super) fn problems(tag: Option<&str>) -> Result<Vec<String>> {
    let version = version()?;
    let mut problems = Vec::new();
    if let Some(tag) = tag
        && tag != format!("v{version}")
    {
        problems.push(format!("the tag is {tag}, and Cargo.toml has version {version}"));
    }
    if notes::of(&version).is_err() {
        problems.push(format!("CHANGELOG.md has no section `## {version}`: rename `## Unreleased`"));
    }
    for image in image::bases(&read("deploy/Dockerfile")?) {
        if !image::is_pinned(image) {
            problems.push(format!(
                "deploy/Dockerfile: `{image}` has no digest: `cargo xtask release --pin-images` looks it up"
            ));
        }
    }
    Ok(problems)
}
