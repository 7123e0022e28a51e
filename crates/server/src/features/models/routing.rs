//! What the gateway's routing table needs to know of models.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::rules::ModelKind;
use crate::error::Result;
use crate::plumbing::db::SystemTx;

/// A model of any tenant, with the newest version of its price.
#[derive(Debug, Clone)]
pub struct RoutingModel {
    pub tenant: Uuid,
    pub id: Uuid,
    /// What a request puts into `model`, and what the engine calls it.
    pub model_id: String,
    pub name: String,
    pub kind: ModelKind,
    /// Slug of the organization it belongs to; none for a public one.
    pub organization_slug: Option<String>,
    /// Tokens.
    pub context_length: i32,
    pub is_active: bool,
    pub tech_activated: bool,
    pub eco_activated: bool,
    pub created_at: DateTime<Utc>,
    pub price_id: Option<Uuid>,
    pub input_eur_per_1m: Option<Decimal>,
    pub cached_input_eur_per_1m: Option<Decimal>,
    pub output_eur_per_1m: Option<Decimal>,
}

pub async fn models(tx: &mut SystemTx, now: DateTime<Utc>) -> Result<Vec<RoutingModel>> {
    let rows = sqlx::query_as!(
        RoutingModel,
        r#"SELECT m.tenant AS "tenant!", m.id, m.model_id, m.name, m.kind AS "kind: ModelKind", o.slug AS "organization_slug?", m.context_length, m.is_active,
            m.tech_activated_at IS NOT NULL AS "tech_activated!", m.eco_activated_at IS NOT NULL AS "eco_activated!", m.created_at,
            p.id AS "price_id?", p.input_eur_per_1m AS "input_eur_per_1m?", p.cached_input_eur_per_1m AS "cached_input_eur_per_1m?",
            p.output_eur_per_1m AS "output_eur_per_1m?"
         FROM models m
         LEFT JOIN organizations o ON o.id = m.organization_id
         LEFT JOIN LATERAL (
            SELECT v.id, v.input_eur_per_1m, v.cached_input_eur_per_1m, v.output_eur_per_1m FROM model_prices v
            WHERE v.tenant = m.tenant AND v.model_id = m.id AND v.valid_from <= $1 ORDER BY v.version DESC LIMIT 1) p ON true
         WHERE m.deleted_at IS NULL"#,
        now,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
