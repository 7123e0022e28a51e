//! Whether this process can do the work of its roles. The one place where its parts say so, and what `/readyz` asks.
//!
//! A part is ready or says in a sentence what it can't do. Only what stops the work of a role counts: a task that is down and will be
//! started again is on the [board](super::background::Board), not here.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

use super::config::ServerRole;

/// Why a part can't do its work. Whoever may ask `/readyz` reads it: no names, no addresses.
pub type Obstacle = &'static str;

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Obstacle>> + Send + Sync>;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Mutex<Vec<Part>>>);

#[derive(Clone)]
struct Part {
    name: &'static str,
    roles: &'static [ServerRole],
    check: Check,
}

/// A part that is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotReady {
    pub part: &'static str,
    pub obstacle: Obstacle,
}

impl Readiness {
    /// Has the part looked at wherever the process has one of the roles. The check is quick and waits for nothing long; what it holds
    /// on to lives as long as the program.
    pub fn part<F, W>(&self, name: &'static str, roles: &'static [ServerRole], check: F)
    where
        F: Fn() -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), Obstacle>> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        self.parts().push(Part { name, roles, check });
    }

    /// What a process with these roles can't do.
    pub async fn obstacles(&self, roles: &[ServerRole]) -> Vec<NotReady> {
        let is_asked = |part: &&Part| part.roles.iter().any(|role| roles.contains(role));
        let asked: Vec<Part> = self.parts().iter().filter(is_asked).cloned().collect();
        let mut found = Vec::new();
        for part in asked {
            if let Err(obstacle) = (part.check)().await {
                found.push(NotReady {
                    part: part.name,
                    obstacle,
                });
            }
        }
        found
    }

    fn parts(&self) -> std::sync::MutexGuard<'_, Vec<Part>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ServerRole::{Api, Gateway, Orchestrator};

    #[tokio::test]
    async fn a_process_is_asked_about_the_work_of_its_roles_only() {
        let readiness = Readiness::default();
        readiness.part("journal", &[Api, Gateway], || async { Err("It is full.") });
        readiness.part("clouds", &[Orchestrator], || async { Ok(()) });
        assert_eq!(readiness.obstacles(&[Orchestrator]).await, []);
        let full = NotReady {
            part: "journal",
            obstacle: "It is full.",
        };
        assert_eq!(readiness.obstacles(&[Gateway, Orchestrator]).await, [full]);
    }
}
