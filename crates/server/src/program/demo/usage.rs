//! A week of requests that nobody made, told as the meter would have told them.

use chrono::{DateTime, Duration, NaiveTime, Utc};
use openai_api::Buckets;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::accounts::Made;
use super::{EVERYTHING, KEY_NAME, MODEL};
use crate::error::{Error, Result};
use crate::features::models::{self, ModelRow};
use crate::features::usage::reports::{self, GroupBy, Window};
use crate::features::usage::{JournaledEvent, NoTariff, Outcome, Price, UsageEvent, insert, who_pays};
use crate::ids::PLATFORM;
use crate::operation::Operation;
use crate::permissions::Permission;
use crate::plumbing::db::SystemReason;
use crate::plumbing::edge::paging::Paging;
use crate::plumbing::events::{self, Topic};
use crate::program::Program;

const DAYS: i64 = 7;
/// Between morning and evening.
const REQUESTS_PER_DAY: std::ops::Range<usize> = 60..140;
const OPENS: i64 = 8 * 3_600;
const CLOSES: i64 = 19 * 3_600;
/// Public models that the organizations also use, at the platform's price.
const PAID: [&str; 2] = ["openai/gpt-oss-20b", "Qwen/Qwen3.5-9B"];

/// Writes the week unless the organization used something in it already.
pub async fn ensure(
    program: &Program,
    owner: &Operation,
    organization: &Made,
    instance: Uuid,
    key: Uuid,
) -> Result<()> {
    let now = program.core.clock.now();
    let window = Window {
        from: now - Duration::days(DAYS + 1),
        to: now,
    };
    let mut tx = program.core.db.read(&owner.require(Permission::FinopsRead)?).await?;
    let known = reports::consumed(&mut tx, window, GroupBy::Day, None).await?;
    drop(tx);
    if known.iter().any(|row| row.requests > 0) {
        return Ok(());
    }
    let seen = models::list(
        &program.models,
        owner.require(Permission::ModelRead)?,
        &Paging::first(EVERYTHING),
    )
    .await?;
    let models: Vec<ModelRow> = seen.items.into_iter().map(|seen| seen.model).collect();
    let week = Week {
        organization,
        instance,
        key,
        models: &models,
        now,
    };
    let events = week.events()?;
    let mut tx = program.core.db.system(SystemReason::OperatorCommand).await?;
    for batch in events.chunks(500) {
        insert(&mut tx, batch).await?;
    }
    events::notify(tx.conn(), Topic::Usage, organization.id, organization.id).await?;
    tx.commit().await
}

struct Week<'a> {
    organization: &'a Made,
    instance: Uuid,
    key: Uuid,
    models: &'a [ModelRow],
    now: DateTime<Utc>,
}

impl Week<'_> {
    fn events(&self) -> Result<Vec<JournaledEvent>> {
        // The same week for the same organization, whenever it is made.
        let seed = self.organization.slug.bytes().map(u64::from).sum();
        let mut random = StdRng::seed_from_u64(seed);
        let mut events = Vec::new();
        for days_ago in 0..DAYS {
            let day = (self.now - Duration::days(days_ago)).date_naive();
            let midnight = day.and_time(NaiveTime::MIN).and_utc();
            for _ in 0..random.random_range(REQUESTS_PER_DAY) {
                let started_at = midnight
                    + Duration::seconds(random.random_range(OPENS..CLOSES))
                    + Duration::milliseconds(random.random_range(0..1_000));
                let event = self.event(started_at, &mut random)?;
                if event.event.finished_at < self.now {
                    events.push(event);
                }
            }
        }
        Ok(events)
    }

    fn event(&self, started_at: DateTime<Utc>, random: &mut StdRng) -> Result<JournaledEvent> {
        // Two of three requests go to the organization's own instance, which costs by the hour and nothing by the token.
        let wanted = match random.random_range(0..6) {
            4 => PAID[0],
            5 => PAID[1],
            _ => MODEL,
        };
        let model = self.models.iter().find(|model| model.model_id == wanted);
        let model = model.ok_or_else(|| Error::internal(anyhow::anyhow!("the catalogue has no {wanted}")))?;
        let is_own = wanted == MODEL;
        let tokens = Buckets {
            uncached_input: random.random_range(40..1_800),
            cached_input: if random.random_bool(0.4) { 512 } else { 0 },
            output: random.random_range(20..600),
            reasoning: 0,
        };
        let provider = if is_own { self.organization.id } else { PLATFORM };
        let tariff = who_pays(self.organization.id, provider, price(model).as_ref());
        let tariff = tariff.map_err(|NoTariff| Error::internal(anyhow::anyhow!("{wanted} has no price")))?;
        let latency_ms = 150 + i32::try_from(tokens.output).unwrap_or(0) * 9;
        let who = &self.organization.accounts[random.random_range(0..self.organization.accounts.len())];
        let with_key = random.random_bool(0.7);
        let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        let event = UsageEvent {
            request_id: crate::ids::new_id(),
            started_at,
            finished_at: started_at + Duration::milliseconds(i64::from(latency_ms)),
            consumer_tenant: self.organization.id,
            consumer_organization_id: Some(self.organization.id),
            // A key's requests count for whoever made it.
            consumer_user_id: Some(if with_key {
                self.organization.accounts[0].id
            } else {
                who.id
            }),
            api_key_id: with_key.then_some(self.key),
            api_key_name: with_key.then(|| KEY_NAME.to_owned()),
            provider_tenant: provider,
            // The platform's instance of last week is not one of those that exist.
            instance_id: if is_own { self.instance } else { Uuid::nil() },
            model_tenant: model.tenant,
            model_id: model.id,
            model_name: model.model_id.clone(),
            uncached_input_tokens: count(tokens.uncached_input),
            cached_input_tokens: count(tokens.cached_input),
            output_tokens: count(tokens.output),
            reasoning_tokens: count(tokens.reasoning),
            estimated: false,
            price_id: tariff.price().map(|price| price.id),
            charge_eur: tariff.charge(Outcome::Complete, true, &tokens).unwrap_or(Decimal::ZERO),
            outcome: Outcome::Complete,
            http_status: 200,
            streamed: random.random_bool(0.8),
            latency_ms,
            first_token_ms: Some(random.random_range(40..150)),
        };
        let payload = serde_json::to_vec(&event).map_err(Error::internal)?;
        JournaledEvent::read(&payload)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("an event could not be read back")))
    }
}

fn price(model: &ModelRow) -> Option<Price> {
    Some(Price {
        id: model.price_id?,
        input_eur_per_1m: model.input_eur_per_1m?,
        cached_input_eur_per_1m: model.cached_input_eur_per_1m?,
        output_eur_per_1m: model.output_eur_per_1m?,
    })
}
