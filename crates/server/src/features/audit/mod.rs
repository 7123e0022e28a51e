//! What was done, by whom, in a form that shows when somebody altered it.
//!
//! One hash chain per organization, one per person (the own account), one for the platform. Every changing use case records one
//! entry in its own transaction; entries of a chain are written one after the other, under the lock of the chain's head.
//! Whoever may read a workspace's chain searches it and takes it away as CSV or JSON lines; it names the people who act
//! and are acted on as they were called then, those who have left among them.
//! Heads are sealed with a key that is not in the database, and a register knows all chains: see [`seals`] and [`register`].
//! Tables: `audit_chains`, `audit_log`, `audit_people` (what they were called at the time, no evidence), `audit_register`,
//! `audit_registered`; reads names from `users`, and which accounts and `organizations` there are. Features above it: none.

mod export;
mod http;
mod reading;
mod register;
mod rules;
mod seals;
mod store;
mod verification;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::core::Core;
use crate::error::Result;
use crate::operation::Operation;
use crate::operation::RequestContext;
use crate::plumbing::db::{Snapshot, SystemTx, WriteTx};
use crate::plumbing::module::{Module, Surface};
pub use register::seal_all;
pub use rules::{Actor, Entry, Fault, chain_hash};
pub use seals::Head;
use seals::Seals;
pub use store::forget_person;
pub use verification::{verify, verify_unsealed};

/// Reading the chains; the functions beside it write them.
#[derive(Clone)]
pub struct Audit {
    core: Core,
}

impl Audit {
    pub fn new(core: Core) -> Self {
        Self { core }
    }

    pub fn module(&self) -> Module {
        let tables = &[
            "audit_chains",
            "audit_log",
            "audit_people",
            "audit_register",
            "audit_registered",
        ];
        Module::new("audit", Surface::Session, tables)
            .routes(http::routes().with_state(self.clone()))
            .task(self.register_task())
    }
}

/// What an entry is about, without who and when: those come from the operation.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    /// `noun.verb`, the name of the use case.
    pub action: &'static str,
    pub target_type: &'static str,
    pub target_id: Option<Uuid>,
    pub before: Option<&'a Value>,
    pub after: Option<&'a Value>,
}

impl<'a> Act<'a> {
    pub fn new(action: &'static str, target_type: &'static str, target_id: Uuid) -> Self {
        Self {
            action,
            target_type,
            target_id: Some(target_id),
            before: None,
            after: None,
        }
    }

    pub fn before(self, before: &'a Value) -> Self {
        Self {
            before: Some(before),
            ..self
        }
    }

    pub fn after(self, after: &'a Value) -> Self {
        Self {
            after: Some(after),
            ..self
        }
    }
}

/// Records an act of the workspace in its chain: the organization's, or the person's in Personal.
pub async fn record(tx: &mut WriteTx, act: Act<'_>) -> Result<()> {
    let chain = tx.operation().tenant();
    record_in(tx, chain, act).await
}

/// Records an act in a chain of its own: the person's for the account whatever the workspace, the platform's for its admins.
pub async fn record_in(tx: &mut WriteTx, chain: Uuid, act: Act<'_>) -> Result<()> {
    let operation = tx.operation().clone();
    let entry = entry(
        chain,
        Actor::User(operation.user_id),
        operation.request.ip.map(|ip| ip.to_string()),
        Some(operation.request.request_id),
        operation.request.now,
        &act,
    );
    let seals = Seals::new(&tx.master());
    store::append(tx.conn(), &seals, entry).await
}

/// Records an act of a person who is in no workspace of the transaction: somebody joining, or without a session.
pub async fn record_by_person(
    tx: &mut SystemTx,
    chain: Uuid,
    person: Uuid,
    request: &RequestContext,
    act: Act<'_>,
) -> Result<()> {
    let entry = entry(
        chain,
        Actor::User(person),
        request.ip.map(|ip| ip.to_string()),
        Some(request.request_id),
        request.now,
        &act,
    );
    let seals = Seals::new(&tx.master());
    store::append(tx.conn(), &seals, entry).await
}

/// Records an act of the platform's own jobs.
pub async fn record_system(tx: &mut SystemTx, chain: Uuid, now: DateTime<Utc>, act: Act<'_>) -> Result<()> {
    let entry = entry(chain, Actor::System, None, None, now, &act);
    let seals = Seals::new(&tx.master());
    store::append(tx.conn(), &seals, entry).await
}

/// Records what a person did through the platform's own transaction: a platform admin changing what belongs to nobody.
pub async fn record_by(tx: &mut SystemTx, operation: &Operation, chain: Uuid, act: Act<'_>) -> Result<()> {
    record_by_person(tx, chain, operation.user_id, &operation.request, act).await
}

/// Where every chain ends: for keeping elsewhere, and for [`verify`] later.
pub async fn heads(snapshot: &mut Snapshot) -> Result<Vec<Head>> {
    let heads = store::heads(snapshot.tx()).await?;
    Ok(heads.into_iter().map(|sealed| sealed.head).collect())
}

fn entry(
    chain: Uuid,
    actor: Actor,
    ip_address: Option<String>,
    request_id: Option<Uuid>,
    now: DateTime<Utc>,
    act: &Act<'_>,
) -> Entry {
    Entry {
        tenant: chain,
        sequence: 0,
        id: crate::ids::new_id(),
        occurred_at: now,
        actor_kind: actor.kind().to_owned(),
        actor_id: actor.id(),
        action: act.action.to_owned(),
        target_type: act.target_type.to_owned(),
        target_id: act.target_id,
        before: act.before.cloned(),
        after: act.after.cloned(),
        ip_address,
        request_id,
    }
}
