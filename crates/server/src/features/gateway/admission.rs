//! Whether a request may be served, by which instance and at whose cost. The one place that makes an [`Admitted`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::HeaderValue;
use axum::http::uri::Authority;
use openai_api::{ErrorEnvelope, RequestBody};
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use super::Gateway;
use super::caller::Caller;
use super::refusal::Refusal;
use super::resolution;
use super::table::{Model, Target};
use crate::features::usage::Tariff;
use crate::plumbing::addresses::Named;

/// A request that may be sent to an instance. Without one nothing is dispatched; it is spent by dispatching.
pub struct Admitted {
    caller: Caller,
    model: Arc<Model>,
    streamed: bool,
    most_output: Option<u64>,
    instance_id: Uuid,
    provider_tenant: Uuid,
    target: Target,
    tariff: Tariff,
    _permit: Permit,
    // The program waits with its end until this request is settled.
    _unsettled: TaskTrackerToken,
}

/// Decides from what is known: no query once the table is there.
///
/// # Errors
/// 404 for a model that is unknown or not allowed (the same), 403 when it is switched off, 503 when nobody is ready.
pub async fn admit(gateway: &Gateway, caller: Caller, body: &RequestBody) -> Result<Admitted, Refusal> {
    if !gateway.0.usage.journal().is_writable() {
        return Err(Refusal::unavailable(
            "Requests can't be accounted for right now, so none is accepted.",
        ));
    }
    let asked = body.model();
    let table = gateway.table().await?;
    let model = resolution::find(&table, caller.tenant, asked)
        .filter(|model| caller.may_call(&model.model_id, model.id))
        .ok_or_else(|| ErrorEnvelope::model_not_found(asked))?;
    let turn = gateway.0.turn.fetch_add(1, Ordering::Relaxed);
    let route = resolution::route(&table, caller.tenant, model, turn).map_err(|obstacle| obstacle.refusal(asked))?;
    Ok(Admitted {
        model: Arc::clone(model),
        streamed: body.stream(),
        most_output: body.max_output_tokens().map(|tokens| tokens.saturating_mul(body.n())),
        instance_id: route.instance.id,
        provider_tenant: route.instance.tenant,
        target: route.target.clone(),
        tariff: route.tariff,
        _permit: Permit::take(&route.instance.in_flight),
        _unsettled: gateway.0.usage.settling().token(),
        caller,
    })
}

impl Admitted {
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What the caller allows to be generated, over all answers; `None` without a limit.
    pub fn most_output(&self) -> Option<u64> {
        self.most_output
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    pub fn streamed(&self) -> bool {
        self.streamed
    }

    pub fn instance_id(&self) -> Uuid {
        self.instance_id
    }

    pub fn provider_tenant(&self) -> Uuid {
        self.provider_tenant
    }

    pub fn authority(&self) -> &Authority {
        &self.target.authority
    }

    pub fn named(&self) -> Named {
        self.target.named
    }

    pub fn authorization(&self) -> &HeaderValue {
        &self.target.authorization
    }

    pub fn tariff(&self) -> &Tariff {
        &self.tariff
    }
}

/// Counts a request on its instance for as long as it lives.
struct Permit(Arc<AtomicUsize>);

impl Permit {
    fn take(in_flight: &Arc<AtomicUsize>) -> Self {
        in_flight.fetch_add(1, Ordering::Relaxed);
        metrics::gauge!("gateway_in_flight").increment(1);
        Self(Arc::clone(in_flight))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("gateway_in_flight").decrement(1);
    }
}
