//! Whether a directory holds plain manifests.

use oarlock_plugin::{Entry, Host, Kind, Result, TreePath};

use crate::encoding;
use crate::walk::{Format, is_marked};

/// Whether a directory holds a file that looks like a manifest, and nothing that makes it a
/// kustomization or a chart.
///
/// Argo CD takes every directory that is neither; but one without a manifest renders to nothing,
/// which nobody wants claimed. Nor are a chart's templates plain manifests, although they look it.
pub(crate) fn detect(host: &dyn Host, directory: &TreePath) -> Result<bool> {
    let entries = host.list(directory).map_err(|error| error.at(directory))?;
    let files: Vec<&Entry> = entries.iter().filter(|entry| entry.kind == Kind::File).collect();
    if files.iter().any(|file| is_anothers(&file.name)) || is_in_chart(host, directory) {
        return Ok(false);
    }
    for file in files {
        let Some(format) = Format::of(&file.name) else { continue };
        let path = format!("{directory}/{}", file.name);
        let content = host.read(&path).map_err(|error| error.at(&path))?;
        if looks_like_manifest(format, &content) && !is_marked(&content) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The names by which Argo CD knows kustomizations and charts; the latter may have something before
/// `Chart.yaml`.
fn is_anothers(name: &str) -> bool {
    matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization")
        || name.ends_with("Chart.yaml")
}

fn is_in_chart(host: &dyn Host, directory: &TreePath) -> bool {
    let chart = directory.parent().and_then(|parent| parent.join("Chart.yaml").ok());
    directory.file_name() == Some("templates") && chart.is_some_and(|chart| host.stat(&chart).is_ok())
}

fn looks_like_manifest(format: Format, content: &[u8]) -> bool {
    let text = encoding::text(content);
    let all = |words: [&str; 2]| words.iter().all(|word| text.contains(word));
    match format {
        // Only a claimed directory can say that Jsonnet is not rendered.
        Format::Jsonnet => true,
        Format::Json => all(["\"apiVersion\"", "\"kind\""]),
        Format::Yaml => all(["apiVersion", "kind"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oarlock_plugin::MemoryHost;

    const POD: &str = "apiVersion: v1\nkind: Pod\n";

    #[test]
    fn claims_directories_of_plain_manifests() {
        for (files, expected) in [
            (&[("app/pod.yaml", POD)][..], true),
            (&[("app/pod.json", r#"{"apiVersion":"v1","kind":"Pod"}"#)], true),
            (&[("app/pod.jsonnet", "{}")], true),
            (&[("app/values.yaml", "replicas: 1"), ("app/pod.yml", POD)], true),
            (&[("app/values.yaml", "replicas: 1")], false),
            (&[("app/pod.yaml", "# +argocd:skip-file-rendering\napiVersion: v1\nkind: Pod\n")], false),
            (&[("app/README.md", POD)], false),
            (&[("app/below/pod.yaml", POD)], false),
            (&[("app/pod.yaml", POD), ("app/kustomization.yaml", "")], false),
            (&[("app/pod.yaml", POD), ("app/kustomization.yml", "")], false),
            (&[("app/pod.yaml", POD), ("app/Kustomization", "")], false),
            (&[("app/pod.yaml", POD), ("app/Chart.yaml", "")], false),
            (&[("app/pod.yaml", POD), ("app/below/Chart.yaml", "")], true),
        ] {
            let host = MemoryHost::new(files.iter().copied());
            assert_eq!(detect(&host, &TreePath::new("app").unwrap()), Ok(expected), "{files:?}");
        }
    }

    #[test]
    fn leaves_the_templates_of_a_chart_alone() {
        let host = MemoryHost::new([
            ("c/Chart.yaml", ""),
            ("c/templates/pod.yaml", POD),
            ("d/templates/pod.yaml", POD),
        ]);
        assert_eq!(detect(&host, &TreePath::new("c/templates").unwrap()), Ok(false));
        assert_eq!(detect(&host, &TreePath::new("d/templates").unwrap()), Ok(true));
    }
}
