//! The account of a dispatched request: settled exactly once, by whoever gets to it first, at the latest by being dropped.

use std::time::{Duration, Instant};

use openai_api::{Buckets, Count, StreamState};
use rust_decimal::Decimal;

use super::Gateway;
use super::admission::Admitted;
use super::left;
use crate::clock::Clock;
use crate::features::usage::{Outcome, UsageEvent};

/// The status of a request whose caller left, as nginx calls it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Owns the admission until the request is settled.
pub struct Settlement {
    open: Option<Open>,
    gateway: Gateway,
}

struct Open {
    admitted: Admitted,
    /// As of now; replaced, never added to.
    count: Count,
    /// An answer at once has come, and said what it used or shows it.
    is_told: bool,
    /// Something generated went out to the caller.
    delivered: bool,
    first_token: Option<Duration>,
}

impl Settlement {
    pub fn new(gateway: &Gateway, admitted: Admitted) -> Self {
        Self {
            open: Some(Open {
                admitted,
                count: Count::default(),
                is_told: false,
                delivered: false,
                first_token: None,
            }),
            gateway: gateway.clone(),
        }
    }

    /// What a stream has said so far.
    pub fn observe(&mut self, state: &StreamState) {
        let Some(open) = &mut self.open else { return };
        open.count = state.counted();
        open.delivered = state.first_content_seen();
        if open.first_token.is_none() && state.first_content_seen() {
            let elapsed = open.admitted.caller().received.elapsed();
            metrics::histogram!("gateway_first_token_seconds").record(elapsed.as_secs_f64());
            open.first_token = Some(elapsed);
        }
    }

    /// What an answer that came at once says.
    pub fn report(&mut self, count: Count) {
        if let Some(open) = &mut self.open {
            open.count = count;
            open.is_told = true;
        }
    }

    /// The whole answer is about to go out.
    pub fn complete(&mut self) {
        self.settle(Outcome::Complete, 200);
    }

    /// The platform or the engine failed; what has been delivered decides how to call it.
    pub fn broken(&mut self, status: u16) {
        let delivered = self.open.as_ref().is_some_and(|open| open.delivered);
        let outcome = if delivered { Outcome::Partial } else { Outcome::Failed };
        self.settle(outcome, status);
    }

    fn settle(&mut self, outcome: Outcome, http_status: u16) {
        let Some(open) = self.open.take() else { return };
        settle(&self.gateway, open, outcome, http_status);
    }
}

impl Drop for Settlement {
    fn drop(&mut self) {
        let Some(open) = self.open.take() else { return };
        let gateway = self.gateway.clone();
        match tokio::runtime::Handle::try_current() {
            // An answer at once says nothing before its end: only the worker knows what was made until the caller left.
            Ok(runtime) if !open.admitted.streamed() && !open.is_told => drop(runtime.spawn(async move {
                let mut open = open;
                // Something may have been made where nobody can tell: that nothing is charged is an estimate, too.
                let count = left::produced(&gateway, &open.admitted).await;
                open.count = count.unwrap_or(Count::estimated(0));
                settle(&gateway, open, Outcome::Abandoned, CLIENT_CLOSED_REQUEST);
            })),
            _ => settle(&gateway, open, Outcome::Abandoned, CLIENT_CLOSED_REQUEST),
        }
    }
}

/// The event is in the journal when this returns, and the instance's slot is free.
fn settle(gateway: &Gateway, open: Open, outcome: Outcome, http_status: u16) {
    let event = open.event(outcome, http_status, &gateway.0.core.clock);
    gateway.0.usage.journal().append(&event);
    drop(open);
    count(&event);
}

impl Open {
    fn event(&self, outcome: Outcome, http_status: u16, clock: &Clock) -> UsageEvent {
        let admitted = &self.admitted;
        let (caller, model) = (admitted.caller(), admitted.model());
        if outcome == Outcome::Complete && self.count.is_estimated {
            metrics::counter!("gateway_answers_without_usage_total").increment(1);
            tracing::error!(request_id = %caller.request_id, instance_id = %admitted.instance_id(), "an engine answered without saying what it used; it is estimated");
        }
        let tokens = self.count.usage.buckets();
        let produced = tokens.output > 0 || tokens.reasoning > 0;
        let tokens_of = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let milliseconds = |duration: Duration| i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
        UsageEvent {
            request_id: caller.request_id,
            started_at: caller.started_at,
            finished_at: clock.now(),
            consumer_tenant: caller.tenant,
            consumer_organization_id: caller.organization_id,
            consumer_user_id: Some(caller.user_id),
            api_key_id: caller.key.as_ref().map(|key| key.id),
            api_key_name: caller.key.as_ref().map(|key| key.name.clone()),
            provider_tenant: admitted.provider_tenant(),
            instance_id: admitted.instance_id(),
            model_tenant: model.tenant,
            model_id: model.id,
            model_name: model.name.clone(),
            uncached_input_tokens: tokens_of(tokens.uncached_input),
            cached_input_tokens: tokens_of(tokens.cached_input),
            output_tokens: tokens_of(tokens.output),
            reasoning_tokens: tokens_of(tokens.reasoning),
            price_id: admitted.tariff().price().map(|price| price.id),
            // A stream from which nothing came is known by that, unless it was complete.
            estimated: self.count.is_estimated && (produced || outcome == Outcome::Complete || !admitted.streamed()),
            charge_eur: self.charge(outcome, produced, &tokens),
            outcome,
            http_status: i16::try_from(http_status).unwrap_or_default(),
            streamed: admitted.streamed(),
            latency_ms: milliseconds(Instant::now() - caller.received),
            first_token_ms: self.first_token.map(milliseconds),
        }
    }

    fn charge(&self, outcome: Outcome, produced: bool, tokens: &Buckets) -> Decimal {
        let charge = self.admitted.tariff().charge(outcome, produced, tokens);
        charge.unwrap_or_else(|| {
            metrics::counter!("gateway_absurd_charges_total").increment(1);
            tracing::error!(
                ?tokens,
                "an engine reported more tokens than can be charged; nothing is"
            );
            Decimal::ZERO
        })
    }
}

fn count(event: &UsageEvent) {
    metrics::counter!("gateway_requests_total", "outcome" => event.outcome.as_str(), "status" => event.http_status.to_string())
        .increment(1);
    metrics::histogram!("gateway_request_seconds").record(f64::from(event.latency_ms) / 1000.0);
    for (kind, tokens) in [
        ("input", event.uncached_input_tokens),
        ("cached_input", event.cached_input_tokens),
        ("output", event.output_tokens),
        ("reasoning", event.reasoning_tokens),
    ] {
        metrics::counter!("gateway_tokens_total", "kind" => kind).increment(u64::try_from(tokens).unwrap_or_default());
    }
}
