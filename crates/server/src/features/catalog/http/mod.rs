//! `/providers`, `/regions`, `/zones`, `/instance_types`.

mod instance_types;
mod places;

use chrono::DateTime;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::rules::NamedChange;
use crate::features::catalog::Catalog;
use crate::plumbing::edge::paging::{Page, Paging};

pub fn routes() -> OpenApiRouter<Catalog> {
    places::routes().merge(instance_types::routes())
}

/// What may be changed of a provider, a region or a zone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NamedRequest {
    name: String,
    /// Off: stays where it is used, is not offered any more.
    is_active: bool,
}

impl From<NamedRequest> for NamedChange {
    fn from(request: NamedRequest) -> Self {
        Self {
            name: request.name,
            is_active: request.is_active,
        }
    }
}

fn active() -> bool {
    true
}

/// A page of rows that are ordered by their ids alone.
fn page<R, T>(paging: &Paging, rows: Vec<R>, id: impl Fn(&R) -> Uuid, show: impl FnMut(R) -> T) -> Page<T> {
    paging.page(rows, |row| (DateTime::UNIX_EPOCH, id(row)), show)
}
