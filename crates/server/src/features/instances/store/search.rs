//! Pages of instances, and how many there are.
//!
//! A page is the ids of its rows, read in its order off the indexes that hold what matches ([`Places`]); then come the rows. Which
//! parts of which indexes that are, and how many instances match, is known from `instance_counts`, which is kept with every change.
//! Names that people gave are no such groups: they are looked through and counted along an index that holds them and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::instances::{InstanceRow, rows};
use crate::error::Result;
use crate::features::instances::rules::{Found, Group, Places, by_status};
use crate::ids::PLATFORM;
use crate::plumbing::db::TenantTx;
use crate::plumbing::edge::paging::{EVERYTHING, beyond};

/// Which instances, and in which order.
#[derive(Debug, Clone)]
pub struct Selection {
    /// For ILIKE: found in the instance's name, the name or the id of the model, the type or the zone.
    pub pattern: String,
    pub statuses: Option<Vec<String>>,
    pub scope: Option<String>,
    pub after: Option<(DateTime<Utc>, Uuid)>,
    pub ascending: bool,
    pub limit: i64,
}

impl Selection {
    fn is_everything(&self) -> bool {
        self.pattern == EVERYTHING && self.statuses.is_none()
    }
}

/// A page.
pub async fn page(tx: &mut TenantTx, selection: &Selection) -> Result<Vec<InstanceRow>> {
    if selection.is_everything() {
        return read(tx, selection, Places::everything()).await;
    }
    let found = found(tx, selection).await?;
    let groups = groups(tx, selection, found.as_ref()).await?;
    read(tx, selection, Places::of(&groups, found.as_ref())).await
}

/// A page, and how many match on all pages, by status.
pub async fn counted_page(
    tx: &mut TenantTx,
    selection: &Selection,
) -> Result<(Vec<InstanceRow>, BTreeMap<String, i64>)> {
    let found = found(tx, selection).await?;
    let mut groups = groups(tx, selection, found.as_ref()).await?;
    let places = if selection.is_everything() {
        Places::everything()
    } else {
        Places::of(&groups, found.as_ref())
    };
    let rows = read(tx, selection, places).await?;
    if let Some(found) = &found {
        groups.extend(named(tx, selection, found).await?);
    }
    Ok((rows, by_status(&groups)))
}

/// What a text is in, besides names: of these there are few. `None`: no text is looked for.
async fn found(tx: &mut TenantTx, selection: &Selection) -> Result<Option<Found>> {
    if selection.pattern == EVERYTHING {
        return Ok(None);
    }
    let mut seen = tx.tenants();
    seen.push(PLATFORM);
    let found = sqlx::query_as!(
        Found,
        r#"SELECT
            ARRAY(SELECT id FROM models WHERE tenant = ANY($1) AND (name ILIKE $2 OR model_id ILIKE $2)) AS "models!",
            ARRAY(SELECT id FROM instance_types WHERE code ILIKE $2) AS "types!",
            ARRAY(SELECT id FROM zones WHERE code ILIKE $2) AS "zones!""#,
        &seen,
        selection.pattern,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Some(found))
}

