//! The archive that the repo-server would send: what is left out of it, and how much is left.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use oarlock_plugin::TreePath;

use super::applications::PluginUse;
use super::filepath;
use super::objects::{Located, Objects};
use super::renders::ApplicationRender;
use super::switches::{self, EXCLUSIONS, STREAMED};
use crate::finding::{Finding, Findings, count, size};
use oarlock_engine::pipeline::Operator;
use oarlock_engine::source::Directory;

/// What is less is not worth a line in a configuration.
const WORTH_IT: u64 = 1 << 20;

/// Checks what is left out, and the limits on what is left.
pub(super) fn check(
    objects: &Objects,
    tree: &Directory,
    operator: &Operator,
    uses: &[PluginUse<'_>],
    rendered: &[ApplicationRender],
    findings: &mut Findings,
) {
    let patterns = switches::exclusions(objects);
    let mut good = Vec::new();
    for pattern in &patterns {
        match fault(&pattern.text) {
            Some(finding) => findings.add(finding.at(Some(pattern.origin.clone()))),
            None => good.push(pattern),
        }
    }
    let mut wrong = Vec::new();
    for (used, rendered) in uses.iter().zip(rendered) {
        for pattern in &good {
            let is_there = |path: &&TreePath| tree.root().join(path.as_str()).exists();
            let mut paths = rendered.touched.paths().filter(|path| is_excluded(&pattern.text, path));
            let Some(path) = paths.find(is_there) else { continue };
            let message =
                format!("the render reads `{path}`, which `{}` keeps out of the archive", pattern.text);
            let hint = format!("take `{}` out of {EXCLUSIONS}", pattern.text);
            let finding = Finding::fail(used.application.display(), message, hint);
            findings.add(finding.at(Some(pattern.origin.clone())));
            wrong.push(pattern.text.clone());
        }
    }
    let keeps_git_out = patterns.iter().any(|pattern| filepath::matches(&pattern.text, ".git") == Ok(true));
    let origin = patterns.first().map(|one| one.origin.clone());
    if !keeps_git_out {
        let message = "`.git` is sent along: it is most of many repositories, and makes the archive of each checkout another one";
        findings.add(Finding::warn(EXCLUSIONS, message, "exclude `.git`").at(origin));
    } else if good.len() == patterns.len() {
        let all: Vec<&str> = patterns.iter().map(|one| one.text.as_str()).collect();
        findings
            .add(Finding::ok(EXCLUSIONS, format!("`{}` stays out of archives", all.join(";"))).at(origin));
    }
    let kept =
        good.iter().map(|one| one.text.as_str()).filter(|text| !wrong.iter().any(|wrong| wrong == text));
    let git = (!keeps_git_out).then_some(".git");
    let wanted: Vec<&str> = git.into_iter().chain(kept).collect();
    if wanted.len() != patterns.len() || !keeps_git_out {
        findings.set(EXCLUSIONS, wanted.join(";"));
    }
    if !uses.is_empty() {
        let mut sum = Sum::default();
        walk(tree.root(), &TreePath::root(), &good, &mut sum);
        findings.add(measured(operator, &sum));
        findings.add(streamed(objects, &sum));
        unread(&sum, &good, rendered, findings);
    }
}

/// What is wrong with a pattern.
fn fault(pattern: &str) -> Option<Finding> {
    let hint = "patterns are Go's `filepath.Match` on the path from the root, with `;` between them: `.git;docs;*/testdata`";
    let message = if filepath::matches(pattern, "a").is_err() {
        let message = format!("`{pattern}` is no pattern, so the repo-server can send no repository at all");
        return Some(Finding::fail(EXCLUSIONS, message, hint));
    } else if pattern.contains("**") {
        format!("`{pattern}` is `{}`: no star crosses a `/`", pattern.replace("**", "*"))
    } else if pattern.starts_with('/') || pattern.starts_with("./") || pattern.ends_with('/') {
        format!("`{pattern}` matches nothing: paths have no `/` at their ends and no `./`")
    } else if pattern.contains(',') {
        format!("`{pattern}` is one pattern, with a comma in it")
    } else {
        return None;
    };
    Some(Finding::warn(EXCLUSIONS, message, hint))
}

/// Whether a pattern matches a path or a directory that it lies in.
fn is_excluded(pattern: &str, path: &TreePath) -> bool {
    let mut place = Some(path.clone());
    while let Some(here) = place {
        if filepath::matches(pattern, &here) == Ok(true) && !here.is_root() {
            return true;
        }
        place = here.parent();
    }
    false
}

/// What would be sent, beside the limits of the operator's file.
fn measured(operator: &Operator, sum: &Sum) -> Finding {
    const CHECK: &str = "archive";
    let limits = operator.argo_cd.archive;
    let message = format!("{}, {} unpacked", count(sum.entries, "entry"), size(sum.bytes));
    if sum.bytes > limits.unpacked.0 {
        let message = format!("{message}, more than the {} of argocd.archive.unpacked", limits.unpacked);
        return Finding::fail(CHECK, message, format!("exclude more by {EXCLUSIONS}, or raise the limit"));
    }
    if sum.entries > limits.entries {
        let message = format!("{message}, more than the {} of argocd.archive.entries", limits.entries);
        return Finding::fail(CHECK, message, format!("exclude more by {EXCLUSIONS}, or raise the limit"));
    }
    if sum.bytes > operator.argo_cd.tree_cache.0 {
        let message =
            format!("{message}, more than argocd.treeCache keeps, so it is unpacked for every render");
        return Finding::warn(
            CHECK,
            message,
            format!("exclude more by {EXCLUSIONS}, or raise argocd.treeCache"),
        );
    }
    Finding::ok(CHECK, message)
}

/// What may be sent by `argocd app diff --local`, which goes another way.
fn streamed(objects: &Objects, sum: &Sum) -> Finding {
    const DEFAULT: u64 = 1_000_000_000;
    let found = STREAMED.value(objects);
    let limit = found.as_ref().and_then(|found| switches::quantity(&found.text)).unwrap_or(DEFAULT);
    let finding = if sum.bytes > limit {
        let message =
            format!("{} is less than the repository, so `argocd app diff --local` fails", size(limit));
        Finding::warn(
            STREAMED.key,
            message,
            "raise it, and reposerver.streamed.manifest.max.tar.size with it",
        )
    } else {
        Finding::ok(STREAMED.key, format!("{}; `argocd app diff --local` may send so much", size(limit)))
    };
    finding.at(found.map(|found| found.origin))
}

/// Directories at the root that no render reads, if leaving them out is worth it.
fn unread(sum: &Sum, excluded: &[&Located], rendered: &[ApplicationRender], findings: &mut Findings) {
    // What a render that failed would read is not known.
    if rendered.iter().any(|rendered| rendered.manifests.is_err()) {
        return;
    }
    let is_read = |name: &str| {
        let mut paths = rendered.iter().flat_map(|rendered| rendered.touched.paths());
        paths.any(|path| path.parts().next() == Some(name))
    };
    let is_plain = |name: &str| !filepath::is_pattern(name) && !name.contains(';') && name != ".git";
    let large = sum.directories.iter().filter(|(_, bytes)| **bytes >= WORTH_IT / 16);
    let unread = large.filter(|(name, _)| is_plain(name) && !is_read(name));
    let unread: Vec<(&str, u64)> = unread.map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let bytes = unread.iter().map(|(_, bytes)| bytes).sum::<u64>();
    if bytes < WORTH_IT || bytes < sum.bytes / 10 {
        return;
    }
    let names: Vec<&str> = unread.iter().map(|(name, _)| *name).collect();
    let all: Vec<&str> = excluded.iter().map(|one| one.text.as_str()).chain(names.iter().copied()).collect();
    let message = format!("{} of it is in `{}`, which no render reads", size(bytes), names.join("`, `"));
    let hint =
        format!("make {EXCLUSIONS} `{}`, unless Applications that were not given read them", all.join(";"));
    findings.add(Finding::warn("archive", message, hint));
}

#[derive(Default)]
struct Sum {
    entries: u64,
    bytes: u64,
    /// Those at the root, with what is in them.
    directories: BTreeMap<String, u64>,
}

fn walk(root: &Path, place: &TreePath, excluded: &[&Located], sum: &mut Sum) {
    let Ok(entries) = fs::read_dir(root.join(place.as_str())) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (Ok(path), Ok(metadata)) = (place.join(&name), entry.metadata()) else { continue };
        if excluded.iter().any(|pattern| filepath::matches(&pattern.text, &path) == Ok(true)) {
            continue;
        }
        sum.entries += 1;
        if metadata.is_dir() {
            let before = sum.bytes;
            walk(root, &path, excluded, sum);
            if place.is_root() {
                sum.directories.insert(name, sum.bytes - before);
            }
        } else if metadata.is_file() {
            sum.bytes += metadata.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Status;

    #[test]
    fn patterns_that_do_something_else_than_they_look_like_are_told() {
        for (pattern, status, text) in [
            ("docs", None, ""),
            ("*/testdata", None, ""),
            ("[a", Some(Status::Fail), "is no pattern"),
            ("**/testdata", Some(Status::Warn), "`*/testdata`"),
            ("docs/", Some(Status::Warn), "matches nothing"),
            ("/docs", Some(Status::Warn), "matches nothing"),
            (".git,docs", Some(Status::Warn), "with a comma"),
        ] {
            let found = fault(pattern);
            assert_eq!(found.as_ref().map(|found| found.status), status, "{pattern}");
            assert!(found.is_none_or(|found| found.message.contains(text)), "{pattern}");
        }
    }

    #[test]
    fn what_lies_in_an_excluded_directory_is_excluded() {
        let is = |pattern: &str, path: &str| is_excluded(pattern, &TreePath::new(path).unwrap());
        assert!(is("docs", "docs/a/b") && is("*/base", "a/base/k.yaml") && is("a/*.md", "a/b.md"));
        assert!(!is("base", "a/base/k.yaml") && !is("*", "."));
    }
}
