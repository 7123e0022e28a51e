//! Every long-lived dependency, on one screen, and the router over all features.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::features::gateway::Gateway;
use crate::features::identity::Passwords;
use crate::features::identity::tokens::Tokens;
use crate::features::live::Streams;
use crate::features::usage::Journal;
use crate::plumbing::clouds::Clouds;
use crate::plumbing::config::Config;
use crate::plumbing::db::Db;
use crate::plumbing::events::Events;
use crate::plumbing::mail::Wake;
use crate::secrets::MasterSecret;
use crate::{openapi, plumbing};

/// Cheap to clone: every handler and task has one.
#[derive(Clone)]
pub struct App(Arc<Dependencies>);

pub struct Dependencies {
    pub config: Config,
    pub clock: Clock,
    pub db: Db,
    pub events: Events,
    /// Who follows live updates here.
    pub streams: Streams,
    /// Wakes what sends mails.
    pub mail: Wake,
    pub clouds: Clouds,
    pub passwords: Passwords,
    pub tokens: Tokens,
    pub master: MasterSecret,
    /// Usage on its way to the database.
    pub journal: Journal,
    /// A token for each inference request that is not settled yet: the journal's writer outlives them.
    pub settling: TaskTracker,
    pub gateway: Gateway,
    /// Cancelled when the program is told to stop.
    pub shutdown: CancellationToken,
}

/// What [`App::new`] needs from outside.
pub struct Parts {
    pub config: Config,
    pub clock: Clock,
    pub db: Db,
    pub passwords: Passwords,
    pub master: MasterSecret,
    pub shutdown: CancellationToken,
}

impl App {
    /// Connects the parts and begins to listen for changes; background work starts with [`crate::serve`].
    ///
    /// # Errors
    /// The usage journal in the data directory can't be used.
    pub fn new(parts: Parts) -> anyhow::Result<Self> {
        let journal = Journal::open(&parts.config.data_dir.clone().unwrap_or_default().join("journal"))?;
        let events = Events::start(parts.db.clone(), parts.shutdown.clone());
        let tokens = Tokens::new(&parts.master);
        Ok(Self(Arc::new(Dependencies {
            config: parts.config,
            clock: parts.clock,
            db: parts.db,
            events,
            streams: Streams::default(),
            mail: Wake::default(),
            clouds: Clouds::default(),
            passwords: parts.passwords,
            tokens,
            journal,
            settling: TaskTracker::new(),
            gateway: Gateway::default(),
            master: parts.master,
            shutdown: parts.shutdown,
        })))
    }
}

impl Deref for App {
    type Target = Dependencies;

    fn deref(&self) -> &Dependencies {
        &self.0
    }
}

/// All routes with everything that holds for each of them.
pub fn router(app: App) -> Router {
    router_within(app, plumbing::edge::middleware::TIME_LIMIT)
}

/// As [`router`], with a time limit of its own for the answers of our own API.
pub fn router_within(app: App, time_limit: Duration) -> Router {
    let (api, document) = openapi::api();
    let api = api
        .layer(axum::middleware::from_fn_with_state(
            app.clone(),
            crate::features::identity::authenticate,
        ))
        .layer(axum::extract::DefaultBodyLimit::max(plumbing::edge::body::LIMIT));
    let router = api
        .merge(openapi::documentation(document))
        .merge(plumbing::console::routes())
        .layer(axum::middleware::from_fn_with_state(
            app.clone(),
            plumbing::edge::middleware::answer_for_roles,
        ));
    plumbing::edge::middleware::around(router, time_limit).with_state(app)
}