async fn groups(tx: &mut TenantTx, selection: &Selection, found: Option<&Found>) -> Result<Vec<Group>> {
    if found.is_some_and(Found::nothing) {
        return Ok(Vec::new());
    }
    let tenants = tenants(tx, selection);
    Ok(sqlx::query_as!(
        Group,
        r#"SELECT status, model_id, instance_type_id, zone_id, sum(instances) AS "instances!" FROM instance_counts
         WHERE tenant = ANY($1) AND ($2::text[] IS NULL OR status = ANY($2))
            AND ($3::uuid[] IS NULL OR model_id = ANY($3) OR instance_type_id = ANY($4::uuid[]) OR zone_id = ANY($5::uuid[]))
         GROUP BY status, model_id, instance_type_id, zone_id HAVING sum(instances) > 0"#,
        &tenants,
        selection.statuses.as_deref(),
        found.map(|found| found.models.as_slice()),
        found.map(|found| found.types.as_slice()),
        found.map(|found| found.zones.as_slice()),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Those with the text in their own name and in nothing else, which the kept numbers know.
async fn named(tx: &mut TenantTx, selection: &Selection, found: &Found) -> Result<Vec<Group>> {
    let tenants = tenants(tx, selection);
    Ok(sqlx::query_as!(
        Group,
        r#"SELECT status, model_id, instance_type_id, zone_id, count(*) AS "instances!" FROM instances
         WHERE tenant = ANY($1) AND name ILIKE $2 AND ($3::text[] IS NULL OR status = ANY($3))
            AND NOT (model_id = ANY($4) OR instance_type_id = ANY($5) OR zone_id = ANY($6))
         GROUP BY status, model_id, instance_type_id, zone_id"#,
        &tenants,
        selection.pattern,
        selection.statuses.as_deref(),
        &found.models,
        &found.types,
        &found.zones,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The shape of `plumbing/edge/paging.rs`, once for each index. Parts that hold nothing cost nothing.
async fn read(tx: &mut TenantTx, selection: &Selection, places: Places) -> Result<Vec<InstanceRow>> {
    let tenants = tenants(tx, selection);
    let (beyond_at, beyond_id) = beyond(selection.after, selection.ascending);
    let statuses: Vec<_> = places.statuses.into_iter().collect();
    let (models, statuses_of_models) = columns(places.models);
    let (types, statuses_of_types) = columns(places.types);
    let (zones, statuses_of_zones) = columns(places.zones);
    let name = places.names.then_some(selection.pattern.as_str());
    macro_rules! page {
        ($beyond:literal, $order:literal) => {
            sqlx::query_scalar!(
                r#"SELECT id AS "id!" FROM (
                    SELECT page.created_at, page.id FROM unnest($1::uuid[]) AS own (tenant) CROSS JOIN LATERAL (
                        SELECT i.created_at, i.id FROM instances i
                        WHERE i.tenant = own.tenant AND (i.created_at, i.id) "# + $beyond + r#" ($2::timestamptz, $3::uuid)
                        ORDER BY i.created_at "# + $order + ", i.id " + $order + r#" LIMIT $4) AS page WHERE $5
                    UNION
                    SELECT page.created_at, page.id FROM unnest($1::uuid[]) AS own (tenant)
                    CROSS JOIN unnest($6::text[]) AS part (status) CROSS JOIN LATERAL (
                        SELECT i.created_at, i.id FROM instances i
                        WHERE i.tenant = own.tenant AND i.status = part.status
                            AND (i.created_at, i.id) "# + $beyond + r#" ($2::timestamptz, $3::uuid)
                        ORDER BY i.created_at "# + $order + ", i.id " + $order + r#" LIMIT $4) AS page
                    UNION
                    SELECT page.created_at, page.id FROM unnest($1::uuid[]) AS own (tenant)
                    CROSS JOIN unnest($7::uuid[], $8::text[]) AS part (model_id, status) CROSS JOIN LATERAL (
                        SELECT i.created_at, i.id FROM instances i
                        WHERE i.tenant = own.tenant AND i.model_id = part.model_id AND i.status = part.status
                            AND (i.created_at, i.id) "# + $beyond + r#" ($2::timestamptz, $3::uuid)
                        ORDER BY i.created_at "# + $order + ", i.id " + $order + r#" LIMIT $4) AS page
                    UNION
                    SELECT page.created_at, page.id FROM unnest($1::uuid[]) AS own (tenant)
                    CROSS JOIN unnest($9::uuid[], $10::text[]) AS part (instance_type_id, status) CROSS JOIN LATERAL (
                        SELECT i.created_at, i.id FROM instances i
                        WHERE i.tenant = own.tenant AND i.instance_type_id = part.instance_type_id AND i.status = part.status
                            AND (i.created_at, i.id) "# + $beyond + r#" ($2::timestamptz, $3::uuid)
                        ORDER BY i.created_at "# + $order + ", i.id " + $order + r#" LIMIT $4) AS page
                    UNION
                    SELECT page.created_at, page.id FROM unnest($1::uuid[]) AS own (tenant)
                    CROSS JOIN unnest($11::uuid[], $12::text[]) AS part (zone_id, status) CROSS JOIN LATERAL (
                        SELECT i.created_at, i.id FROM instances i
                        WHERE i.tenant = own.tenant AND i.zone_id = part.zone_id AND i.status = part.status
                            AND (i.created_at, i.id) "# + $beyond + r#" ($2::timestamptz, $3::uuid)
                        ORDER BY i.created_at "# + $order + ", i.id " + $order + r#" LIMIT $4) AS page
                    UNION
                    SELECT page.created_at, page.id FROM unnest($1::uuid[]) AS own (tenant) CROSS JOIN LATERAL (
                        SELECT i.created_at, i.id FROM instances i
                        WHERE i.tenant = own.tenant AND i.name ILIKE $13 AND ($14::text[] IS NULL OR i.status = ANY($14))
                            AND (i.created_at, i.id) "# + $beyond + r#" ($2::timestamptz, $3::uuid)
                        ORDER BY i.created_at "# + $order + ", i.id " + $order + r#" LIMIT $4) AS page) AS pages
                 ORDER BY created_at "# + $order + ", id " + $order + " LIMIT $4",
                &tenants,
                beyond_at,
                beyond_id,
                selection.limit,
                places.everything,
                &statuses,
                &models,
                &statuses_of_models,
                &types,
                &statuses_of_types,
                &zones,
                &statuses_of_zones,
                name,
                selection.statuses.as_deref(),
            )
            .fetch_all(tx.conn())
            .await?
        };
    }
    let ids = if selection.ascending {
        page!(">", "ASC")
    } else {
        page!("<", "DESC")
    };
    let mut rows = rows(tx, &ids).await?;
    rows.sort_by_key(|row| (row.created_at, row.id));
    if !selection.ascending {
        rows.reverse();
    }
    Ok(rows)
}

/// Those of the workspace whose rows are of the wanted scope.
fn tenants(tx: &TenantTx, selection: &Selection) -> Vec<Uuid> {
    let in_organization = tx.operation().workspace.organization_id().is_some();
    let scope_of = |tenant| match tenant {
        PLATFORM => "platform",
        _ if in_organization => "organization",
        _ => "personal",
    };
    let mut tenants = tx.tenants();
    tenants.retain(|tenant| {
        selection
            .scope
            .as_deref()
            .is_none_or(|scope| scope_of(*tenant) == scope)
    });
    tenants
}

/// As two arrays, which PostgreSQL puts together again.
fn columns(pairs: BTreeSet<(Uuid, String)>) -> (Vec<Uuid>, Vec<String>) {
    pairs.into_iter().unzip()
}
