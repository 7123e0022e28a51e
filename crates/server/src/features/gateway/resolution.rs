//! Which model a name means to a workspace, and which of the instances may serve it. Pure: everything comes from the [`Table`].

use std::sync::Arc;

use openai_api::ErrorEnvelope;
use uuid::Uuid;

use super::refusal::Refusal;
use super::table::{Instance, Model, Table, Target};
use crate::activation::{Activation, Activations};
use crate::features::usage::{NoTariff, Tariff, who_pays};
use crate::ids::PLATFORM;

/// Where a request can go.
#[derive(Debug)]
pub struct Route<'a> {
    pub instance: &'a Arc<Instance>,
    pub target: &'a Target,
    pub tariff: Tariff,
}

/// Why a visible model can't be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// What is missing, in words: an activation and of what.
    NotOperational(Vec<String>),
    /// Operational, but no worker is ready.
    NotReady,
}

impl Obstacle {
    pub fn refusal(self, asked: &str) -> Refusal {
        match self {
            Obstacle::NotOperational(missing) => {
                let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
                ErrorEnvelope::model_not_operational(asked, &missing).into()
            }
            Obstacle::NotReady => Refusal::unavailable(format!("No worker for the model `{asked}` is ready yet.")),
        }
    }
}

/// The model that a name or an id means in this workspace. The workspace's own name hides a public one.
pub fn find<'a>(table: &'a Table, tenant: Uuid, asked: &str) -> Option<&'a Arc<Model>> {
    let visible = || {
        [tenant, PLATFORM]
            .into_iter()
            .filter_map(|owner| table.models.get(&owner))
    };
    visible().find_map(|models| models.get(asked)).or_else(|| {
        let id = Uuid::try_parse(asked).ok()?;
        visible().find_map(|models| models.values().find(|model| model.id == id))
    })
}

/// All models of this workspace by the names that mean them, in order of name.
pub fn visible(table: &Table, tenant: Uuid) -> Vec<&Arc<Model>> {
    let own = table.models.get(&tenant).into_iter().flat_map(|models| models.values());
    let hidden = |model: &Model| {
        table
            .models
            .get(&tenant)
            .is_some_and(|own| own.contains_key(&model.model_id))
    };
    let public = table
        .models
        .get(&PLATFORM)
        .into_iter()
        .flat_map(|models| models.values());
    let mut models: Vec<_> = own.chain(public.filter(|model| !hidden(model))).collect();
    models.sort_by(|a, b| a.model_id.cmp(&b.model_id));
    models
}

/// Whose instances serve this workspace, ready or not: its own if it has any, else the platform's for public models.
fn provider(table: &Table, tenant: Uuid, model: &Model) -> Uuid {
    let mut serving = table.instances.get(&model.id).into_iter().flatten();
    let has_own = serving.any(|instance| instance.tenant == tenant);
    if model.is_public() && !has_own {
        PLATFORM
    } else {
        tenant
    }
}

fn candidates<'a>(table: &'a Table, tenant: Uuid, model: &Model) -> Vec<&'a Arc<Instance>> {
    let provider = provider(table, tenant, model);
    let serving = table.instances.get(&model.id).into_iter().flatten();
    serving.filter(|instance| instance.tenant == provider).collect()
}

/// What a model served to this workspace costs.
///
/// # Errors
/// Nothing says so yet.
pub fn tariff(table: &Table, tenant: Uuid, model: &Model) -> Result<Tariff, NoTariff> {
    who_pays(tenant, provider(table, tenant, model), model.price.as_ref())
}

/// The least busy of the instances that may serve. `turn` decides between equally busy ones.
pub fn route<'a>(table: &'a Table, tenant: Uuid, model: &'a Model, turn: usize) -> Result<Route<'a>, Obstacle> {
    if !model.activations.are_complete() {
        return Err(Obstacle::NotOperational(missing(model.activations, "model")));
    }
    let candidates = candidates(table, tenant, model);
    let operational: Vec<_> = candidates
        .iter()
        .copied()
        .filter(|instance| instance.activations.are_complete())
        .collect();
    if operational.is_empty() {
        return Err(match nearest_to_operational(&candidates) {
            Some(instance) => Obstacle::NotOperational(missing(instance.activations, "instance")),
            None => Obstacle::NotReady,
        });
    }
    let targets: Vec<_> = operational
        .iter()
        .filter_map(|instance| Some((*instance, instance.target.as_ref()?)))
        .collect();
    let count = targets.len();
    let chosen = (0..count)
        .map(|offset| targets[turn.wrapping_add(offset) % count])
        // Our own count first: the engine's is as old as its last heartbeat. One that didn't say may be full, so it comes last.
        .min_by_key(|(instance, _)| (instance.load(), instance.queue_depth.unwrap_or(u32::MAX)));
    let (instance, target) = chosen.ok_or(Obstacle::NotReady)?;
    let tariff = who_pays(tenant, instance.tenant, model.price.as_ref());
    Ok(Route {
        instance,
        target,
        tariff: tariff.map_err(|NoTariff| Obstacle::NotOperational(vec!["price of the model".to_owned()]))?,
    })
}

/// Which activations keep a visible model from being called, and whether a worker is ready.
pub fn readiness(table: &Table, tenant: Uuid, model: &Model) -> (Vec<Activation>, bool) {
    let candidates = candidates(table, tenant, model);
    let activations = nearest_to_operational(&candidates).map_or(model.activations, |instance| {
        model.activations.and(instance.activations)
    });
    (activations.missing(), route(table, tenant, model, 0).is_ok())
}

fn nearest_to_operational<'a>(candidates: &[&'a Arc<Instance>]) -> Option<&'a Arc<Instance>> {
    candidates
        .iter()
        .copied()
        .min_by_key(|instance| instance.activations.missing().len())
}

fn missing(activations: Activations, resource: &str) -> Vec<String> {
    let missing = activations.missing().into_iter();
    missing
        .map(|which| format!("{} activation of the {resource}", which.in_words()))
        .collect()
}
