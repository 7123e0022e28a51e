//! Reports.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Finops;
use super::rules::{beginnings, days, window};
use crate::error::Result;
use crate::features::api_keys;
use crate::features::instances::costs::{self, BilledInstance};
use crate::features::models;
use crate::features::usage::reports::{self, GroupBy, UsageRow, Window};
use crate::operation::Authorized;
use crate::plumbing::db::TenantTx;

/// What something cost: by the hour for servers, by the request for tokens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub instances: Decimal,
    pub tokens: Decimal,
}

impl Cost {
    pub fn total(self) -> Decimal {
        self.instances + self.tokens
    }
}

/// What servers cost now, and what the workspace cost today and this month (UTC).
pub struct CurrentCost {
    pub as_of: DateTime<Utc>,
    pub rate: Decimal,
    pub today: Cost,
    pub month_to_date: Cost,
    /// Those that cost something this month, with the names of their models.
    pub instances: Vec<(BilledInstance, String)>,
}

pub async fn current_cost(finops: &Finops, authorized: Authorized<'_>) -> Result<CurrentCost> {
    let as_of = authorized.request.now;
    let (day, month) = beginnings(as_of);
    let mut tx = finops.core.db.read(&authorized).await?;
    let instances = costs::billed(&mut tx, month, as_of).await?;
    let ids: Vec<Uuid> = instances.iter().map(|instance| instance.model_id).collect();
    let names: HashMap<Uuid, String> = models::names(&mut tx, &ids).await?.into_iter().collect();
    let named = |instance: BilledInstance| {
        let name = names.get(&instance.model_id).cloned().unwrap_or_default();
        (instance, name)
    };
    Ok(CurrentCost {
        as_of,
        rate: costs::rate(&mut tx, as_of).await?,
        today: cost_since(&mut tx, day, as_of).await?,
        month_to_date: cost_since(&mut tx, month, as_of).await?,
        instances: instances.into_iter().map(named).collect(),
    })
}

async fn cost_since(tx: &mut TenantTx, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Cost> {
    Ok(Cost {
        instances: costs::in_window(tx, from, to).await?,
        tokens: reports::charged(tx, Window { from, to }).await?,
    })
}

/// What each day of a window cost, those without costs included, and all of them together.
pub struct DailyCost {
    pub days: Vec<(NaiveDate, Cost)>,
    pub total: Cost,
}

/// Nothing is known of what comes, so the window ends now at the latest.
///
/// # Errors
/// 422 naming the parameter.
pub async fn daily_cost(
    finops: &Finops,
    authorized: Authorized<'_>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
) -> Result<DailyCost> {
    let now = authorized.request.now;
    let asked = window(from, to, now)?;
    let past = Window {
        from: asked.from,
        to: asked.to.min(now),
    };
    let parts = days(past);
    let bounds: Vec<_> = parts.iter().map(|(_, part)| (part.from, part.to)).collect();
    let mut tx = finops.core.db.read(&authorized).await?;
    let instances = costs::in_windows(&mut tx, &bounds).await?;
    let lines = reports::consumed(&mut tx, past, GroupBy::Day, None).await?;
    let charges: HashMap<String, Decimal> = lines
        .into_iter()
        .filter_map(|line| Some((line.key?, line.charge_eur)))
        .collect();
    let days: Vec<_> = parts
        .iter()
        .zip(instances)
        .map(|((day, _), instances)| {
            let tokens = charges.get(&day.to_string()).copied().unwrap_or_default();
            (*day, Cost { instances, tokens })
        })
        .collect();
    let total = Cost {
        instances: days.iter().map(|(_, cost)| cost.instances).sum(),
        tokens: days.iter().map(|(_, cost)| cost.tokens).sum(),
    };
    Ok(DailyCost { days, total })
}

/// Usage in a window: the lines and their sum.
pub struct UsageReport {
    pub lines: Vec<UsageRow>,
    pub total: UsageRow,
    /// What tells keys of one name apart, by id: of every line that is a key's.
    pub keys: HashMap<Uuid, UsedKey>,
}

pub struct UsedKey {
    pub prefix: String,
    /// Another key took its place.
    pub replaced: bool,
}

/// What the workspace consumed (`whose` is `None`), or what one person did there.
///
/// # Errors
/// 422 naming the parameter.
pub async fn usage(
    finops: &Finops,
    authorized: Authorized<'_>,
    group_by: GroupBy,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    whose: Option<Uuid>,
) -> Result<UsageReport> {
    let window = window(from, to, authorized.request.now)?;
    let mut tx = finops.core.db.read(&authorized).await?;
    let rows = reports::consumed(&mut tx, window, group_by, whose).await?;
    let (mut totals, lines): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_total);
    let nothing = || UsageRow {
        is_total: true,
        key: None,
        label: None,
        requests: 0,
        estimated_requests: 0,
        input_tokens: 0,
        cached_input_tokens: 0,
        output_tokens: 0,
        charge_eur: Decimal::ZERO,
    };
    let ids: Vec<Uuid> = match group_by {
        GroupBy::Key => lines
            .iter()
            .filter_map(|line| line.key.as_deref()?.parse().ok())
            .collect(),
        GroupBy::Model | GroupBy::Day => Vec::new(),
    };
    let keys = api_keys::recognised(&mut tx, &ids).await?;
    let named = |(id, prefix, replaced)| (id, UsedKey { prefix, replaced });
    Ok(UsageReport {
        lines,
        keys: keys.into_iter().map(named).collect(),
        total: totals.pop().unwrap_or_else(nothing),
    })
}
