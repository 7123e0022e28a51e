//! The id a request is known by in answers, logs and audit entries. Ours, always: a client's own id is only echoed.

use std::future::Future;

use uuid::Uuid;

tokio::task_local! {
    static CURRENT: Uuid;
}

/// The id of the request that this task works on; the nil id outside of requests.
pub fn current_id() -> Uuid {
    CURRENT.try_with(|id| *id).unwrap_or_default()
}

pub fn current() -> String {
    current_id().to_string()
}

/// Runs a future as part of a request (streams outlive the handler).
pub fn within<F: Future>(id: Uuid, future: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(id, future)
}
