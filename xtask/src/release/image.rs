//! The base images of deploy/Dockerfile, by digest.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::read;
use crate::workspace::workspace;

/// The images that stages are from, as they are named, without stages and `scratch`.
pub(super) fn bases(dockerfile: &str) -> Vec<&str> {
    let mut stages = vec!["scratch"];
    let mut bases = Vec::new();
    for line in dockerfile.lines() {
        let words: Vec<&str> = line.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        if let &["FROM", image, ref rest @ ..] = &words[..] {
            if !stages.contains(&image) {
                bases.push(image);
            }
            if let &["AS" | "as", stage] = rest {
                stages.push(stage);
            }
        }
    }
    bases
}

/// Whether an image is named by its content.
pub(super) fn is_pinned(image: &str) -> bool {
    image.split_once("@sha256:").is_some_and(|(name, digest)| {
        !name.is_empty() && digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Looks up the digest of every base image, and writes it into deploy/Dockerfile.
pub(super) fn pin() -> Result<()> {
    let mut text = read("deploy/Dockerfile")?;
    for image in bases(&text).into_iter().map(str::to_owned).collect::<Vec<_>>() {
        let name = image.split_once('@').map_or(image.as_str(), |(name, _)| name).to_owned();
        let output = Command::new("docker")
            .args(["buildx", "imagetools", "inspect", &name, "--format", "{{.Manifest.Digest}}"])
            .output()
            .context("cannot run docker, which looks digests up")?;
        let pinned = format!("{name}@{}", String::from_utf8_lossy(&output.stdout).trim());
        if !output.status.success() || !is_pinned(&pinned) {
            bail!("cannot look up `{name}`: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        println!("{pinned}");
        text = text.replace(&format!(" {image} "), &format!(" {pinned} "));
    }
    std::fs::write(workspace().join("deploy/Dockerfile"), text)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_images_and_not_stages() {
        let digest = "0".repeat(64);
        let file = format!(
            "# FROM none\nFROM --platform=$BUILDPLATFORM rust:1@sha256:{digest} AS build\nFROM debian:12 AS more\nFROM build\nFROM scratch\n"
        );
        let bases = bases(&file);
        assert_eq!(bases, [format!("rust:1@sha256:{digest}").as_str(), "debian:12"]);
        assert_eq!((is_pinned(bases[0]), is_pinned(bases[1])), (true, false));
        assert!(!is_pinned("rust@sha256:123"));
    }
}
