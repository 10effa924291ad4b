//! Assembles the adapter that Go's components are made with.

use std::path::Path;

fn main() {
    let source = "src/build/go/adapter.wat";
    println!("cargo::rerun-if-changed={source}");
    let adapter = match wat::parse_file(source) {
        Ok(adapter) => adapter,
        Err(error) => {
            println!("cargo::error={error}");
            return;
        }
    };
    let Some(folder) = std::env::var_os("OUT_DIR") else {
        println!("cargo::error=no OUT_DIR");
        return;
    };
    if let Err(error) = std::fs::write(Path::new(&folder).join("adapter.wasm"), adapter) {
        println!("cargo::error={error}");
    }
}
