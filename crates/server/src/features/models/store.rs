//! SQL of `models` and `model_prices`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rules::{Engine, ModelKind, ModelRequest, ModelRow, PriceRequest};
use crate::activation::Activation;
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::ids::{PLATFORM, new_id};
use crate::plumbing::db::{SystemTx, TenantTx, WriteTx, read_words};
use crate::plumbing::edge::paging::Paging;

read_words!(Engine, ModelKind);

/// The models a workspace sees, its own and the public ones: all, one, or those that need at most so much GPU memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection {
    pub id: Option<Uuid>,
    pub at_most_vram_gb: Option<i32>,
}

pub async fn visible(tx: &mut TenantTx, paging: &Paging, selection: Selection) -> Result<Vec<ModelRow>> {
    let mut tenants = tx.tenants();
    if !tenants.contains(&PLATFORM) {
        tenants.push(PLATFORM);
    }
    let (beyond_at, beyond_id) = paging.beyond();
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_as!(
                ModelRow,
                r#"SELECT m.id, m.tenant AS "tenant!", m.scope, m.organization_id, m.name, m.model_id, m.description, m.licence, m.kind AS "kind: ModelKind", m.engine AS "engine: Engine",
                    m.engine_arguments, m.required_vram_gb, m.context_length, m.data_volume_gb, m.is_active, m.tech_activated_by,
                    m.tech_activated_at, m.eco_activated_by, m.eco_activated_at, m.is_operational AS "is_operational!", m.created_at, m.updated_at,
                    tech.username AS "tech_activated_by_username?", eco.username AS "eco_activated_by_username?",
                    p.id AS "price_id?", p.version AS "price_version?", p.input_eur_per_1m AS "input_eur_per_1m?",
                    p.cached_input_eur_per_1m AS "cached_input_eur_per_1m?", p.output_eur_per_1m AS "output_eur_per_1m?"
                 FROM unnest($1::uuid[]) AS seen (tenant)
                 CROSS JOIN LATERAL (
                    SELECT * FROM models m
                    WHERE m.tenant = seen.tenant AND m.deleted_at IS NULL AND (m.created_at, m.id) "# + $beyond + r#" ($6::timestamptz, $7::uuid)
                        AND ($2::uuid IS NULL OR m.id = $2) AND ($3::integer IS NULL OR m.required_vram_gb <= $3)
                        AND ($4::text IS NULL OR m.scope = $4) AND ($5 = '%' OR m.name ILIKE $5 OR m.model_id ILIKE $5)
                    ORDER BY m.created_at "# + $order + ", m.id " + $order + " LIMIT $8) AS m
                 LEFT JOIN LATERAL (
                    SELECT * FROM model_prices p WHERE p.tenant = m.tenant AND p.model_id = m.id ORDER BY p.version DESC LIMIT 1) p ON true
                 LEFT JOIN users tech ON tech.id = m.tech_activated_by LEFT JOIN users eco ON eco.id = m.eco_activated_by
                 ORDER BY m.created_at " + $order + ", m.id " + $order + " LIMIT $8",
                &tenants,
                selection.id,
                selection.at_most_vram_gb,
                paging.scope,
                paging.pattern,
                beyond_at,
                beyond_id,
                paging.fetch(),
            )
            .fetch_all(tx.conn())
            .await?
        };
    }
    Ok(if paging.ascending {
        page!(">", "ASC")
    } else {
        page!("<", "DESC")
    })
}

/// A model that this workspace sees. Somebody else's is like none.
pub async fn get(tx: &mut TenantTx, id: Uuid) -> Result<Option<ModelRow>> {
    let selection = Selection {
        id: Some(id),
        ..Selection::default()
    };
    Ok(visible(tx, &Paging::first(1), selection).await?.pop())
}

/// Locks one of the workspace's own models against every other change, and against a deployment that refers to it.
pub async fn lock_own(tx: &mut WriteTx, id: Uuid) -> Result<bool> {
    let tenants = tx.tenants();
    let query = sqlx::query_scalar!(
        "SELECT id FROM models WHERE id = $1 AND tenant = ANY($2) AND deleted_at IS NULL FOR UPDATE",
        id,
        &tenants
    );
    Ok(query.fetch_optional(tx.conn()).await?.is_some())
}

/// The names of models, also of deleted ones, among those that a workspace sees or used.
pub async fn names(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let tenants = tx.tenants();
    let rows = sqlx::query!(
        "SELECT id, name FROM models WHERE id = ANY($1) AND (tenant = ANY($2) OR tenant = $3)",
        ids,
        &tenants,
        PLATFORM,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

fn model_id_taken(error: sqlx::Error) -> Error {
    if Error::violates(&error, "models_model_id_key") {
        Error::invalid("model_id", FieldCode::Taken, "is the id of another model here")
    } else {
        error.into()
    }
}

/// Adds a model to the workspace: the organization's, or the platform's for its admins.
///
/// # Errors
/// 422 when another model there has the `model_id`.
pub async fn insert(tx: &mut WriteTx, id: Uuid, model: &ModelRequest) -> Result<()> {
    let operation = tx.operation();
    let organization = operation.workspace.organization_id();
    let (user, now) = (operation.user_id, operation.request.now);
    sqlx::query!(
        "INSERT INTO models (id, scope, organization_id, name, model_id, description, licence, engine, engine_arguments, required_vram_gb,
            context_length, data_volume_gb, is_active, created_by_user_id, created_at, updated_at, kind)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)",
        id,
        if organization.is_some() { "organization" } else { "platform" },
        organization,
        model.name.trim(),
        model.model_id,
        model.description.trim(),
        model.licence.trim(),
        model.engine.as_str(),
        &model.engine_arguments,
        model.required_vram_gb,
        model.context_length,
        model.data_volume_gb,
        model.is_active,
        user,
        now,
        model.kind.as_str(),
    )
    .execute(tx.conn())
    .await
    .map_err(model_id_taken)?;
    Ok(())
}

