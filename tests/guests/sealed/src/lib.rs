//! A plugin that uses all of WASI that plugins are given, as those of other toolchains do, and
//! tells in a `ConfigMap` what it got.
#![cfg(target_family = "wasm")]

#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic)]
mod bindings {
    wit_bindgen::generate!({
        path: ["../../../wit", "wit/io", "wit/random", "wit/clocks", "wit/cli", "wit/sockets"],
        inline: "
            package oarlock:sealed;
            world sealed {
                include oarlock:plugin/minimum@0.1.3;
                import wasi:cli/environment@0.2.0;
                import wasi:cli/exit@0.2.0;
                import wasi:cli/stdin@0.2.0;
                import wasi:cli/stdout@0.2.0;
                import wasi:cli/stderr@0.2.0;
                import wasi:clocks/monotonic-clock@0.2.0;
                import wasi:clocks/wall-clock@0.2.0;
                import wasi:io/error@0.2.0;
                import wasi:io/poll@0.2.0;
                import wasi:io/streams@0.2.0;
                import wasi:random/random@0.2.0;
                import wasi:sockets/instance-network@0.2.0;
                import wasi:sockets/ip-name-lookup@0.2.0;
                import wasi:sockets/tcp-create-socket@0.2.0;
                import wasi:sockets/udp-create-socket@0.2.0;
            }
        ",
        world: "oarlock:sealed/sealed",
        generate_all,
    });
}

use bindings::oarlock::plugin::report;
use bindings::oarlock::plugin::types::{Descriptor, Failure, Manifest, Request, Stage};
use bindings::wasi::cli::{environment, exit, stderr, stdin, stdout};
use bindings::wasi::clocks::{monotonic_clock, wall_clock};
use bindings::wasi::io::poll::poll;
use bindings::wasi::io::streams::StreamError;
use bindings::wasi::random::random;
use bindings::wasi::sockets::network::{ErrorCode, IpAddressFamily};
use bindings::wasi::sockets::{instance_network, ip_name_lookup, tcp_create_socket, udp_create_socket};

const SECOND: u64 = 1_000_000_000;

struct Sealed;

impl bindings::Guest for Sealed {
    fn describe() -> Descriptor {
        Descriptor {
            name: "sealed".to_owned(),
            version: "0.1.0".to_owned(),
            stage: Stage::Generator,
            summary: "Tells what WASI tells it".to_owned(),
            config_schema: "{}".to_owned(),
        }
    }

    fn detect(_: String) -> Result<bool, Failure> {
        Ok(true)
    }

    fn render(request: Request) -> Result<Vec<Manifest>, Vec<Failure>> {
        let asked = |for_it: &str| request.config.contains(&format!("\"{for_it}\""));
        if asked("exit") {
            say("the reason why it exits\n");
            exit::exit(Err(()));
        }
        if asked("throw") {
            say("Error: thrown\n    at render\n");
            return Err(Vec::new());
        }
        if asked("report-and-fail") {
            report::panicked("what really happened");
            let message = "what it came to".to_owned();
            return Err(vec![Failure { message, hint: None, origin: None, notes: Vec::new() }]);
        }
        if asked("report-and-loop") {
            report::panicked("stuck in a loop");
            while monotonic_clock::now() > 0 {}
        }
        if asked("flood") {
            for _ in 0..10_000 {
                say(&"x".repeat(4_096));
            }
        }
        if asked("zeroes") {
            let _ = stderr::get_stderr().write_zeroes(1 << 40);
        }
        if asked("waits") {
            // None is ever given back.
            loop {
                std::mem::forget(monotonic_clock::subscribe_duration(SECOND));
            }
        }
        if asked("sleeps") {
            // A year, day by day.
            for _ in 0..365 {
                monotonic_clock::subscribe_duration(24 * 3_600 * SECOND).block();
            }
        }
        Ok(vec![manifest(&told())])
    }
}

/// What WASI tells, by name.
fn told() -> Vec<(&'static str, String)> {
    let began = monotonic_clock::now();
    let seconds = wall_clock::now().seconds;
    monotonic_clock::subscribe_duration(5 * SECOND).block();
    let slept = monotonic_clock::now() - began;
    let long = monotonic_clock::subscribe_duration(20 * SECOND);
    let short = monotonic_clock::subscribe_instant(began + 10 * SECOND);
    let ready = [long.ready(), short.ready()];
    let polled = poll(&[&long, &short]);
    let out = stdout::get_stdout();
    let writable = poll(&[&long, &out.subscribe()]);
    let later = wall_clock::now().seconds;

    let written = out.blocking_write_and_flush(b"written to standard output\n").is_ok();
    say("written to standard error");
    let read = match stdin::get_stdin().blocking_read(100) {
        Err(StreamError::Closed) => "closed".to_owned(),
        other => format!("{other:?}"),
    };
    let network = instance_network::instance_network();
    vec![
        ("seconds", seconds.to_string()),
        ("later", later.to_string()),
        ("monotonic", began.to_string()),
        ("slept", slept.to_string()),
        ("ready", format!("{ready:?}")),
        ("polled", format!("{polled:?}")),
        ("writable", format!("{writable:?}")),
        ("written", written.to_string()),
        ("read", read),
        ("random", format!("{:016x}", random::get_random_u64())),
        ("variables", environment::get_environment().len().to_string()),
        ("arguments", environment::get_arguments().len().to_string()),
        ("tcp", denied(tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4).err())),
        ("udp", denied(udp_create_socket::create_udp_socket(IpAddressFamily::Ipv6).err())),
        ("lookup", denied(ip_name_lookup::resolve_addresses(&network, "localhost").err())),
    ]
}

fn say(text: &str) {
    let _ = stderr::get_stderr().blocking_write_and_flush(text.as_bytes());
}

fn denied(error: Option<ErrorCode>) -> String {
    match error {
        Some(ErrorCode::AccessDenied) => "access denied".to_owned(),
        other => format!("{other:?}"),
    }
}

fn manifest(data: &[(&str, String)]) -> Manifest {
    let data: Vec<String> = data.iter().map(|(name, text)| format!("{name:?}:{text:?}")).collect();
    let json = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"sealed"}},"data":{{{}}}}}"#,
        data.join(",")
    );
    Manifest { json, origin: None }
}

#[allow(unsafe_code)]
mod exports {
    use super::{Sealed, bindings};

    bindings::export!(Sealed with_types_in bindings);
}
