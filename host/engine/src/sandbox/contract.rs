//! Which contract a component speaks, read before anything is compiled.

use oarlock_plugin::{CONTRACT_SECTION, CONTRACT_VERSION};
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Parser, Payload};

use super::error::SandboxError;
use super::wasi;

/// A version of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u64, u64, u64);

/// The oldest contract whose components still run here.
const OLDEST: Version = Version(0, 1, 0);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let version = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(version)
    }

    fn newest() -> Self {
        Self::parse(CONTRACT_VERSION).unwrap_or(OLDEST)
    }
}

/// Checks that a component speaks a contract that this host serves.
///
/// Components of other toolchains carry no section; for them the versions of their imports and
/// exports decide, which the linker checks.
pub(crate) fn check(plugin: &str, component: &[u8]) -> Result<(), SandboxError> {
    let unreadable = |reason: String| SandboxError::Unloadable { plugin: plugin.to_owned(), reason };
    if !Parser::is_component(component) {
        let reason = if Parser::is_core_wasm(component) {
            "it is a core WebAssembly module, not a component; `wasm-tools component new` makes one of it"
        } else {
            "it is no WebAssembly component"
        };
        return Err(unreadable(reason.to_owned()));
    }
    let Outline { contract: version, imports, .. } =
        outline(component).map_err(|error| unreadable(format!("it is damaged: {error}")))?;
    if let Some(import) = imports.into_iter().find(|import| !is_given(import)) {
        return Err(SandboxError::ForbiddenImport { plugin: plugin.to_owned(), import });
    }
    let Some(text) = version else {
        return Ok(());
    };
    let refuse = |reason, hint: &str| {
        Err(SandboxError::Contract { plugin: plugin.to_owned(), reason, hint: hint.to_owned() })
    };
    let served = format!("{}.{} to {CONTRACT_VERSION}", OLDEST.0, OLDEST.1);
    match Version::parse(&text) {
        None => refuse(format!("names the contract `{text}`, which is no version"), "build it with the SDK"),
        Some(version) if version > Version::newest() => refuse(
            format!("needs contract {text} or newer, this host has {served}"),
            "use a newer oarlock, or build the plugin with an older SDK",
        ),
        Some(version) if version < OLDEST => refuse(
            format!("speaks contract {text}, this host has {served}"),
            "build the plugin with a newer SDK",
        ),
        Some(_) => Ok(()),
    }
}

/// Whether plugins are given an import. Which version of it, the linker decides.
pub(super) fn is_given(import: &str) -> bool {
    import.starts_with("oarlock:plugin/") || wasi::is_sealed(import)
}

/// What is known of a component before it is compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The text of the contract section, wherever in the component's modules it is. Components of
    /// other toolchains than the SDK for Rust have none.
    pub contract: Option<String>,
    /// The names of what the component itself imports, in its order.
    pub imports: Vec<String>,
    /// The names of what the component itself exports, in its order.
    pub exports: Vec<String>,
}

impl Outline {
    /// Reads a component's outline.
    ///
    /// # Errors
    /// If the bytes are no component that can be read; the reason.
    pub fn of(component: &[u8]) -> Result<Self, String> {
        outline(component).map_err(|error| error.to_string())
    }
}

fn outline(component: &[u8]) -> Result<Outline, wasmparser::BinaryReaderError> {
    let mut outline = Outline::default();
    // Components lie within components, and their imports are satisfied there.
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section)
                if section.name() == CONTRACT_SECTION && outline.contract.is_none() =>
            {
                outline.contract = Some(String::from_utf8_lossy(section.data()).into_owned());
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import?;
                    // Types only give names to what the instances beside them hold.
                    if !matches!(import.ty, ComponentTypeRef::Type(_)) {
                        outline.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export?;
                    if !matches!(export.kind, ComponentExternalKind::Type) {
                        outline.exports.push(export.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(outline)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(section: &str) -> Vec<u8> {
        wat::parse_str(format!("(component (core module (@custom \"{CONTRACT_SECTION}\" \"{section}\")))"))
            .unwrap()
    }

    #[test]
    fn serves_its_own_contract_and_components_without_a_section() {
        assert!(check("p", &component(CONTRACT_VERSION)).is_ok());
        assert!(check("p", &wat::parse_str("(component)").unwrap()).is_ok());
    }

    #[test]
    fn refuses_other_contracts_by_a_sentence() {
        for (version, expected) in [
            ("0.4.0", "plugin `p` needs contract 0.4.0 or newer, this host has 0.1 to 0.1.3"),
            ("0.0.9", "plugin `p` speaks contract 0.0.9, this host has 0.1 to 0.1.3"),
            ("new", "plugin `p` names the contract `new`, which is no version"),
        ] {
            let error = check("p", &component(version)).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn looks_at_the_imports_of_the_component_itself() {
        let check = |text: &str| check("p", &wat::parse_str(text).unwrap());
        let error = check(r#"(component (import "wasi:http/types@0.2.3" (instance)))"#).unwrap_err();
        assert!(
            matches!(&error, SandboxError::ForbiddenImport { import, .. } if import == "wasi:http/types@0.2.3"),
            "{error:?}"
        );
        for given in ["wasi:io/streams@0.2.12", "wasi:sockets/tcp@0.2.0", "oarlock:plugin/source@0.1.0"] {
            check(&format!(r#"(component (import "{given}" (instance)))"#)).unwrap();
        }
        // Types are imported, too, where a world uses those of an interface.
        check(
            r#"(component
                (import "oarlock:plugin/types@0.1.0" (instance $types
                    (type $failure (record (field "message" string)))
                    (export "failure" (type (eq $failure)))))
                (alias export $types "failure" (type $failure))
                (import "failure" (type (eq $failure))))"#,
        )
        .unwrap();
        let inner =
            r#"(component (core module) (component (import "acme:any/thing" (instance))) (core module))"#;
        check(inner).unwrap();
    }

    #[test]
    fn refuses_what_is_no_component() {
        let module = check("p", &wat::parse_str("(module)").unwrap()).unwrap_err().to_string();
        assert!(module.contains("core WebAssembly module"), "{module}");
        assert!(check("p", b"kind: Pod").is_err());
    }
}
