//! Places where a test may have the process die, to see that the next one takes up where it left off.

/// The edges of the intent log, in the order of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The intent to create is committed.
    Intended,
    /// That the order goes out now is committed.
    Sent,
    /// The provider has made the server; nobody wrote that down.
    Effective,
    /// The server is on record and was not started.
    Confirmed,
    /// The start was accepted; nobody wrote that down.
    Started,
    /// The instance is `booting`.
    Booting,
    /// The provider was asked to delete; nobody wrote that down.
    Deleted,
}

/// Dies here if `INVENTIV_CRASH_AT` names this edge. Not part of released programs.
#[cfg(debug_assertions)]
pub fn reach(edge: Edge) {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "a switch of tests, not a setting")]
    let chosen = CHOSEN.get_or_init(|| std::env::var("INVENTIV_CRASH_AT").ok());
    if chosen.as_deref() == Some(format!("{edge:?}").to_lowercase().as_str()) {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
pub fn reach(_: Edge) {}
