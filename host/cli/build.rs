//! How the binary is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // 65,000 addresses are relative to where the program is loaded. Packed, they take 18 KB and not
    // 1.6 MB, and the process starts sooner. musl, which is linked statically, unpacks them; the
    // glibc of older distributions does not.
    if std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "musl") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
