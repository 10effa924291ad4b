//! Remote bases: what stands in for a clone is the copy that the repository keeps.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
#![allow(clippy::unwrap_used)]

use oarlock_kustomize::{Options, build};
use oarlock_plugin::{Failure, MemoryHost, Remotes, TreePath};
use oarlock_yaml::{Dialect, emit};

const REPOSITORY: &str = "https://git.example.com/org/bases?ref=v1";

/// Builds `overlay` with a copy of one repository at `vendor/bases`, and of one file.
fn built(files: &[(&str, &str)]) -> Result<String, Failure> {
    let entry = |url: &str, place: &str| (url.to_owned(), TreePath::new(place).unwrap());
    let host = MemoryHost::new(files.iter().copied()).with_remotes(Remotes::new([
        entry(REPOSITORY, "vendor/bases"),
        entry("https://raw.example.com/org/repo/main/patch.yaml", "vendor/patch.yaml"),
        entry("https://git.example.com/org/gone?ref=v1", "vendor/gone"),
    ]));
    let resources = build(&host, &TreePath::new("overlay").unwrap(), &Options::default())
        .map_err(|failures| failures.into_vec().swap_remove(0))?;
    let texts = resources.iter().map(|resource| emit(&resource.object, Dialect::Kustomize).unwrap());
    Ok(texts.collect::<Vec<_>>().join("---\n"))
}

const OVERLAY: &str = "overlay/kustomization.yaml";
const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

#[test]
fn a_copy_stands_in_for_the_repository() {
    for url in [
        "https://git.example.com/org/bases//web?ref=v1",
        "https://git.example.com/org/bases/web?version=v1&submodules=false",
        "git@git.example.com:org/bases.git//web?ref=v1&timeout=90s",
    ] {
        let overlay = format!("namePrefix: x-\nresources:\n- {url}\n");
        let text = built(&[
            (OVERLAY, &overlay),
            ("vendor/bases/web/kustomization.yaml", "resources:\n- ../common\n"),
            ("vendor/bases/common/kustomization.yaml", "resources:\n- a.yaml\n"),
            ("vendor/bases/common/a.yaml", CONFIG_MAP),
        ]);
        assert_eq!(text.unwrap(), CONFIG_MAP.replace("name: a", "name: x-a"), "{url}");
    }
}

#[test]
fn components_and_patches_may_be_remote() {
    let text = built(&[
        (
            OVERLAY,
            "resources: [a.yaml]\ncomponents: ['https://git.example.com/org/bases//part?ref=v1']\n\
             patches: [path: https://raw.example.com/org/repo/main/patch.yaml]\n",
        ),
        ("overlay/a.yaml", CONFIG_MAP),
        (
            "vendor/bases/part/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -b\n",
        ),
        ("vendor/patch.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"),
    ]);
    assert_eq!(text.unwrap(), "apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\nmetadata:\n  name: a-b\n");
}

#[test]
fn origins_tell_the_repository() {
    let text = built(&[
        (OVERLAY, "buildMetadata: [originAnnotations]\nresources: ['https://git.example.com/org/bases//web?ref=v1']\n"),
        ("vendor/bases/web/kustomization.yaml", "resources: [a.yaml]\nconfigMapGenerator: [{name: made, options: {disableNameSuffixHash: true}}]\n"),
        ("vendor/bases/web/a.yaml", CONFIG_MAP),
    ])
    .unwrap();
    for origin in [
        "      path: web/a.yaml\n      repo: https://git.example.com/org/bases\n      ref: v1\n",
        "      repo: https://git.example.com/org/bases\n      ref: v1\n      configuredIn: web/kustomization.yaml\n      configuredBy:\n",
    ] {
        assert!(text.contains(origin), "{text}");
    }
}

#[test]
fn what_cannot_stand_in_is_told() {
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: &[Case<'_>] = &[
        (
            "resources:\n- https://git.example.com/org/other//web?ref=v2\n",
            &[],
            "`https://git.example.com/org/other//web?ref=v2` is remote, and a render has no network",
            "overlay/kustomization.yaml:2:3",
        ),
        (
            "resources:\n- https://git.example.com/org/gone?ref=v1\n",
            &[],
            "`https://git.example.com/org/gone?ref=v1` should have a copy at `vendor/gone`, and nothing is there",
            "overlay/kustomization.yaml:2:3",
        ),
        (
            "resources:\n- https://git.example.com/org/bases//web?ref=v1\n",
            &[("vendor/bases/web/kustomization.yaml", "resources:\n- ../../../overlay2\n")],
            "`../../../overlay2` leaves the remote repository, whose copy is `vendor/bases`",
            "vendor/bases/web/kustomization.yaml:2:3",
        ),
        (
            "resources:\n- https://git.example.com/org/bases//web?ref=v1\n",
            &[
                ("vendor/bases/web/kustomization.yaml", "resources:\n- ../a.yaml\n"),
                ("vendor/bases/a.yaml", CONFIG_MAP),
            ],
            "the file `../a.yaml` is not in or below `vendor/bases/web`",
            "vendor/bases/web/kustomization.yaml:2:3",
        ),
        (
            "resources:\n- https://git.example.com/org/bases//web?ref=v1\n",
            &[(
                "vendor/bases/web/kustomization.yaml",
                "resources:\n- https://git.example.com/org/bases//web?ref=v1\n",
            )],
            "cycle: `https://git.example.com/org/bases//web?ref=v1` is named by `https://git.example.com/org/bases//web?ref=v1`, which led here",
            "vendor/bases/web/kustomization.yaml:2:3",
        ),
        (
            "resources:\n- https://raw.example.com/org/repo/main/patch.yaml/base\n",
            &[("vendor/patch.yaml", CONFIG_MAP)],
            "`https://raw.example.com/org/repo/main/patch.yaml/base` should have a copy at `vendor/patch.yaml/base`, and nothing is there",
            "overlay/kustomization.yaml:2:3",
        ),
    ];
    for (overlay, files, message, place) in cases {
        let base = [(OVERLAY, *overlay), ("overlay2/kustomization.yaml", "namePrefix: a\n")];
        let files: Vec<_> = base.into_iter().chain(files.iter().copied()).collect();
        let failure = built(&files).unwrap_err();
        assert_eq!(failure.message, *message);
        assert_eq!(failure.origin.map(|origin| origin.to_string()).as_deref(), Some(*place), "{message}");
    }
}

#[test]
fn all_that_lacks_is_told_at_once() {
    let overlay = "resources:\n- github.com/org/a?ref=v1\n- a.yaml\ncomponents:\n- github.com/org/b//c?ref=v1\n\
                   patches:\n- path: https://h.example/p.yaml\n";
    let failure = built(&[(OVERLAY, overlay), ("overlay/a.yaml", CONFIG_MAP)]).unwrap_err();
    assert!(failure.message.starts_with("`github.com/org/a?ref=v1` is remote"), "{failure}");
    assert!(failure.hint.unwrap().contains("`https://github.com/org/a?ref=v1: vendor/github.com/org/a@v1`"));
    assert_eq!(
        failure.notes,
        [
            "so is `github.com/org/b//c?ref=v1` at `overlay/kustomization.yaml:5:3`",
            "so is `https://h.example/p.yaml` at `overlay/kustomization.yaml:7:3`"
        ]
    );
}
