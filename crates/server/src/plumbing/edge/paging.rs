//! Lists by keyset: a cursor says where the last page ended, so pages stay right while rows come and go.
//!
//! A store reads a page like this, so that an index led by the tenant gives its rows in order and nothing is sorted or passed over
//! (docs/adr/0015):
//!
//! ```text
//! macro_rules! page {
//!     ($beyond:literal, $order:literal) => {
//!         query_as!(Row, "SELECT … FROM unnest($1::uuid[]) AS own (tenant) CROSS JOIN LATERAL (
//!             SELECT … FROM things t WHERE t.tenant = own.tenant AND (t.created_at, t.id) " + $beyond + " ($2, $3) AND …
//!             ORDER BY t.created_at " + $order + ", t.id " + $order + " LIMIT $4) AS page
//!          ORDER BY created_at " + $order + ", id " + $order + " LIMIT $4", …)
//!     };
//! }
//! let rows = if paging.ascending { page!(">", "ASC") } else { page!("<", "DESC") };
//! ```
//!
//! Each tenant of the workspace gives a page of its own; the page of these few rows is the answer. The two directions are two
//! statements, as an order that a parameter chooses is no index's order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codes::{FieldCode, Unit};
use crate::error::{Error, Result};

const DEFAULT_LIMIT: u32 = 50;
const LARGEST_LIMIT: u32 = 200;

/// The pattern of a search for nothing in particular.
pub const EVERYTHING: &str = "%";

/// Query parameters of every list, newest first.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Rows per page, 1 to 200; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Order: `-created_at` (newest first, the default) or `created_at`.
    pub sort: Option<String>,
    /// Only rows whose name contains this text.
    pub q: Option<String>,
    /// `platform`, `organization` or `personal`, where a list holds rows of several.
    pub scope: Option<String>,
    /// The workspace the caller believes to be in (see `X-Inventiv-Workspace`).
    pub workspace: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass it as `cursor` to read on; null on the last page.
    pub next_cursor: Option<String>,
}

/// Everything a search matched, up to the limit, and how much there is.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SearchResult<T> {
    pub items: Vec<T>,
    pub total: i64,
}

/// A checked [`ListQuery`].
#[derive(Debug, Clone)]
pub struct Paging {
    pub limit: u32,
    pub ascending: bool,
    /// Where the last page ended.
    pub after: Option<(DateTime<Utc>, Uuid)>,
    /// For ILIKE, escaped, with wildcards around; `%` when nothing is searched.
    pub pattern: String,
    pub scope: Option<String>,
}

impl ListQuery {
    /// # Errors
    /// 422 naming the parameter.
    pub fn check(&self) -> Result<Paging> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=LARGEST_LIMIT).contains(&limit) {
            return Err(Error::invalid(
                "limit",
                FieldCode::between(1, LARGEST_LIMIT, Unit::Number),
                format!("must be 1 to {LARGEST_LIMIT}"),
            ));
        }
        let ascending = match self.sort.as_deref() {
            None | Some("-created_at") => false,
            Some("created_at") => true,
            Some(_) => {
                return Err(Error::invalid(
                    "sort",
                    FieldCode::UnknownOrder {
                        allowed: vec!["created_at", "-created_at"],
                    },
                    "must be created_at or -created_at",
                ));
            }
        };
        if !matches!(
            self.scope.as_deref(),
            None | Some("platform" | "organization" | "personal")
        ) {
            return Err(Error::invalid(
                "scope",
                FieldCode::UnknownScope {
                    allowed: vec!["platform", "organization", "personal"],
                },
                "must be platform, organization or personal",
            ));
        }
        let after = self.cursor.as_deref().map(decode_cursor).transpose()?;
        Ok(Paging {
            limit,
            ascending,
            after,
            pattern: like_pattern(self.q.as_deref())?,
            scope: self.scope.clone(),
        })
    }
}

