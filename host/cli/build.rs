//! How the binary is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=native");
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("ENV") != "musl" {
        return;
    }
    // 65,000 addresses are relative to where the program is loaded. Packed, they take 18 KB and not
    // 1.6 MB, and the process starts sooner. musl, which is linked statically, unpacks them; the
    // glibc of older distributions does not.
    println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    if target("ARCH") == "x86_64" {
        let mut memory = cc::Build::new();
        // Or the compiler would make a call of memcpy out of what memcpy does.
        memory.flag("-fno-builtin").flag_if_supported("-fno-tree-loop-distribute-patterns").opt_level(3);
        memory.file("native/memory.c").compile("oarlock_memory");
    }
}
