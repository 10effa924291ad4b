//! When a request has to be answered.

use std::time::{Duration, Instant};

use tonic::Status;

/// So much earlier than the client gives up an answer is sent, as in argocd-cmp-server.
const EARLIER: Duration = Duration::from_millis(100);

/// When a request has to be answered: when its client gives up, or when the operator says that it
/// took too long, whatever comes first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    begun: Instant,
    at: Instant,
    /// Whether it is the client's.
    of_client: bool,
}

impl Deadline {
    /// The deadline of a request that begins now.
    pub(super) fn new(client: Option<Duration>, operator: Duration) -> Self {
        let begun = Instant::now();
        let client = client.map(|client| client.saturating_sub(EARLIER)).filter(|client| *client <= operator);
        // Instants of a far future are not to be had, and a day is as good.
        let at = begun.checked_add(client.unwrap_or(operator));
        let at = at.unwrap_or_else(|| begun + Duration::from_hours(24));
        Self { begun, at, of_client: client.is_some() }
    }

    /// When the request began.
    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    /// Whether it was the client that stopped waiting.
    pub(super) fn is_of_client(&self) -> bool {
        self.of_client
    }

    /// When it has to be answered.
    pub(super) fn at(&self) -> Instant {
        self.at
    }

    /// How much time is left.
    pub(super) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether no time is left.
    pub(super) fn is_over(&self) -> bool {
        self.at <= Instant::now()
    }

    /// What is said when no time is left, and how far the request came until then.
    pub(super) fn status(&self, application: &str, at: &str) -> Status {
        let given = self.at.saturating_duration_since(self.begun).as_secs_f64();
        let (whose, setting) = if self.of_client {
            (
                "that the client waits",
                "for Argo CD this is `--repo-server-timeout-seconds` of the controller or the API server",
            )
        } else {
            (
                "that a request may take",
                "`argocd.requestSeconds` in the operator's configuration raises the limit",
            )
        };
        Status::deadline_exceeded(format!(
            "application `{application}`: the {given:.1} s {whose} are over, {at}\n  help: {setting}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_first_counts_and_is_told() {
        let minute = Duration::from_mins(1);
        for (client, operator, text, setting) in [
            (Some(minute), minute, "59.9 s that the client waits", "--repo-server-timeout-seconds"),
            (Some(2 * minute), minute, "60.0 s that a request may take", "argocd.requestSeconds"),
            (None, minute, "60.0 s that a request may take", "argocd.requestSeconds"),
            (Some(Duration::MAX), Duration::MAX, "86400.0 s that the client waits", "--repo-server"),
        ] {
            let deadline = Deadline::new(client, operator);
            let status = deadline.status("web", "and that is all");
            assert!(status.message().contains(text) && status.message().contains(setting), "{status:?}");
            assert!(!deadline.is_over() && deadline.left() <= 1_440 * minute);
        }
        assert!(Deadline::new(Some(Duration::ZERO), minute).is_over());
    }
}
