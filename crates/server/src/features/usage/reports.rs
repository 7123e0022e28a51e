//! Reading usage: what a workspace consumed, grouped.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::error::Result;
use crate::plumbing::db::TenantTx;

/// What makes a line of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    #[default]
    Model,
    Key,
    /// Days in UTC.
    Day,
}

impl GroupBy {
    fn as_str(self) -> &'static str {
        match self {
            GroupBy::Model => "model",
            GroupBy::Key => "key",
            GroupBy::Day => "day",
        }
    }
}

/// One line, or the sum of all.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageRow {
    pub is_total: bool,
    /// The model's id, the key's id (`None`: used from the console) or the day.
    pub key: Option<String>,
    /// What people call it, as of its latest use.
    pub label: Option<String>,
    pub requests: i64,
    /// Those among them whose tokens were counted by us, as the engine didn't say.
    pub estimated_requests: i64,
    /// Cached ones included.
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    /// Reasoning included.
    pub output_tokens: i64,
    pub charge_eur: Decimal,
}

/// Requests that began in `[from, to)`.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// What the workspace consumed, or only what one person did there. Lines and their sum come from one statement, so they add up
/// whatever is written meanwhile.
pub async fn consumed(
    tx: &mut TenantTx,
    window: Window,
    group_by: GroupBy,
    by_user: Option<Uuid>,
) -> Result<Vec<UsageRow>> {
    let tenants = tx.tenants();
    let rows = sqlx::query_as!(
        UsageRow,
        r#"WITH chosen AS (
            SELECT started_at, uncached_input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, charge_eur, estimated,
                CASE $4 WHEN 'model' THEN model_id::text WHEN 'key' THEN api_key_id::text
                    ELSE to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') END AS key,
                CASE $4 WHEN 'model' THEN model_name WHEN 'key' THEN api_key_name
                    ELSE to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') END AS label
            FROM inference_usage
            WHERE consumer_tenant = ANY($1) AND started_at >= $2 AND started_at < $3 AND ($5::uuid IS NULL OR consumer_user_id = $5))
         SELECT grouping(key) = 1 AS "is_total!", key, CASE WHEN grouping(key) = 0 THEN (array_agg(label ORDER BY started_at DESC))[1] END AS label,
            count(*) AS "requests!", count(*) FILTER (WHERE estimated) AS "estimated_requests!", COALESCE(sum(uncached_input_tokens + cached_input_tokens), 0)::bigint AS "input_tokens!",
            COALESCE(sum(cached_input_tokens), 0)::bigint AS "cached_input_tokens!", COALESCE(sum(output_tokens + reasoning_tokens), 0)::bigint AS "output_tokens!",
            COALESCE(sum(charge_eur), 0) AS "charge_eur!"
         FROM chosen GROUP BY GROUPING SETS ((key), ())
         ORDER BY grouping(key), CASE WHEN $4 = 'day' THEN key END, sum(charge_eur) DESC, count(*) DESC, key"#,
        &tenants,
        window.from,
        window.to,
        group_by.as_str(),
        by_user,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What the workspace was charged for its requests.
pub async fn charged(tx: &mut TenantTx, window: Window) -> Result<Decimal> {
    let tenants = tx.tenants();
    let query = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(charge_eur), 0) AS "charge!" FROM inference_usage
         WHERE consumer_tenant = ANY($1) AND started_at >= $2 AND started_at < $3"#,
        &tenants,
        window.from,
        window.to,
    );
    Ok(query.fetch_one(tx.conn()).await?)
}
