//! Requests that do not keep to the protocol.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use oarlock_tests::wire::{Answer, Call, File, Message, Part, messages};
use tonic::Code;

use crate::serve::{Served, application, fails, metadata, run};

/// A request of which a test changes something.
fn request() -> Vec<Message> {
    messages(&application("request").gzip(), "app")
}

#[test]
fn what_is_wrong_with_a_request_is_told() {
    let served = Served::start("");
    let with = |change: fn(&mut Vec<Message>)| {
        let mut request = request();
        change(&mut request);
        request
    };
    let cases = [
        (with(Vec::clear), "it has no metadata"),
        (with(|request| drop(request.remove(0))), "a piece of the repository comes before the metadata"),
        (with(|request| request.swap(0, 1)), "a piece of the repository comes before the metadata"),
        (with(|request| request.insert(1, request[0].clone())), "it has metadata twice"),
        (with(|request| request.push(request[0].clone())), "it has metadata twice"),
        (with(|request| request.push(Message::default())), "neither metadata nor a piece"),
        (with(|request| metadata(request).checksum = "0".repeat(64)), "it was changed or cut off on the way"),
        (with(|request| metadata(request).checksum.clear()), "it was changed or cut off on the way"),
        (
            with(|request| metadata(request).checksum = "ä".repeat(999)),
            "it was changed or cut off on the way",
        ),
        (with(|request| request.truncate(1)), "it was changed or cut off on the way"),
        (with(|request| metadata(request).size += 1), "announced were"),
        (with(|request| metadata(request).size = -1), "announced were -1"),
    ];
    for (request, text) in cases {
        fails(&served.ask(&request), Code::InvalidArgument, text);
    }
    let outside = with(|request| metadata(request).directory = "../../etc".into());
    fails(&served.ask(&outside), Code::FailedPrecondition, "`../../etc` climbs out of the repository");
    served.is_well();
}

#[test]
fn what_is_no_message_is_refused() {
    let served = Served::start("");
    // Not protobuf; a message longer than all of Argo CD's; a message that is said to be
    // compressed; half a message.
    for (bytes, code) in [
        (&b"\0\0\0\0\x03\xff\xff\xff"[..], Code::Internal),
        (b"\0\x7f\xff\xff\xff", Code::OutOfRange),
        (b"\x01\0\0\0\0", Code::Internal),
        (b"\0\0\0\x10\0abc", Code::Internal),
    ] {
        let answer = run(async {
            let mut call = Call::begin(&served.server.socket(), None).await;
            call.send_bytes(Bytes::from_static(bytes)).await.unwrap();
            call.answer().await
        });
        let status = answer.unwrap_err();
        assert_eq!(status.code(), code, "{bytes:?}: {status:?}");
        assert!(!status.message().is_empty());
    }
    served.is_well();
}

#[test]
fn a_byte_a_second_takes_nobody_s_place() {
    let served = Served::start("argocd:\n  uploadSeconds: 4\n");
    let archive = application("slow").gzip();
    // One has said how long it waits, the other has not, and learns from the server how long that
    // may take.
    let (socket, archive) = (&served.server.socket(), &archive);
    std::thread::scope(|scope| {
        let slowly = |patience| scope.spawn(move || run(slowly(socket, archive, patience)));
        let (patient, hasty) = (slowly(None), slowly(Some(Duration::from_secs(2))));
        served.serves();
        let hasty = hasty.join().unwrap();
        fails(&hasty, Code::DeadlineExceeded, "s that the client waits are over, and ");
        served.serves();
        fails(&patient.join().unwrap(), Code::Cancelled, "the repository did not come within 4 s");
    });
    served.is_well();
}

/// Sends an archive, a byte a second, until the server has enough of it, but a minute at most.
async fn slowly(socket: &Path, archive: &[u8], patience: Option<Duration>) -> Answer {
    let mut call = Call::begin(socket, patience).await;
    call.send(&messages(archive, "app")[0]).await.unwrap();
    for byte in archive.iter().take(60) {
        let chunk = Bytes::copy_from_slice(&[*byte]);
        if call.send(&Message { part: Some(Part::File(File { chunk })) }).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    call.early_answer().await
}
