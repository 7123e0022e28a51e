//! Models, prices and instances as the gateway sees them: one immutable picture, replaced as a whole.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use axum::http::HeaderValue;
use axum::http::uri::Authority;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Gateway;
use crate::activation::Activations;
use crate::error::Result;
use crate::features::instances::{RoutingInstance, named_by, routing_instances};
use crate::features::models::{ModelKind, RoutingModel, routing_models};
use crate::features::usage::Price;
use crate::features::worker_tokens;
use crate::ids::PLATFORM;
use crate::plumbing::addresses::Named;
use crate::plumbing::background::{Rhythm, Round, Task};
use crate::plumbing::config::ServerRole;
use crate::plumbing::db::SystemReason;
use crate::plumbing::events::Topic;

/// A worker that was silent for longer gets no new requests.
pub const FRESH: chrono::Duration = chrono::Duration::seconds(10);
/// The picture is renewed this often without news: heartbeats announce nothing.
const POLL: Duration = Duration::from_secs(2);
/// While notifications are down, polling has to be fast enough for "within a second".
const POLL_WHEN_DEAF: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub struct Model {
    pub tenant: Uuid,
    pub id: Uuid,
    pub model_id: String,
    pub name: String,
    /// Asked for answers to conversations, not for embeddings.
    pub is_chat: bool,
    pub owner: String,
    pub context_length: u64,
    pub created_at: DateTime<Utc>,
    pub activations: Activations,
    pub price: Option<Price>,
}

impl Model {
    pub fn is_public(&self) -> bool {
        self.tenant == PLATFORM
    }
}

#[derive(Debug)]
pub struct Instance {
    pub id: Uuid,
    pub tenant: Uuid,
    pub activations: Activations,
    /// Ready, heard of lately, and with an address: where a request can go.
    pub target: Option<Target>,
    /// Requests waiting in the engine at the last heartbeat; `None` is unknown, not idle.
    pub queue_depth: Option<u32>,
    /// Requests of ours it is serving right now; outlives the picture.
    pub in_flight: Arc<AtomicUsize>,
}

/// Where and as whom to call a worker.
#[derive(Debug, Clone)]
pub struct Target {
    pub authority: Authority,
    pub named: Named,
    /// Marked sensitive: never printed.
    pub authorization: HeaderValue,
}

impl Instance {
    pub fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }
}

/// One picture.
#[derive(Debug, Default)]
pub struct Table {
    /// By tenant, then by `model_id`.
    pub models: HashMap<Uuid, HashMap<String, Arc<Model>>>,
    /// By the model they serve.
    pub instances: HashMap<Uuid, Vec<Arc<Instance>>>,
}

/// The current picture.
#[derive(Default)]
pub struct RoutingTable {
    current: ArcSwapOption<Table>,
    turn: tokio::sync::Mutex<()>,
}

impl RoutingTable {
    /// # Errors
    /// There is no picture yet and the database can't be read.
    pub async fn current(&self, gateway: &Gateway) -> Result<Arc<Table>> {
        if let Some(table) = self.current.load_full() {
            return Ok(table);
        }
        self.refresh(gateway).await?;
        Ok(self.current.load_full().unwrap_or_default())
    }

    /// Takes a new picture.
    ///
    /// # Errors
    /// The database's; the picture before stays.
    pub async fn refresh(&self, gateway: &Gateway) -> Result<()> {
        let _turn = self.turn.lock().await;
        let now = gateway.0.core.clock.now();
        let mut tx = gateway.0.core.db.system(SystemReason::RoutingTable).await?;
        let models = routing_models(&mut tx, now).await?;
        let instances = routing_instances(&mut tx).await?;
        drop(tx);
        let token = |id| worker_tokens::serving_token(&gateway.0.core.master, id);
        let table = Table::build(models, instances, self.current.load_full().as_deref(), token, now);
        self.current.store(Some(Arc::new(table)));
        Ok(())
    }
}

impl Table {
    /// A picture as of `now`. Counters of instances that stay are taken over from the picture before.
    pub fn build(
        models: Vec<RoutingModel>,
        instances: Vec<RoutingInstance>,
        before: Option<&Table>,
        serving_token: impl Fn(Uuid) -> String,
        now: DateTime<Utc>,
    ) -> Self {
        let counters: HashMap<Uuid, &Arc<AtomicUsize>> = before
            .iter()
            .flat_map(|table| table.instances.values().flatten())
            .map(|instance| (instance.id, &instance.in_flight))
            .collect();
        let mut table = Self::default();
        for row in models.into_iter().filter(|row| row.is_active) {
            let by_name = table.models.entry(row.tenant).or_default();
            by_name.insert(row.model_id.clone(), Arc::new(model(row)));
        }
        for row in instances {
            let in_flight = counters
                .get(&row.id)
                .map(|counter| Arc::clone(counter))
                .unwrap_or_default();
            let target = target(&row, &serving_token, now);
            let instance = Instance {
                id: row.id,
                tenant: row.tenant,
                activations: Activations {
                    tech: row.tech_activated,
                    eco: row.eco_activated,
                },
                target,
                queue_depth: row.queue_depth.and_then(|depth| u32::try_from(depth).ok()),
                in_flight,
            };
            table
                .instances
                .entry(row.model_id)
                .or_default()
                .push(Arc::new(instance));
        }
        table
    }
}

fn model(row: RoutingModel) -> Model {
    let price = match (
        row.price_id,
        row.input_eur_per_1m,
        row.cached_input_eur_per_1m,
        row.output_eur_per_1m,
    ) {
        (Some(id), Some(input), Some(cached_input), Some(output)) => Some(Price {
            id,
            input_eur_per_1m: input,
            cached_input_eur_per_1m: cached_input,
            output_eur_per_1m: output,
        }),
        _ => None,
    };
    Model {
        tenant: row.tenant,
        id: row.id,
        model_id: row.model_id,
        name: row.name,
        is_chat: row.kind == ModelKind::Chat,
        owner: row.organization_slug.unwrap_or_else(|| "inventiv".to_owned()),
        context_length: u64::try_from(row.context_length).unwrap_or_default(),
        created_at: row.created_at,
        activations: Activations {
            tech: row.tech_activated,
            eco: row.eco_activated,
        },
        price,
    }
}

fn target(row: &RoutingInstance, serving_token: impl Fn(Uuid) -> String, now: DateTime<Utc>) -> Option<Target> {
    let is_fresh = row.last_heartbeat_at.is_some_and(|at| now - at <= FRESH);
    if !row.is_ready || !is_fresh {
        return None;
    }
    let authority = row.worker_address.as_deref()?.parse().ok()?;
    let mut authorization = HeaderValue::try_from(format!("Bearer {}", serving_token(row.id))).ok()?;
    authorization.set_sensitive(true);
    Some(Target {
        authority,
        named: named_by(&row.provider_code),
        authorization,
    })
}

/// Keeps the picture current. While it can't be read, routing goes on with what was known.
pub fn task(gateway: Gateway) -> Task {
    let rhythm = Rhythm::every(POLL).when_deaf(POLL_WHEN_DEAF).nudged_by(&[
        Topic::Instances,
        Topic::Models,
        Topic::Organizations,
    ]);
    let refresh = move |_| {
        let gateway = gateway.clone();
        async move {
            gateway.0.table.refresh(&gateway).await?;
            Ok(Round::Idle)
        }
    };
    Task::rounds(
        "routing_table",
        &[ServerRole::Api, ServerRole::Gateway],
        rhythm,
        refresh,
    )
    .back_within(POLL_WHEN_DEAF)
}
