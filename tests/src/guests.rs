//! Plugins that are made for the tests.

use std::path::Path;

use oarlock_engine::source::Digest;
use wasmparser::{Parser, Payload};

/// Misbehaves in whichever way its configuration asks for.
pub const HOSTILE: &[u8] = include_bytes!(env!("GUEST_HOSTILE"));

/// Imports WASI, as plugins of other toolchains do, and tells what it got.
pub const SEALED: &[u8] = include_bytes!(env!("GUEST_SEALED"));

/// The smallest plugin, of `examples/plugins`.
pub const HELLO: &[u8] = include_bytes!(env!("GUEST_HELLO"));

/// `hostile` as a file, for the command line.
pub fn hostile() -> &'static Path {
    Path::new(env!("GUEST_HOSTILE"))
}

/// `hello` as a file, for the command line.
pub fn hello() -> &'static Path {
    Path::new(env!("GUEST_HELLO"))
}

/// `pin-images` of `examples/plugins` as a file.
pub fn pin_images() -> &'static Path {
    Path::new(env!("GUEST_PIN_IMAGES"))
}

/// `sealed` as a file, for the command line.
pub fn sealed() -> &'static Path {
    Path::new(env!("GUEST_SEALED"))
}

/// The section `plugins` of an operator's file with a plugin from a file, pinned to what is there
/// now.
///
/// # Panics
/// If the file cannot be read.
pub fn pinned(name: &str, component: &Path) -> String {
    let digest = Digest::of(&std::fs::read(component).expect("a component"));
    format!("plugins:\n  {name}:\n    component: {}\n    digest: sha256:{digest}\n", component.display())
}

/// A component with more in it: core modules, as text or as bytes, each instantiated so many times.
/// Its own work stays what it was.
///
/// # Panics
/// If it is no component, or a module is none.
pub fn crowded(component: &[u8], more: &[(impl AsRef<[u8]>, u32)]) -> Vec<u8> {
    let mut crowded = component.to_vec();
    for (index, (module, count)) in (core_modules(component)..).zip(more) {
        section(&mut crowded, 1, &wat::parse_bytes(module.as_ref()).expect("a module"));
        let mut instances = leb(*count);
        for _ in 0..*count {
            // An instance of a module, without arguments.
            instances.push(0);
            instances.extend(leb(index));
            instances.push(0);
        }
        section(&mut crowded, 2, &instances);
    }
    crowded
}

/// A core module that is hard to compile: so many functions that add to a number, so many times
/// each.
///
/// # Panics
/// If it is too large for a module.
pub fn heavy(functions: u32, additions: usize) -> Vec<u8> {
    // Takes and returns an `i64`.
    let types = [1, 0x60, 1, 0x7e, 1, 0x7e];
    let mut declared = leb(functions);
    declared.resize(declared.len() + functions as usize, 0);
    // No locals; (local.set 0 (i64.mul (i64.add (local.get 0) (i64.load (i32.wrap_i64 (local.get
    // 0)))) (local.get 0))); local.get 0.
    let addition = [0x20, 0, 0x20, 0, 0xa7, 0x29, 3, 0, 0x7c, 0x20, 0, 0x7e, 0x21, 0];
    let mut body = vec![0];
    body.extend(addition.repeat(additions));
    body.extend([0x20, 0, 0x0b]);
    let mut bodies = leb(functions);
    for _ in 0..functions {
        bodies.extend(leb(u32::try_from(body.len()).expect("a function of a size that there may be")));
        bodies.extend(&body);
    }
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    section(&mut module, 1, &types);
    section(&mut module, 3, &declared);
    // One memory of a page.
    section(&mut module, 5, &[1, 0, 1]);
    section(&mut module, 10, &bodies);
    module
}

/// How many core modules the component itself holds.
fn core_modules(component: &[u8]) -> u32 {
    let (mut depth, mut count) = (0, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("a component") {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ModuleSection { .. } if depth == 1 => count += 1,
            _ => {}
        }
    }
    count
}

fn section(component: &mut Vec<u8>, id: u8, content: &[u8]) {
    component.push(id);
    component.extend(leb(u32::try_from(content.len()).expect("a small module")));
    component.extend(content);
}

fn leb(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or(0);
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
