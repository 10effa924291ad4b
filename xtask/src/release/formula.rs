//! The Homebrew formula, from its template and the checksums of a release.

use std::path::Path;

use anyhow::{Context, Result};

use super::{read, version};

/// Writes `oarlock.rb` beside the archives and their `SHA256SUMS`.
pub(super) fn write(directory: &Path) -> Result<()> {
    let sums = std::fs::read_to_string(directory.join("SHA256SUMS")).context("cannot read SHA256SUMS")?;
    let formula = fill(&read("deploy/homebrew/oarlock.rb")?, &version()?, &sums)?;
    std::fs::write(directory.join("oarlock.rb"), formula)?;
    Ok(())
}

/// Replaces `@VERSION@`, and `@SHA256:TARGET@` by the checksum of the target's archive.
fn fill(template: &str, version: &str, sums: &str) -> Result<String> {
    let mut text = template.replace("@VERSION@", version);
    while let Some((before, rest)) = text.split_once("@SHA256:") {
        let (target, after) = rest.split_once('@').context("the template has a mark without an end")?;
        let name = format!("oarlock-v{version}-{target}.tar.gz");
        let sum = sums.lines().find_map(|line| line.strip_suffix(&name)?.strip_suffix("  "));
        let sum = sum.with_context(|| format!("SHA256SUMS has no {name}"))?;
        text = format!("{before}{sum}{after}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_has_the_checksums_of_its_archives() {
        let sums = "aa  oarlock-v1.2.3-x.tar.gz\nbb  oarlock-v1.2.3-y.tar.gz\n";
        let filled = fill("v@VERSION@ @SHA256:y@ @SHA256:x@", "1.2.3", sums).unwrap();
        assert_eq!(filled, "v1.2.3 bb aa");
        assert!(fill("@SHA256:z@", "1.2.3", sums).is_err());
    }
}
