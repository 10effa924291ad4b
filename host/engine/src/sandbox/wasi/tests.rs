use wasmtime::component::Component;

use super::super::engine::{Engine, Workload};
use super::*;

fn component(engine: &Engine, text: &str) -> Component {
    Component::new(&engine.wasmtime, wat::parse_str(text).unwrap()).unwrap()
}

fn link_all(engine: &Engine, component: &Component) -> Linker<CallState> {
    let mut linker = Linker::<CallState>::new(&engine.wasmtime);
    for (import, item) in component.component_type().imports(&engine.wasmtime) {
        link(&mut linker, import, &item.ty, &engine.wasmtime).unwrap();
    }
    linker
}

#[test]
fn what_is_called_sealed_is_linked() {
    let engine = Engine::new(Workload::Few).unwrap();
    for (name, _) in SEALED {
        for version in ["0.2.0", "0.2.3", "0.2.12"] {
            let component =
                component(&engine, &format!(r#"(component (import "{name}@{version}" (instance)))"#));
            assert!(link_all(&engine, &component).instantiate_pre(&component).is_ok(), "{name}");
        }
    }
}

#[test]
fn functions_on_resources_that_no_plugin_has_are_linked() {
    let engine = Engine::new(Workload::Few).unwrap();
    let component = component(
        &engine,
        r#"(component
            (import "wasi:filesystem/types@0.2.3" (instance $types
                (export "descriptor" (type $descriptor (sub resource)))
                (export "[method]descriptor.sync" (func
                    (param "self" (borrow $descriptor)) (result (result))))))
            (alias export $types "descriptor" (type $descriptor))
            (import "wasi:filesystem/preopens@0.2.3" (instance
                (export "descriptor" (type $d (eq $descriptor)))
                (export "get-directories" (func (result (list (tuple (own $d) string))))))))"#,
    );
    let linker = link_all(&engine, &component);
    linker.instantiate_pre(&component).map(drop).unwrap();
}

#[test]
fn only_this_version_is_sealed() {
    assert!(is_sealed("wasi:io/poll@0.2.12"));
    for import in ["wasi:io/poll", "wasi:io/poll@0.3.0", "wasi:io/polls@0.2.0", "wasi:http/types@0.2.0"] {
        assert!(!is_sealed(import), "{import}");
    }
}
