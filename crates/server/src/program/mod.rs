//! What the product is made of: the features, in their order, one line each, and what becomes of them together.

pub mod bootstrap;
pub mod console_codes;
pub mod demo;
mod detached;
pub mod master_secret;
mod openapi;
mod operation;
pub mod seed;
mod string_limits;
mod surfaces;

use std::time::Duration;

use axum::Router;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::clock::Clock;
use crate::core::Core;
use crate::features::api_keys::ApiKeys;
use crate::features::audit::Audit;
use crate::features::catalog::Catalog;
use crate::features::chat::Chat;
use crate::features::events::EventStreams;
use crate::features::finops::Finops;
use crate::features::gateway::Gateway;
use crate::features::instances::Instances;
use crate::features::invitations::Invitations;
use crate::features::jobs::Jobs;
use crate::features::models::Models;
use crate::features::organization_deletion::OrganizationDeletion;
use crate::features::organizations::Organizations;
use crate::features::recovery::Recovery;
use crate::features::second_factors::SecondFactors;
use crate::features::sessions::Sessions;
use crate::features::signing_in::SigningIn;
use crate::features::usage::Usage;
use crate::features::user_administration::UserAdministration;
use crate::features::users::{Passwords, Users};
use crate::features::worker_tokens::WorkerTokens;
use crate::features::workers::Workers;
use crate::plumbing::background::Task;
use crate::plumbing::config::Config;
use crate::plumbing::console;
use crate::plumbing::db::Db;
use crate::plumbing::edge::middleware::TIME_LIMIT;
use crate::plumbing::housekeeping::Housekeeping;
use crate::plumbing::module::{Module, Surface};
use crate::secrets::MasterSecret;

pub use detached::program as detached;
pub use openapi::document;

/// The whole program, before it does anything. Cheap to clone.
#[derive(Clone)]
pub struct Program {
    pub core: Core,
    console: console::Files,
    pub audit: Audit,
    pub jobs: Jobs,
    pub users: Users,
    pub sessions: Sessions,
    pub factors: SecondFactors,
    pub recovery: Recovery,
    pub signing_in: SigningIn,
    pub keys: ApiKeys,
    pub organizations: Organizations,
    pub invitations: Invitations,
    pub catalog: Catalog,
    pub models: Models,
    pub instances: Instances,
    pub workers: Workers,
    pub organization_deletion: OrganizationDeletion,
    pub user_administration: UserAdministration,
    pub usage: Usage,
    pub gateway: Gateway,
    pub chat: Chat,
    pub finops: Finops,
    pub events: EventStreams,
}

/// What [`Program::new`] needs from outside.
pub struct Parts {
    pub config: Config,
    pub console: console::Files,
    pub clock: Clock,
    pub db: Db,
    pub passwords: Passwords,
    pub master: MasterSecret,
    pub shutdown: CancellationToken,
}

impl Program {
    /// Connects the features. Nothing runs yet: [`crate::serve`] starts what works in the background.
    ///
    /// # Errors
    /// The usage journal in the data directory can't be used.
    pub fn new(parts: Parts) -> anyhow::Result<Self> {
        let core = Core::new(parts.config, parts.clock, parts.db, parts.master, parts.shutdown);
        operation::report_database(&core);
        let users = Users::new(core.clone(), parts.passwords);
        let sessions = Sessions::new(core.clone(), users.clone());
        let factors = SecondFactors::new(core.clone(), sessions.clone());
        let recovery = Recovery::new(core.clone(), users.clone());
        let keys = ApiKeys::new(core.clone());
        let organizations = Organizations::new(core.clone(), sessions.clone());
        let usage = Usage::new(core.clone())?;
        let gateway = Gateway::new(core.clone(), sessions.clone(), keys.clone(), usage.clone());
        Ok(Self {
            console: parts.console,
            audit: Audit::new(core.clone()),
            jobs: Jobs::new(core.clone()),
            signing_in: SigningIn::new(core.clone(), users.clone(), sessions.clone(), factors.clone()),
            invitations: Invitations::new(core.clone(), users.clone()),
            catalog: Catalog::new(core.clone()),
            models: Models::new(core.clone()),
            instances: Instances::new(core.clone()),
            workers: Workers::new(core.clone()),
            organization_deletion: OrganizationDeletion::new(core.clone(), sessions.clone()),
            user_administration: UserAdministration::new(
                core.clone(),
                users.clone(),
                recovery.clone(),
                factors.clone(),
                organizations.clone(),
            ),
            chat: Chat::new(gateway.clone()),
            finops: Finops::new(core.clone()),
            events: EventStreams::new(core.clone(), sessions.clone()),
            core,
            users,
            sessions,
            factors,
            recovery,
            keys,
            organizations,
            usage,
            gateway,
        })
    }

    /// Every feature, once, in dependency order.
    pub fn modules(&self) -> Vec<Module> {
        vec![
            operation::module(&self.core),
            self.audit.module(),
            self.jobs.module(),
            self.users.module(),
            self.sessions.module(),
            self.factors.module(),
            self.recovery.module(),
            self.signing_in.module(),
            self.keys.module(),
            self.organizations.module(),
            self.invitations.module(),
            self.catalog.module(),
            WorkerTokens.module(),
            self.models.module(),
            self.instances.module(),
            self.workers.module(),
            self.organization_deletion.module(),
            self.user_administration.module(),
            self.usage.module(),
            self.gateway.module(),
            self.chat.module(),
            self.finops.module(),
            self.events.module(),
        ]
    }

    /// All routes with everything that holds for each of them.
    pub fn router(&self) -> Router {
        self.router_within(TIME_LIMIT)
    }

    /// As [`Self::router`], with a time limit of its own for the answers of our own API.
    pub fn router_within(&self, time_limit: Duration) -> Router {
        surfaces::router(self, time_limit)
    }

    /// What works without being asked; each task says in which processes.
    pub fn background(&self) -> Vec<Task> {
        let mut tasks = Vec::new();
        for module in self.modules() {
            tasks.extend(module.background);
        }
        tasks.push(self.housekeeping().task());
        tasks
    }

    /// What removes rows past their time.
    pub fn housekeeping(&self) -> Housekeeping {
        Housekeeping {
            db: self.core.db.clone(),
            clock: self.core.clock.clone(),
            sweeps: self.modules().into_iter().flat_map(|module| module.sweeps).collect(),
            shutdown: self.core.shutdown.clone(),
        }
    }

    /// The routes of one surface.
    fn routes(&self, surface: Surface) -> OpenApiRouter {
        self.modules()
            .into_iter()
            .filter(|module| module.surface == surface)
            .fold(OpenApiRouter::new(), |all, module| all.merge(module.routes))
    }
}
