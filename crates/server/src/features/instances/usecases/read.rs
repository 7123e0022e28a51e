//! Looking.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::features::instances::Instances;
use crate::features::instances::rules::Status;
use crate::features::instances::store::instances::{self, InstanceRow};
use crate::features::instances::store::search::{Selection, counted_page, page};
use crate::features::instances::store::transitions::{self, HistoryRow};
use crate::operation::Authorized;
use crate::plumbing::edge::paging::{Page, Paging};

pub async fn list(instances: &Instances, authorized: Authorized<'_>, paging: &Paging) -> Result<Page<InstanceRow>> {
    let mut tx = instances.core.db.read(&authorized).await?;
    let rows = page(&mut tx, &selection(paging, None, paging.fetch())).await?;
    Ok(paging.page(rows, |row| (row.created_at, row.id), |row| row))
}

/// What a search found.
pub struct Search {
    pub rows: Vec<InstanceRow>,
    pub total: i64,
    pub by_status: BTreeMap<String, i64>,
}

/// Filters by status, besides what a list filters by.
///
/// # Errors
/// 422 on `status` for one that does not exist.
pub async fn search(
    instances: &Instances,
    authorized: Authorized<'_>,
    paging: &Paging,
    statuses: Option<Vec<String>>,
) -> Result<Search> {
    if let Some(unknown) = statuses.iter().flatten().find(|text| Status::parse(text).is_none()) {
        let message = format!("{unknown:?} is not a status");
        return Err(Error::invalid(
            "status",
            FieldCode::UnknownStatus {
                allowed: Status::ALL.map(Status::as_str).to_vec(),
            },
            message,
        ));
    }
    let mut tx = instances.core.db.read(&authorized).await?;
    let selection = selection(paging, statuses, i64::from(paging.limit));
    let (rows, by_status) = counted_page(&mut tx, &selection).await?;
    Ok(Search {
        rows,
        total: by_status.values().sum(),
        by_status,
    })
}

fn selection(paging: &Paging, statuses: Option<Vec<String>>, limit: i64) -> Selection {
    Selection {
        pattern: paging.pattern.clone(),
        statuses,
        scope: paging.scope.clone(),
        after: paging.after,
        ascending: paging.ascending,
        limit,
    }
}

/// # Errors
/// 404 for another tenant's as for none.
pub async fn get(instances: &Instances, authorized: Authorized<'_>, id: Uuid) -> Result<InstanceRow> {
    let mut tx = instances.core.db.read(&authorized).await?;
    instances::find(&mut tx, id).await?.ok_or_else(Error::not_found)
}

/// Oldest first.
///
/// # Errors
/// 404 for another tenant's as for none.
pub async fn history(instances: &Instances, authorized: Authorized<'_>, id: Uuid) -> Result<Vec<HistoryRow>> {
    let mut tx = instances.core.db.read(&authorized).await?;
    instances::find(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    transitions::history(&mut tx, id).await
}
