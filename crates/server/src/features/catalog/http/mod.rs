//! `/providers`, `/regions`, `/zones`, `/instance_types`.

mod instance_types;
mod places;

use chrono::DateTime;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::features::catalog::Catalog;
use crate::plumbing::edge::paging::{Page, Paging};

pub fn routes() -> OpenApiRouter<Catalog> {
    places::routes().merge(instance_types::routes())
}

/// A page of rows that are ordered by their ids alone.
fn page<R, T>(paging: &Paging, rows: Vec<R>, id: impl Fn(&R) -> Uuid, show: impl FnMut(R) -> T) -> Page<T> {
    paging.page(rows, |row| (DateTime::UNIX_EPOCH, id(row)), show)
}
