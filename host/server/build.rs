//! Makes Rust of the `.proto` files in `proto/`, without `protoc`.

use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = protox::compile(["plugin.proto", "version.proto"], ["proto"])?;
    // For the reflection service.
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("descriptors.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_client(false)
        .bytes(".plugin.File")
        .btree_map(".repository")
        .compile_fds(files)?;
    Ok(())
}
