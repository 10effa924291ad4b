//! Turns the tables of facts under `data/` into Rust tables, so that nothing is parsed when the
//! plugin starts.

mod field_specs;

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=data");
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    field_specs::generate(std::path::Path::new("data"), &out.join("field_specs.rs"));
}
