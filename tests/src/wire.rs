//! A client for the plugin protocol that breaks any rule that a test wants broken: it sends exactly
//! what the test says, and reads when the test says.
//!
//! Messages are written here once more, from the protocol's tables, so that the server's own are
//! not compared with themselves.

use std::path::Path;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request};
use oarlock_engine::source::Digest;
use prost::Message as _;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

/// Larger than any answer here, so that nothing waits for a window unless a test wants it to.
const WINDOW_BYTES: u32 = 64 << 20;

/// The trace that every request here is a part of, in hexadecimal digits.
pub const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// What Argo CD sends at once when its operator has read the documentation.
const CHUNK_BYTES: usize = 64 << 10;

/// One message of a request.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Message {
    /// Which of both it is; nothing is a fault.
    #[prost(oneof = "Part", tags = "1, 2")]
    pub part: Option<Part>,
}

/// What a message holds.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Part {
    /// What the request is about.
    #[prost(message, tag = "1")]
    Metadata(Metadata),
    /// A piece of the archive.
    #[prost(message, tag = "2")]
    File(File),
}

/// What a request is about.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Metadata {
    /// The application's directory.
    #[prost(string, tag = "2")]
    pub directory: String,
    /// SHA-256 of the archive.
    #[prost(string, tag = "3")]
    pub checksum: String,
    /// Bytes of the archive.
    #[prost(int64, tag = "4")]
    pub size: i64,
    /// Variables.
    #[prost(message, repeated, tag = "5")]
    pub environment: Vec<Variable>,
}

/// A variable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Variable {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A piece of the archive.
#[derive(Clone, PartialEq, prost::Message)]
pub struct File {
    /// Its bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub chunk: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Manifests {
    #[prost(string, repeated, tag = "1")]
    manifests: Vec<String>,
}

/// What came of a request: the manifests, or a status.
pub type Answer = Result<Vec<String>, tonic::Status>;

/// The messages of a request as they should be, for an application's directory in an archive.
///
/// # Panics
/// If the archive is too large to say.
pub fn messages(archive: &[u8], directory: &str) -> Vec<Message> {
    let metadata = Metadata {
        directory: directory.to_owned(),
        checksum: Digest::of(archive).to_string(),
        size: archive.len().try_into().expect("a length"),
        environment: vec![Variable { name: "ARGOCD_APP_NAME".into(), value: "shop".into() }],
    };
    let archive = Bytes::copy_from_slice(archive);
    let chunks = (0..archive.len()).step_by(CHUNK_BYTES).map(|start| {
        let chunk = archive.slice(start..archive.len().min(start + CHUNK_BYTES));
        Message { part: Some(Part::File(File { chunk })) }
    });
    std::iter::once(Message { part: Some(Part::Metadata(metadata)) }).chain(chunks).collect()
}

/// A request that is on its way.
#[derive(Debug)]
pub struct Call {
    upload: SendStream<Bytes>,
    response: ResponseFuture,
    driver: JoinHandle<()>,
    /// Kept, since the connection ends with it.
    sender: SendRequest<Bytes>,
}

impl Call {
    /// Begins to ask for manifests, over a connection of its own; the client may say how long it
    /// waits.
    ///
    /// # Panics
    /// If the server does not take it.
    pub async fn begin(socket: &Path, patience: Option<Duration>) -> Self {
        Self::with_window(socket, patience, WINDOW_BYTES).await
    }

    /// The same with another window: so many bytes of the answer may come before the client has
    /// read any.
    ///
    /// # Panics
    /// If the server does not take it.
    pub async fn with_window(socket: &Path, patience: Option<Duration>, window: u32) -> Self {
        let stream = UnixStream::connect(socket).await.expect("the server listens");
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(window).initial_connection_window_size(window.max(65_535));
        let (mut sender, connection) = builder.handshake(stream).await.expect("the server speaks HTTP/2");
        // How the connection ends is seen by the call.
        let driver = tokio::spawn(async { drop(connection.await) });
        let mut request =
            Request::post("http://localhost/plugin.ConfigManagementPluginService/GenerateManifest")
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
        if let Some(patience) = patience {
            request = request.header("grpc-timeout", format!("{}m", patience.as_millis()));
        }
        let request = request.body(()).expect("a request");
        let (response, upload) = sender.send_request(request, false).expect("the server takes requests");
        Self { upload, response, driver, sender }
    }

