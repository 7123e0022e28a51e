//! Reports.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Finops;
use super::rules::{beginnings, window};
use crate::error::Result;
use crate::features::api_keys;
use crate::features::instances::costs::{self, BilledInstance};
use crate::features::models;
use crate::features::usage::reports::{self, GroupBy, UsageRow};
use crate::operation::Authorized;

/// What servers cost now, and did today and this month (UTC).
pub struct CurrentCost {
    pub as_of: DateTime<Utc>,
    pub rate: Decimal,
    pub today: Decimal,
    pub month_to_date: Decimal,
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
        today: costs::in_window(&mut tx, day, as_of).await?,
        month_to_date: costs::in_window(&mut tx, month, as_of).await?,
        instances: instances.into_iter().map(named).collect(),
    })
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
