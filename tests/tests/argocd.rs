//! The server for Argo CD, asked by Argo CD's own client: its packages for discovery, packing and
//! streaming.

use std::fs;
use std::os::unix::net::UnixStream;

use oarlock_tests::argocd::Server;
use oarlock_tests::{Run, Tree, guests, repository};
use serde_json::{Value, json};

const PLAIN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// A repository with two applications, both made from one base.
fn tree() -> Tree {
    Tree::with(&[
        ("base/a.yaml", PLAIN),
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("one/kustomization.yaml", "resources: [../base]\nnamePrefix: one-\n"),
        ("two/kustomization.yaml", "resources: [../base]\nnamePrefix: two-\n"),
        ("broken/kustomization.yaml", "resources:\n- missing.yaml\n"),
        ("notes/README", "no manifests\n"),
    ])
}

fn request(tree: &Tree, application: &str, more: &Value) -> Value {
    let mut request = json!({
        "repository": tree.root(), "application": application,
        "environment": ["ARGOCD_APP_NAME=shop", "ARGOCD_APP_SOURCE_REPO_URL=https://git.example.com/a.git"],
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

/// The manifests of an answer as values.
fn manifests(answer: &Value) -> Vec<Value> {
    assert_eq!(answer["code"], "OK", "{answer}");
    let texts = answer["manifests"].as_array().unwrap();
    texts.iter().map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap()).collect()
}

#[track_caller]
fn fails(answer: &Value, code: &str, text: &str) {
    assert_eq!(answer["code"], code, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains(text), "{answer}");
}

#[test]
fn manifests_are_those_of_render() {
    let server = Server::start("");
    let gitops = repository().join("examples/gitops");
    for application in
        ["components/ua/users-v2/overlays/prod", "components/infra/rabbitmq-operators/overlays/dev"]
    {
        let ask = json!({"repository": gitops, "application": application});
        let Some(answers) = server.ask(&[ask]) else { return };
        let rendered =
            Run::new("render --output json").arg(gitops.join(application)).at(&gitops).succeeds().stdout;
        let rendered: Vec<Value> = serde_json::from_str(&rendered).unwrap();
        assert!(!rendered.is_empty());
        assert_eq!(manifests(&answers[0]), rendered);
    }
}

#[test]
fn a_named_plugin_costs_one_upload() {
    let (server, tree) = (Server::start(""), tree());
    let asked = server.ask(&[
        json!({"op": "check"}),
        request(&tree, "one", &json!({"op": "discover"})),
        request(&tree, "one", &json!({"op": "discover", "plugin": ""})),
        request(&tree, "one", &json!({"op": "match"})),
    ]);
    let Some(answers) = asked else { return };
    // Neither discovery nor credentials: what is false is left out.
    assert_eq!(answers[0]["value"], json!({}));
    assert_eq!(answers[1]["value"], true, "a named plugin is taken without a look at the repository");
    assert_eq!(answers[2]["value"], false, "an application that names none is not");
    assert_eq!((&answers[3]["value"], &answers[3]["code"]), (&json!({}), &json!("OK")));
}

#[test]
fn what_is_not_changed_is_not_rendered_again() {
    let (server, tree) = (Server::start(""), tree());
    let ask = |application: &str| server.ask(&[request(&tree, application, &json!({}))]);
    let Some(first) = ask("one") else { return };
    let first = manifests(&first[0]);
    assert_eq!(first[0]["metadata"]["name"], "one-a");
    assert_eq!(manifests(&ask("one").unwrap()[0]), first);
    tree.write("two/kustomization.yaml", "resources: [../base]\nnamePrefix: second-\n");
    assert_eq!(manifests(&ask("one").unwrap()[0]), first);
    assert_eq!(server.origins(), ["plugins", "archive", "reads"]);
    // A look-up that found nothing counts as well as a file that was read.
    tree.write("one/oarlock.yaml", "plugins:\n  sync-wave:\n    config:\n      explain: true\n");
    assert_ne!(manifests(&ask("one").unwrap()[0]), first);
    tree.write("base/a.yaml", PLAIN.replace("name: a", "name: b"));
    assert_eq!(manifests(&ask("one").unwrap()[0])[0]["metadata"]["name"], "one-b");
    assert_eq!(server.origins()[3..], ["plugins", "plugins"]);
}

#[test]
fn an_error_stands_alone() {
    let (server, tree) = (Server::start(""), tree());
    let asked = server.ask(&[
        request(&tree, "broken", &json!({})),
        request(&tree, "notes", &json!({})),
        request(&tree, "nowhere", &json!({})),
        request(&tree, "one", &json!({})),
    ]);
    let Some(answers) = asked else { return };
    fails(&answers[0], "FailedPrecondition", "application `shop`: broken/kustomization.yaml:2:3: ");
    fails(&answers[0], "FailedPrecondition", "(plugin `kustomize`)");
    fails(&answers[1], "FailedPrecondition", "application `shop`: ");
    fails(&answers[2], "FailedPrecondition", "application `shop`: ");
    assert_eq!(answers[3]["failed"], 0);
}

#[test]
fn a_broken_stream_is_told_and_the_next_one_served() {
    let (server, tree) = (Server::start(""), tree());
    let broken = [
        ("no-metadata", "InvalidArgument", "a piece of the repository comes before the metadata"),
        ("metadata-twice", "InvalidArgument", "it has metadata twice"),
        ("nothing", "InvalidArgument", "a message is neither metadata nor a piece of the repository"),
        ("wrong-checksum", "InvalidArgument", "it was changed or cut off on the way"),
        ("truncated", "InvalidArgument", "it was changed or cut off on the way"),
        ("wrong-size", "InvalidArgument", "bytes, announced were"),
        ("climbing", "FailedPrecondition", "`../../etc` climbs out of the repository"),
        // What the client itself says.
        ("leave", "Unknown", "left in the middle"),
    ];
    // Something that does not pack well, so that there are several chunks.
    let noise: Vec<u8> = (0..40_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    tree.write("noise", noise);
    let requests: Vec<Value> =
        broken.iter().map(|(how, _, _)| request(&tree, "one", &json!({"break": how}))).collect();
    let Some(answers) = server.ask(&requests) else { return };
    for ((_, code, text), answer) in broken.iter().zip(&answers) {
        fails(answer, code, text);
    }
    assert_eq!(server.ask(&[request(&tree, "one", &json!({}))]).unwrap()[0]["failed"], 0);
}

#[test]
fn a_client_that_is_slow_ends_at_its_deadline() {
    let (server, tree) = (Server::start(""), tree());
    let Some(answers) = server.ask(&[
        request(&tree, "one", &json!({"break": "slow", "timeoutMs": 1000})),
        request(&tree, "one", &json!({})),
    ]) else {
        return;
    };
    assert_eq!(answers[0]["failed"], 1);
    assert!(server.log().contains("s that the client waits are over, and"), "{}", server.log());
    assert_eq!(answers[1]["failed"], 0);
}

#[test]
fn a_plugin_without_end_is_ended_with_the_request() {
    let tree = tree();
    fs::write(tree.outside().join("hostile.wasm"), guests::HOSTILE).unwrap();
    let component = tree.outside().join("hostile.wasm");
    let operator = guests::pinned("hostile", &component);
    let server = Server::start(&operator);
    tree.write(
        "spin/oarlock.yaml",
        "pipeline: [hostile]\nplugins:\n  hostile:\n    config:\n      behave: loop\n",
    );
    let Some(answers) = server.ask(&[
        request(&tree, "spin", &json!({"timeoutMs": 1500, "count": 8, "parallel": 8})),
        request(&tree, "one", &json!({"timeoutMs": 5000})),
    ]) else {
        return;
    };
    fails(&answers[0], "DeadlineExceeded", "s that the client waits");
    assert_eq!(answers[0]["failed"], 8);
    assert_eq!(answers[1]["failed"], 0, "the threads are free again: {}", answers[1]);
}

#[test]
fn many_at_once_get_what_is_theirs() {
    let (server, tree) = (Server::start(""), tree());
    let many = |application: &str| request(&tree, application, &json!({"count": 100, "parallel": 16}));
    let Some(answers) = server.ask(&[many("one"), many("two")]) else { return };
    for (answer, name) in answers.iter().zip(["one-a", "two-a"]) {
        assert_eq!(answer["failed"], 0, "{answer}");
        assert_eq!(manifests(answer)[0]["metadata"]["name"], name);
    }
}

#[test]
fn links_inside_are_followed_and_others_refused() {
    let server = Server::start("");
    let tree = tree().link("linked", "one").file("out/kustomization.yaml", "resources: [secret.yaml]\n");
    fs::write(tree.outside().join("secret.yaml"), PLAIN).unwrap();
    let tree = tree.link("out/secret.yaml", "../../secret.yaml").link("odd", "/etc");
    let Some(answers) =
        server.ask(&[request(&tree, "linked", &json!({})), request(&tree, "out", &json!({}))])
    else {
        return;
    };
    assert_eq!(manifests(&answers[0])[0]["metadata"]["name"], "one-a");
    fails(&answers[1], "FailedPrecondition", "leads out of the repository through a link");
}

#[test]
fn a_repository_of_200_megabytes_comes_through() {
    let (server, tree) = (Server::start(""), tree());
    // Half of it does not pack at all.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.rotate_right(17).to_le_bytes()
    })
    .take((1 << 20) / 8)
    .flatten()
    .collect();
    for number in 0_u8..100 {
        // Each begins otherwise, so that none is the same as another.
        tree.write(&format!("pictures/{number}"), [&[number; 64][..], &noise].concat());
        tree.write(&format!("texts/{number}"), "all the same\n".repeat((1 << 20) / 13));
    }
    let Some(answers) = server.ask(&[request(&tree, "one", &json!({"count": 2}))]) else { return };
    assert_eq!((&answers[0]["failed"], manifests(&answers[0]).len()), (&json!(0), 1));
}

#[test]
fn discovery_claims_what_its_rules_say() {
    let tree = tree();
    for (rule, claimed) in [
        ("generators: true", [true, false]),
        ("fileName: kustom*.yaml", [true, false]),
        ("glob: '**/README'", [false, true]),
    ] {
        let server = Server::start(&format!("argocd:\n  discovery:\n    {rule}\n"));
        let ask =
            |application, plugin| request(&tree, application, &json!({"op": "discover", "plugin": plugin}));
        let asked = server.ask(&[
            ask("one", ""),
            ask("notes", ""),
            ask("one", "oarlock"),
            request(&tree, "notes", &json!({"op": "match"})),
        ]);
        let Some(answers) = asked else { return };
        assert_eq!(
            [&answers[0]["value"], &answers[1]["value"]],
            [&json!(claimed[0]), &json!(claimed[1])],
            "{rule}"
        );
        assert_eq!(answers[2]["value"], claimed[0], "{rule}");
        assert_eq!(answers[3]["code"], "OK", "what nothing claims is no error");
        assert_eq!(answers[3]["value"]["isDiscoveryEnabled"], true);
    }
}

#[test]
fn parameters_are_announced_and_set_configuration() {
    let tree = tree();
    let server = Server::start(
        "argocd:\n  parameters:\n  - name: explain\n    title: Explain waves\n    itemType: boolean\n    plugin: sync-wave\n    key: explain\n",
    );
    let set = |parameters: &str| {
        let environment = [format!("ARGOCD_APP_PARAMETERS={parameters}"), "ARGOCD_APP_NAME=shop".to_owned()];
        request(&tree, "one", &json!({"environment": environment}))
    };
    let Some(answers) = server.ask(&[
        request(&tree, "one", &json!({"op": "parameters"})),
        set(r#"[{"name":"explain","string":"true"}]"#),
        set(r#"[{"name":"explian","string":"true"}]"#),
        set("null"),
    ]) else {
        return;
    };
    assert_eq!(answers[0]["value"][0]["name"], "explain");
    assert_eq!(answers[0]["value"][0]["title"], "Explain waves");
    assert_eq!(answers[0]["value"][0]["itemType"], "boolean");
    let rule = |answer: &Value| {
        manifests(answer)[0]["metadata"]["annotations"]["oarlock.dev/sync-wave-rule"].clone()
    };
    assert!(rule(&answers[1]).is_string());
    fails(
        &answers[2],
        "FailedPrecondition",
        "there is no parameter `explian`\n  help: did you mean `explain`?",
    );
    assert!(rule(&answers[3]).is_null());
}

#[test]
fn plugins_tell_their_own_parameters() {
    let (server, tree) = (Server::start(""), tree());
    let set = |parameters: &str| {
        let environment = [format!("ARGOCD_APP_PARAMETERS={parameters}"), "ARGOCD_APP_NAME=shop".to_owned()];
        request(&tree, "one", &json!({"environment": environment}))
    };
    let Some(answers) = server.ask(&[
        request(&tree, "one", &json!({"op": "parameters"})),
        set(r#"[{"name":"name-prefix","string":"set-"}]"#),
        set(r#"[{"name":"name-prefx","string":"set-"}]"#),
    ]) else {
        return;
    };
    let announced = answers[0]["value"].as_array().unwrap();
    let prefix = announced.iter().find(|parameter| parameter["name"] == "name-prefix").unwrap();
    assert_eq!((&prefix["string"], &prefix["title"]), (&json!("one-"), &json!("Name prefix")));
    assert_eq!(manifests(&answers[1])[0]["metadata"]["name"], "set-a");
    fails(
        &answers[2],
        "FailedPrecondition",
        "there is no parameter `name-prefx`\n  help: did you mean `name-prefix`?",
    );
}

#[test]
fn facts_of_clusters_are_kept_for_offline_renders() {
    let (server, tree) = (Server::start(""), tree());
    let facts = || Run::new("facts").arg(server.http());
    let nothing = facts().within(&tree).ends_with(2).prints("");
    nothing
        .tells_one_error("error: Argo CD has not asked for any Application yet; refresh one, and try again");
    let of = |name: &str, version: &str| {
        let environment = [
            format!("ARGOCD_APP_NAME={name}"),
            format!("KUBE_VERSION={version}"),
            "KUBE_API_VERSIONS=apps/v1,apps/v1/Deployment,v1".to_owned(),
        ];
        request(&tree, "one", &json!({"environment": environment}))
    };
    if server.ask(&[of("shop", "1.33.1")]).is_none() {
        return;
    }
    let told = "apiVersions:\n- apps/v1\n- apps/v1/Deployment\n- v1\nkubeVersion: 1.33.1\n";
    facts().within(&tree).succeeds().prints(told);
    server.ask(&[of("mail", "1.34.0")]).unwrap();
    let ran = facts().within(&tree).ends_with(2).prints("");
    ran.tells_one_error(
        "error: there are 2 clusters: say by --application which one, for example `shop` (1.33.1) or `mail` (1.34.0)",
    );
    facts().arg("--application").arg("shop").within(&tree).succeeds().prints(told);
}

#[test]
fn a_server_comes_and_goes_with_its_socket() {
    let server = Server::start("");
    let socket = server.socket();
    assert!(UnixStream::connect(&socket).is_ok());
    // A second one would take the first one's place.
    let other = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(&socket, other.path().join("elsewhere")).unwrap();
    let status = Run::new("serve --socket-dir").arg(socket.parent().unwrap()).at(other.path()).ends_with(2);
    assert!(status.stderr.contains("another server listens on"), "{}", status.stderr);
    assert!(UnixStream::connect(&socket).is_ok(), "the first one still listens");
    let directory = server.end();
    assert!(!socket.exists());
    // What a server that was killed left.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    let server = Server::start_in(directory, "");
    assert!(UnixStream::connect(server.socket()).is_ok());
    let directory = server.end();
    fs::write(directory.path().join("oarlock.sock"), "no socket").unwrap();
    let mut child = Server::spawn(directory.path(), "");
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert_eq!(fs::read_to_string(directory.path().join("oarlock.sock")).unwrap(), "no socket");
}
