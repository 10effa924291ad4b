//! What a commit says of itself.

use gix::bstr::{BStr, ByteSlice as _};
use gix::date::time::CustomFormat;

use super::error::GitError;
use super::repository::{CommitId, GitRepository};

/// As Go's `time.RFC3339` writes a time in UTC.
const UTC: CustomFormat = CustomFormat::new("%Y-%m-%dT%H:%M:%SZ");

/// What a commit says of itself. Text that is not UTF-8 is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitDescription {
    /// The author, as `Name <email>`.
    pub author: String,
    /// When it was written, in UTC, as RFC 3339 has it.
    pub date: String,
    /// Its message, without line breaks around it.
    pub message: String,
    /// The trailers of its message, in order.
    pub trailers: Vec<Trailer>,
}

/// A trailer of a message: `Reviewed-by: Name <email>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Its name.
    pub name: String,
    /// Its value, on one line.
    pub value: String,
}

impl GitRepository {
    /// Reads what a commit says of itself.
    ///
    /// # Errors
    /// If it is missing or damaged.
    pub fn describe(&self, commit: CommitId) -> Result<CommitDescription, GitError> {
        let text = |text: &BStr| text.to_str_lossy().into_owned();
        let read = |repository: &gix::Repository| -> gix::Result<CommitDescription> {
            let found = repository.find_commit(commit.0)?;
            let author = found.author()?;
            let seconds = gix::date::Time::new(author.seconds(), 0);
            let trailers = found.message()?.body().map(|body| {
                body.trailers()
                    .map(|trailer| Trailer { name: text(trailer.token), value: text(trailer.value.as_ref()) })
                    .collect()
            });
            Ok(CommitDescription {
                author: format!("{} <{}>", text(author.name), text(author.email)),
                date: seconds.format_or_unix(UTC),
                message: text(found.message_raw()?.trim().as_bstr()),
                trailers: trailers.unwrap_or_default(),
            })
        };
        self.shared.with(read).map_err(|error| GitError::Object {
            what: format!("commit `{}`", commit.short()),
            reason: error.to_string(),
        })
    }
}
