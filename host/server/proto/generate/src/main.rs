//! Makes Rust of the `.proto` files above, without `protoc`: `cargo xtask proto` runs this.

use std::error::Error;
use std::fs;
use std::path::Path;

use prost::Message as _;
use sha2::{Digest as _, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    let sources = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let generated = sources.join("generated");
    let files = protox::compile(["plugin.proto", "version.proto"], [sources])?;
    // For the reflection service.
    fs::write(generated.join("descriptors.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_client(false)
        .bytes(".plugin.File")
        .btree_map(".repository")
        .out_dir(&generated)
        .compile_fds(files)?;
    // For the test that the generated files are those of the sources.
    let mut digests = String::new();
    for name in ["plugin.proto", "repository.proto", "version.proto"] {
        let digest = Sha256::digest(fs::read(sources.join(name))?);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        digests.push_str(&format!("{hex}  {name}\n"));
    }
    fs::write(generated.join("sources.sha256"), digests)?;
    Ok(())
}