/// # Errors
/// 422 when another model there has the `model_id`.
pub async fn update(tx: &mut WriteTx, id: Uuid, model: &ModelRequest, clear_tech: bool) -> Result<()> {
    let (tenants, now) = (tx.tenants(), tx.operation().request.now);
    sqlx::query!(
        "UPDATE models SET name = $3, model_id = $4, description = $5, licence = $6, engine = $7, engine_arguments = $8, required_vram_gb = $9,
            context_length = $10, data_volume_gb = $11, is_active = $12, updated_at = $13, kind = $15,
            tech_activated_by = CASE WHEN $14 THEN NULL ELSE tech_activated_by END,
            tech_activated_at = CASE WHEN $14 THEN NULL ELSE tech_activated_at END
         WHERE id = $1 AND tenant = ANY($2)",
        id,
        &tenants,
        model.name.trim(),
        model.model_id,
        model.description.trim(),
        model.licence.trim(),
        model.engine.as_str(),
        &model.engine_arguments,
        model.required_vram_gb,
        model.context_length,
        model.data_volume_gb,
        model.is_active,
        now,
        clear_tech,
        model.kind.as_str(),
    )
    .execute(tx.conn())
    .await
    .map_err(model_id_taken)?;
    Ok(())
}

/// Sets or clears one of the two flags.
pub async fn activate(tx: &mut WriteTx, id: Uuid, activation: Activation, active: bool) -> Result<()> {
    let (tenants, now) = (tx.tenants(), tx.operation().request.now);
    let by = active.then_some(tx.operation().user_id);
    let at = active.then_some(now);
    macro_rules! set {
        ($by:literal, $at:literal) => {
            sqlx::query!(
                "UPDATE models SET "
                    + $by
                    + " = $3, "
                    + $at
                    + " = $4, updated_at = $5 WHERE id = $1 AND tenant = ANY($2)",
                id,
                &tenants,
                by,
                at,
                now
            )
            .execute(tx.conn())
            .await?
        };
    }
    match activation {
        Activation::Tech => set!("tech_activated_by", "tech_activated_at"),
        Activation::Eco => set!("eco_activated_by", "eco_activated_at"),
    };
    Ok(())
}

/// The next version of a model's price, for requests that start from now on. The model is locked, so versions have no gaps.
pub async fn insert_price(tx: &mut WriteTx, model: &ModelRow, price: &PriceRequest) -> Result<()> {
    let operation = tx.operation();
    let (user, now) = (operation.user_id, operation.request.now);
    sqlx::query!(
        "INSERT INTO model_prices (id, tenant, model_id, version, input_eur_per_1m, cached_input_eur_per_1m, output_eur_per_1m,
            created_by_user_id, valid_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new_id(),
        model.tenant,
        model.id,
        model.price_version.unwrap_or(0) + 1,
        price.input.0,
        price.cached_input.0,
        price.output.0,
        user,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn soft_delete(tx: &mut WriteTx, id: Uuid) -> Result<()> {
    let (tenants, now) = (tx.tenants(), tx.operation().request.now);
    sqlx::query!(
        "UPDATE models SET deleted_at = $3, updated_at = $3 WHERE id = $1 AND tenant = ANY($2)",
        id,
        &tenants,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

// ---------------------------------------------------------------- the platform's own catalogue

/// Was there ever a public model with this id? One that was deleted stays so.
pub async fn public_model_was_known(tx: &mut SystemTx, model_id: &str) -> Result<bool> {
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM models WHERE tenant = $1 AND model_id = $2) AS "known!""#,
        PLATFORM,
        model_id,
    );
    Ok(query.fetch_one(tx.conn()).await?)
}

/// A public model made operational by the platform itself: both flags set, by nobody in particular.
pub async fn insert_public(
    tx: &mut SystemTx,
    id: Uuid,
    model: &ModelRequest,
    price: &PriceRequest,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "INSERT INTO models (id, scope, name, model_id, description, licence, engine, engine_arguments, required_vram_gb, context_length,
            data_volume_gb, is_active, tech_activated_at, eco_activated_at, created_at, updated_at, kind)
         VALUES ($1, 'platform', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12, $12, $13)",
        id,
        model.name,
        model.model_id,
        model.description,
        model.licence,
        model.engine.as_str(),
        &model.engine_arguments,
        model.required_vram_gb,
        model.context_length,
        model.data_volume_gb,
        model.is_active,
        now,
        model.kind.as_str(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO model_prices (id, tenant, model_id, version, input_eur_per_1m, cached_input_eur_per_1m, output_eur_per_1m, valid_from)
         VALUES ($1, $2, $3, 1, $4, $5, $6, $7)",
        new_id(),
        PLATFORM,
        id,
        price.input.0,
        price.cached_input.0,
        price.output.0,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Does an instance of anybody that isn't over yet run the model?
pub async fn is_in_use(tx: &mut TenantTx, model: Uuid) -> Result<bool> {
    Ok(
        sqlx::query_scalar!(r#"SELECT tenancy.model_in_use($1) AS "used!""#, model)
            .fetch_one(tx.conn())
            .await?,
    )
}

/// How many instances of this workspace are ready, by model. Models without one are not in the answer.
pub async fn ready_instances(tx: &mut TenantTx) -> Result<HashMap<Uuid, i64>> {
    let tenants = tx.tenants();
    let rows = sqlx::query!(
        r#"SELECT model_id AS "model_id!", ready AS "ready!" FROM tenancy.ready_instances_by_model($1)"#,
        &tenants,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.model_id, row.ready)).collect())
}