impl Paging {
    /// The first rows of a list that nobody pages through.
    pub fn first(limit: u32) -> Self {
        Self {
            limit,
            ascending: false,
            after: None,
            pattern: EVERYTHING.to_owned(),
            scope: None,
        }
    }

    /// The position that every row of the page lies beyond: where the last page ended, or the end that the order begins at.
    pub fn beyond(&self) -> (DateTime<Utc>, Uuid) {
        beyond(self.after, self.ascending)
    }

    /// How many rows to ask the database for: one more than shown tells whether there is a next page.
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the surplus row and makes the cursor.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        position: impl Fn(&R) -> (DateTime<Utc>, Uuid),
        show: impl FnMut(R) -> T,
    ) -> Page<T> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let next_cursor = if more {
            rows.last().map(|row| cursor(position(row)))
        } else {
            None
        };
        Page {
            items: rows.into_iter().map(show).collect(),
            next_cursor,
        }
    }
}

/// See [`Paging::beyond`].
pub fn beyond(after: Option<(DateTime<Utc>, Uuid)>, ascending: bool) -> (DateTime<Utc>, Uuid) {
    after.unwrap_or(if ascending {
        (DateTime::UNIX_EPOCH, Uuid::nil())
    } else {
        (DateTime::<Utc>::MAX_UTC, Uuid::max())
    })
}

fn like_pattern(q: Option<&str>) -> Result<String> {
    let q = q.unwrap_or_default().trim();
    if q.chars().count() > 200 {
        return Err(Error::invalid(
            "q",
            FieldCode::characters(0, 200),
            "must have at most 200 characters",
        ));
    }
    if q.contains('\0') {
        return Err(Error::invalid(
            "q",
            FieldCode::Characters,
            "must not contain control characters",
        ));
    }
    let escaped = q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Ok(if escaped.is_empty() {
        EVERYTHING.to_owned()
    } else {
        format!("%{escaped}%")
    })
}

/// A position, as clients carry it.
pub fn cursor((at, id): (DateTime<Utc>, Uuid)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}", at.timestamp_micros(), id.simple()))
}

fn decode_cursor(text: &str) -> Result<(DateTime<Utc>, Uuid)> {
    let refuse = || Error::invalid("cursor", FieldCode::Invalid, "is not a cursor of this list");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse())?;
    let text = String::from_utf8(bytes).map_err(|_| refuse())?;
    let (at, id) = text.split_once('.').ok_or_else(refuse)?;
    let at = at
        .parse()
        .ok()
        .and_then(DateTime::from_timestamp_micros)
        .ok_or_else(refuse)?;
    // PostgreSQL's timestamps end earlier than chrono's.
    if !(0..=i64::from(u32::MAX) * 4).contains(&at.timestamp()) {
        return Err(refuse());
    }
    Ok((at, Uuid::try_parse(id).map_err(|_| refuse())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_form() {
        let position = (
            DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            Uuid::from_u128(7),
        );
        assert_eq!(decode_cursor(&cursor(position)).unwrap(), position);
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        for text in [
            "",
            "x",
            "MTIz",
            &URL_SAFE_NO_PAD.encode(format!("{}.{}", i64::MAX, Uuid::nil().simple())),
        ] {
            assert!(decode_cursor(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wildcards_in_a_search_are_taken_literally() {
        assert_eq!(like_pattern(Some("50%_a\\")).unwrap(), "%50\\%\\_a\\\\%");
        assert_eq!(like_pattern(None).unwrap(), "%");
    }

    #[test]
    fn a_full_page_has_a_cursor_and_the_last_one_has_none() {
        let paging = ListQuery {
            limit: Some(2),
            ..Default::default()
        }
        .check()
        .unwrap();
        let at = DateTime::from_timestamp_micros(1).unwrap();
        let rows = |count: u128| (0..count).map(|id| (at, Uuid::from_u128(id))).collect::<Vec<_>>();
        assert!(paging.page(rows(3), |row| *row, |row| row).next_cursor.is_some());
        assert!(paging.page(rows(2), |row| *row, |row| row).next_cursor.is_none());
    }
}
