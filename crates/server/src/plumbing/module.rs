//! What a feature hands to the program: its routes and what it does without being asked.

use std::future::Future;
use std::pin::Pin;

use chrono::{DateTime, Duration, Utc};
use utoipa_axum::router::OpenApiRouter;

use super::background::Task;
use super::db::SystemTx;
use crate::error::Result;

/// Who may come to a route, under which limits. The program puts one set of layers around each surface; a route has no others of
/// this kind, and nothing decides by the text of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Surface {
    /// Anybody, in every process: probes, the console's files, the contract.
    Public,
    /// People and their programs, with a session or about to have one.
    Session,
    /// `/v1`: inference, with a key or a session.
    Gateway,
    /// Agents on machines, each with a token of its own.
    Worker,
}

/// A feature, as the program sees it.
pub struct Module {
    pub name: &'static str,
    pub surface: Surface,
    pub routes: OpenApiRouter,
    /// What it does without being asked.
    pub background: Vec<Task>,
    pub sweeps: Vec<Sweep>,
    /// The tables that it writes, and nobody else.
    pub tables: &'static [&'static str],
}

impl Module {
    pub fn new(name: &'static str, surface: Surface, tables: &'static [&'static str]) -> Self {
        Self {
            name,
            surface,
            routes: OpenApiRouter::new(),
            background: Vec::new(),
            sweeps: Vec::new(),
            tables,
        }
    }

    pub fn routes(mut self, routes: OpenApiRouter) -> Self {
        self.routes = routes;
        self
    }

    pub fn task(mut self, task: Task) -> Self {
        self.background.push(task);
        self
    }

    pub fn sweep(mut self, sweep: Sweep) -> Self {
        self.sweeps.push(sweep);
        self
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Removes rows past their time: at most so many of those from before a moment; says how many those were.
pub struct Sweep {
    pub name: &'static str,
    pub keep: Duration,
    pub remove: for<'a> fn(&'a mut SystemTx, DateTime<Utc>, i64) -> Boxed<'a, Result<u64>>,
}
