//! One connection at a time: a task that holds one and waits for another can wait for itself. With as many such tasks as a pool has
//! connections nobody gets any, until all of them give up.
//!
//! Debug builds, and with them all tests, refuse the second one at once, whatever is free at that moment.

#[cfg(debug_assertions)]
use std::collections::HashSet;
#[cfg(debug_assertions)]
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

#[cfg(debug_assertions)]
use tokio::task::Id;

#[cfg(debug_assertions)]
static HOLDERS: LazyLock<Mutex<HashSet<Id>>> = LazyLock::new(Mutex::default);

/// Kept with a connection, from before it is waited for until it is given back.
pub(super) struct Held {
    /// `None` outside of every task.
    #[cfg(debug_assertions)]
    by: Option<Id>,
}

#[cfg(debug_assertions)]
impl Held {
    /// # Panics
    /// When the task holds another connection.
    pub fn take() -> Self {
        let by = tokio::task::try_id();
        let is_first = by.is_none_or(|task| holders().insert(task));
        assert!(
            is_first,
            "a second database connection while a transaction is open: ask before it opens, or pass its own connection on"
        );
        Self { by }
    }
}

#[cfg(debug_assertions)]
impl Drop for Held {
    fn drop(&mut self) {
        if let Some(task) = self.by {
            holders().remove(&task);
        }
    }
}

#[cfg(debug_assertions)]
fn holders() -> MutexGuard<'static, HashSet<Id>> {
    HOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(not(debug_assertions))]
impl Held {
    pub fn take() -> Self {
        Self {}
    }
}

#[cfg(all(test, debug_assertions))]
#[expect(
    clippy::disallowed_methods,
    reason = "whether it holds for each task is what is tried"
)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_holds_one_connection_at_a_time_and_tasks_dont_mind_each_other() {
        let first = tokio::spawn(async {
            let held = Held::take();
            tokio::spawn(async { drop(Held::take()) }).await.unwrap();
            drop(held);
            drop(Held::take());
        });
        first.await.unwrap();
        let greedy = tokio::spawn(async {
            let _held = Held::take();
            let _second = Held::take();
        });
        assert!(greedy.await.unwrap_err().is_panic());
    }
}
