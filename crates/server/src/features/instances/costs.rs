//! What instances cost: the overlap of a window with their cost segments, times the price of each segment.
//!
//! PostgreSQL's `numeric` does the arithmetic. Seconds (with microseconds) times price are summed exactly; only then comes the
//! division by 3600, once, rounded to the twelve places of an amount. So a window costs what its parts cost together, to within
//! half of the last place for each part, and to the last digit where the parts need no rounding.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::rules::Status;
use crate::error::Result;
use crate::plumbing::db::TenantTx;

/// Instances that one report lists; sums are over all of them.
const MOST_INSTANCES: i64 = 1_000;

/// An instance that costs, or did so lately.
#[derive(Debug, Clone)]
pub struct BilledInstance {
    pub instance_id: Uuid,
    pub name: Option<String>,
    pub model_id: Uuid,
    pub status: Status,
    /// Zero when it costs nothing any more.
    pub cost_per_hour_eur: Decimal,
    /// Since when it has cost; `None` when it does not any more.
    pub billed_since: Option<DateTime<Utc>>,
    pub cost_to_date_eur: Decimal,
}

/// The workspace's instances that cost something after `since`, the running ones first.
pub async fn billed(tx: &mut TenantTx, since: DateTime<Utc>, as_of: DateTime<Utc>) -> Result<Vec<BilledInstance>> {
    let tenants = tx.tenants();
    let rows = sqlx::query_as!(
        BilledInstance,
        r#"SELECT i.id AS instance_id, i.name, i.model_id, i.status AS "status: Status",
            COALESCE(sum(s.cost_per_hour_eur) FILTER (WHERE upper_inf(s.period)), 0) AS "cost_per_hour_eur!",
            CASE WHEN bool_or(upper_inf(s.period)) THEN min(lower(s.period)) END AS billed_since,
            round(sum(s.cost_per_hour_eur * extract(epoch FROM LEAST(upper(s.period), $3) - lower(s.period))) / 3600, 12)
                AS "cost_to_date_eur!"
         FROM instance_cost_segments s JOIN instances i ON i.tenant = s.tenant AND i.id = s.instance_id
         WHERE s.tenant = ANY($1) AND lower(s.period) < $3
         GROUP BY i.id, i.name, i.model_id, i.status, i.created_at
         HAVING bool_or(upper_inf(s.period) OR upper(s.period) > $2)
         ORDER BY bool_or(upper_inf(s.period)) DESC, i.created_at DESC, i.id DESC LIMIT $4"#,
        &tenants,
        since,
        as_of,
        MOST_INSTANCES,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What the workspace's servers cost per hour at this moment.
pub async fn rate(tx: &mut TenantTx, as_of: DateTime<Utc>) -> Result<Decimal> {
    let tenants = tx.tenants();
    let query = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(cost_per_hour_eur), 0) AS "rate!" FROM instance_cost_segments
         WHERE tenant = ANY($1) AND upper_inf(period) AND lower(period) < $2"#,
        &tenants,
        as_of,
    );
    Ok(query.fetch_one(tx.conn()).await?)
}

/// What the workspace's servers cost between two moments. The window must not reach beyond now: what runs is taken to run on.
pub async fn in_window(tx: &mut TenantTx, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Decimal> {
    let tenants = tx.tenants();
    let query = sqlx::query_scalar!(
        r#"SELECT COALESCE(round(sum(cost_per_hour_eur
                * extract(epoch FROM LEAST(upper(period), $3) - GREATEST(lower(period), $2))) / 3600, 12), 0) AS "cost!"
         FROM instance_cost_segments WHERE tenant = ANY($1) AND period && tstzrange($2, $3)"#,
        &tenants,
        from,
        to,
    );
    Ok(query.fetch_one(tx.conn()).await?)
}

/// As [`in_window`], for each of these windows, in their order.
pub async fn in_windows(tx: &mut TenantTx, windows: &[(DateTime<Utc>, DateTime<Utc>)]) -> Result<Vec<Decimal>> {
    let tenants = tx.tenants();
    let (from, to): (Vec<_>, Vec<_>) = windows.iter().copied().unzip();
    let query = sqlx::query_scalar!(
        r#"SELECT COALESCE(round(sum(s.cost_per_hour_eur
                * extract(epoch FROM LEAST(upper(s.period), w.ends) - GREATEST(lower(s.period), w.begins))) / 3600, 12), 0) AS "cost!"
         FROM unnest($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS w (begins, ends, position)
         LEFT JOIN instance_cost_segments s ON s.tenant = ANY($1) AND s.period && tstzrange(w.begins, w.ends)
         GROUP BY w.position ORDER BY w.position"#,
        &tenants,
        &from,
        &to,
    );
    Ok(query.fetch_all(tx.conn()).await?)
}
