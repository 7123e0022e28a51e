//! Providers, regions and zones: three tables that look alike, so each statement is written once and checked for all of them.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::rules::{Level, NewPlace};
use super::code_taken;
use crate::error::Result;
use crate::plumbing::db::{SystemTx, TenantTx};
use crate::plumbing::edge::paging::Paging;

#[derive(Debug, Clone, Serialize)]
pub struct PlaceRow {
    pub id: Uuid,
    /// A provider is its own.
    pub provider_id: Uuid,
    pub provider_code: String,
    /// The place it lies in: a zone's region, a region's provider. A provider lies in itself.
    pub within: Uuid,
    pub code: String,
    pub name: String,
    pub is_active: bool,
}

impl PlaceRow {
    /// The row that a new place becomes; `within` is the place it lies in.
    pub fn new(id: Uuid, new: NewPlace, within: Option<PlaceRow>) -> Self {
        let code = new.code;
        let (provider_id, provider_code, within) = match within {
            Some(within) => (within.provider_id, within.provider_code, within.id),
            None => (id, code.clone(), id),
        };
        Self {
            id,
            provider_id,
            provider_code,
            within,
            code,
            name: new.named.name.trim().to_owned(),
            is_active: new.named.is_active,
        }
    }
}

/// Makes a statement of the query that reads the places of a level.
macro_rules! of_places {
    ($level:expr, $statement:ident $(, $more:literal)*) => {
        match $level {
            Level::Provider => $statement!(
                "SELECT place.id, place.id AS provider_id, place.code AS provider_code, place.id AS within, place.code, place.name,
                    place.is_active
                 FROM providers place"
                $(, $more)*
            ),
            Level::Region => $statement!(
                "SELECT place.id, place.provider_id, p.code AS provider_code, place.provider_id AS within, place.code, place.name,
                    place.is_active
                 FROM regions place JOIN providers p ON p.id = place.provider_id"
                $(, $more)*
            ),
            Level::Zone => $statement!(
                "SELECT place.id, place.provider_id, p.code AS provider_code, place.region_id AS within, place.code, place.name,
                    place.is_active
                 FROM zones place JOIN providers p ON p.id = place.provider_id"
                $(, $more)*
            ),
        }
    };
}

pub async fn places(tx: &mut TenantTx, level: Level, paging: &Paging) -> Result<Vec<PlaceRow>> {
    macro_rules! page {
        ($places:literal, $beyond:literal, $order:literal) => {
            sqlx::query_as!(
                PlaceRow,
                $places
                    + " WHERE ($1 = '%' OR place.name ILIKE $1 OR place.code ILIKE $1) AND place.id "
                    + $beyond
                    + " $2 ORDER BY place.id "
                    + $order
                    + " LIMIT $3",
                paging.pattern,
                paging.beyond().1,
                paging.fetch(),
            )
            .fetch_all(tx.conn())
            .await?
        };
    }
    Ok(if paging.ascending {
        of_places!(level, page, ">", "ASC")
    } else {
        of_places!(level, page, "<", "DESC")
    })
}

/// How many a search matches, cursor and limit aside.
pub async fn count_places(tx: &mut TenantTx, level: Level, paging: &Paging) -> Result<i64> {
    macro_rules! count {
        ($places:literal) => {
            sqlx::query_scalar!(
                r#"SELECT count(*) AS "count!" FROM ("#
                    + $places
                    + ") AS place WHERE $1 = '%' OR name ILIKE $1 OR code ILIKE $1",
                paging.pattern
            )
            .fetch_one(tx.conn())
            .await?
        };
    }
    Ok(of_places!(level, count))
}

pub async fn place(conn: &mut PgConnection, level: Level, id: Uuid) -> Result<Option<PlaceRow>> {
    macro_rules! one {
        ($places:literal) => {
            sqlx::query_as!(PlaceRow, $places + " WHERE place.id = $1", id)
                .fetch_optional(conn)
                .await?
        };
    }
    Ok(of_places!(level, one))
}

/// Which of these zones the provider has.
pub async fn zones_of_provider(tx: &mut SystemTx, provider: Uuid, zones: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sqlx::query_scalar!(
        "SELECT id FROM zones WHERE provider_id = $1 AND id = ANY($2)",
        provider,
        zones
    );
    Ok(query.fetch_all(tx.conn()).await?)
}

// ---------------------------------------------------------------- the platform writes

/// The place with this code, which is unique at its provider; `None`: among providers.
pub async fn place_by_code(
    tx: &mut SystemTx,
    level: Level,
    provider: Option<Uuid>,
    code: &str,
) -> Result<Option<PlaceRow>> {
    macro_rules! known {
        ($places:literal) => {
            sqlx::query_as!(
                PlaceRow,
                "SELECT * FROM (" + $places + ") AS place WHERE code = $1 AND ($2::uuid IS NULL OR provider_id = $2)",
                code,
                provider
            )
            .fetch_optional(tx.conn())
            .await?
        };
    }
    Ok(of_places!(level, known))
}

/// # Errors
/// 422 when another provider, or another region or zone of the provider, has the code.
pub async fn insert_place(tx: &mut SystemTx, level: Level, new: &PlaceRow) -> Result<()> {
    let (done, unique_code) = match level {
        Level::Provider => (
            sqlx::query!(
                "INSERT INTO providers (id, code, name, is_active) VALUES ($1, $2, $3, $4)",
                new.id,
                new.code,
                new.name,
                new.is_active
            )
            .execute(tx.conn())
            .await,
            "providers_code_key",
        ),
        Level::Region => (
            sqlx::query!(
                "INSERT INTO regions (id, provider_id, code, name, is_active) VALUES ($1, $2, $3, $4, $5)",
                new.id,
                new.provider_id,
                new.code,
                new.name,
                new.is_active
            )
            .execute(tx.conn())
            .await,
            "regions_provider_id_code_key",
        ),
        Level::Zone => (
            sqlx::query!(
                "INSERT INTO zones (id, provider_id, region_id, code, name, is_active) VALUES ($1, $2, $3, $4, $5, $6)",
                new.id,
                new.provider_id,
                new.within,
                new.code,
                new.name,
                new.is_active
            )
            .execute(tx.conn())
            .await,
            "zones_provider_id_code_key",
        ),
    };
    done.map_err(|error| code_taken(error, unique_code))?;
    Ok(())
}

pub async fn update_place(tx: &mut SystemTx, level: Level, row: &PlaceRow) -> Result<()> {
    macro_rules! update {
        ($table:literal) => {
            sqlx::query!(
                "UPDATE " + $table + " SET name = $2, is_active = $3 WHERE id = $1",
                row.id,
                row.name,
                row.is_active
            )
            .execute(tx.conn())
            .await?
        };
    }
    match level {
        Level::Provider => update!("providers"),
        Level::Region => update!("regions"),
        Level::Zone => update!("zones"),
    };
    Ok(())
}