    /// Sends a message. The server reads it, whatever was wrong before: a client that is refused
    /// early never learns why.
    ///
    /// # Errors
    /// If the server ended the request.
    pub async fn send(&mut self, message: &Message) -> Result<(), h2::Error> {
        let mut frame = BytesMut::with_capacity(message.encoded_len() + 5);
        frame.put_u8(0);
        frame.put_u32(u32::try_from(message.encoded_len()).unwrap_or(u32::MAX));
        message.encode(&mut frame).unwrap_or_default();
        self.send_bytes(frame.freeze()).await
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// If the server ended the request.
    pub async fn send_bytes(&mut self, mut bytes: Bytes) -> Result<(), h2::Error> {
        while !bytes.is_empty() {
            self.upload.reserve_capacity(bytes.len());
            let capacity = std::future::poll_fn(|context| self.upload.poll_capacity(context)).await;
            let Some(capacity) = capacity else { return Err(h2::Reason::STREAM_CLOSED.into()) };
            let now = bytes.split_to(capacity?.min(bytes.len()));
            self.upload.send_data(now, false)?;
        }
        Ok(())
    }

    /// Ends the request and reads the answer.
    ///
    /// # Errors
    /// The status that the server gave.
    pub async fn answer(self) -> Answer {
        let mut body = self.end().await.map_err(|error| broken(&error))?;
        body.read().await
    }

    /// Waits for an answer while the request goes on.
    ///
    /// # Errors
    /// The status that the server gave.
    pub async fn early_answer(self) -> Answer {
        let _open = self.upload;
        let mut body = Body::of(self.response, self.driver, self.sender).await.map_err(|e| broken(&e))?;
        body.read().await
    }

    /// Ends the request and reads nothing of the answer but its headers.
    ///
    /// # Errors
    /// If the server ended the connection.
    pub async fn end(mut self) -> Result<Body, h2::Error> {
        self.upload.send_data(Bytes::new(), true)?;
        Body::of(self.response, self.driver, self.sender).await
    }
}

/// An answer of which only the headers came.
#[derive(Debug)]
pub struct Body {
    headers: HeaderMap,
    stream: RecvStream,
    driver: JoinHandle<()>,
    // The connection lasts as long as somebody could ask again.
    _sender: SendRequest<Bytes>,
}

impl Body {
    async fn of(
        response: ResponseFuture,
        driver: JoinHandle<()>,
        sender: SendRequest<Bytes>,
    ) -> Result<Self, h2::Error> {
        let (head, stream) = response.await?.into_parts();
        Ok(Self { headers: head.headers, stream, driver, _sender: sender })
    }

    /// Reads it to its end.
    ///
    /// # Errors
    /// The status that the server gave.
    pub async fn read(&mut self) -> Answer {
        let mut bytes = BytesMut::new();
        while let Some(data) = self.stream.data().await {
            let data = data.map_err(|error| broken(&error))?;
            let _ = self.stream.flow_control().release_capacity(data.len());
            bytes.extend_from_slice(&data);
        }
        let trailers = self.stream.trailers().await.map_err(|error| broken(&error))?;
        let headers = trailers.as_ref().unwrap_or(&self.headers);
        match tonic::Status::from_header_map(headers) {
            Some(status) if status.code() == tonic::Code::Ok => {}
            Some(status) => return Err(status),
            None => return Err(tonic::Status::unknown("there is no status")),
        }
        let message = bytes.get(5..).ok_or_else(|| tonic::Status::unknown("there is no message"))?;
        let manifests =
            Manifests::decode(message).map_err(|error| tonic::Status::unknown(error.to_string()))?;
        Ok(manifests.manifests)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // With its task the connection is closed.
        self.driver.abort();
    }
}

fn broken(error: &h2::Error) -> tonic::Status {
    tonic::Status::unknown(format!("the connection broke: {error}"))
}

/// Asks by messages that are sent as they are.
///
/// # Errors
/// The status that the server gave.
///
/// # Panics
/// If the server does not read them to the end.
pub async fn ask(socket: &Path, messages: &[Message]) -> Answer {
    let mut call = Call::begin(socket, Some(Duration::from_mins(2))).await;
    for message in messages {
        call.send(message).await.expect("the server reads requests to their end");
    }
    call.answer().await
}
