//! The directories that a tool renders.

use std::fs;
use std::path::{Path, PathBuf};

use oarlock_fleet::SourceType;

use crate::error::CompareError;
use crate::kind::ToolKind;

/// The most directories that are searched.
const MAX_DIRECTORIES: usize = 100_000;

/// Every kustomization and every chart below a directory, in order. Links are not followed; charts
/// within a chart belong to it.
///
/// # Errors
/// If a directory cannot be listed, or there are too many.
pub(crate) fn find(directory: &Path) -> Result<Vec<(PathBuf, ToolKind)>, CompareError> {
    let (mut found, mut open, mut seen) = (Vec::new(), vec![directory.to_owned()], 0_usize);
    while let Some(directory) = open.pop() {
        seen += 1;
        if seen > MAX_DIRECTORIES {
            return Err(CompareError::TooManyDirectories(MAX_DIRECTORIES));
        }
        let cannot_list = |source| CompareError::List { directory: directory.clone(), source };
        let entries = fs::read_dir(&directory).map_err(cannot_list)?;
        let (mut is_chart, mut is_kustomization, mut below) = (false, false, Vec::new());
        for entry in entries {
            let entry = entry.map_err(cannot_list)?;
            let name = entry.file_name();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                below.push(entry.path());
            } else {
                is_chart |= name == "Chart.yaml";
                is_kustomization |=
                    name.to_str().and_then(SourceType::of_file) == Some(SourceType::Kustomize);
            }
        }
        let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name == ".git");
        let within_chart = |path: &PathBuf| {
            is_chart && path.file_name().is_some_and(|name| name == "charts" || name == "templates")
        };
        below.retain(|path| !hidden(path) && !within_chart(path));
        open.extend(below);
        if is_kustomization {
            found.push((directory.clone(), ToolKind::Kustomize));
        }
        if is_chart {
            found.push((directory, ToolKind::Helm));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_within_a_chart_belong_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for file in [
            "app/kustomization.yml",
            "app/charts/web/kustomization.yaml",
            "both/Kustomization",
            "both/Chart.yaml",
            "both/charts/part/Chart.yaml",
            "both/more/Chart.yaml",
            ".git/kustomization.yaml",
            "plain/deployment.yaml",
        ] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink(root, root.join("plain/loop")).unwrap();
        let found = find(root).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|(path, kind)| (path.strip_prefix(root).unwrap().to_str().unwrap(), *kind))
            .collect();
        let (kustomize, helm) = (ToolKind::Kustomize, ToolKind::Helm);
        let expected = [
            ("app", kustomize),
            ("app/charts/web", kustomize),
            ("both", kustomize),
            ("both", helm),
            ("both/more", helm),
        ];
        assert_eq!(found, expected);
        assert!(find(&root.join("none")).is_err());
    }
}
