//! What is queued: SQL over the view `queued_work`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Result;
use crate::plumbing::db::SystemTx;
use crate::plumbing::edge::paging::Paging;

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[schema(as = JobState)]
pub enum State {
    /// Not done yet: due, on its way, or put off after a failure.
    Waiting,
    Done,
    /// Given up.
    Dead,
}

pub struct QueuedRow {
    pub id: Uuid,
    pub kind: String,
    pub state: State,
    pub attempts: i32,
    pub next_attempt_at: DateTime<Utc>,
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub can_be_retried: bool,
}

/// A page of the rows for which this holds. The state is written out, so that the plan, which is made once for all values, knows that
/// few rows have it and reads them in the order of their index.
macro_rules! newest {
    ($condition:tt, $paging:expr) => {{
        let (at, id) = $paging.after.unzip();
        sqlx::query_as!(
            QueuedRow,
            r#"SELECT id AS "id!", kind AS "kind!", state AS "state!: State", attempts AS "attempts!", next_attempt_at AS "next_attempt_at!",
                last_error, created_at AS "created_at!", finished_at, can_be_retried AS "can_be_retried!"
             FROM queued_work
             WHERE "#
                + $condition
                + r#" AND (created_at, id) < (COALESCE($1::timestamptz, 'infinity'), COALESCE($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
             ORDER BY created_at DESC, id DESC LIMIT $3"#,
            at,
            id,
            $paging.fetch(),
        )
    }};
}

/// The newest first.
pub async fn page(tx: &mut SystemTx, state: Option<State>, paging: &Paging) -> Result<Vec<QueuedRow>> {
    let rows = match state {
        None => newest!("true", paging).fetch_all(tx.conn()).await?,
        Some(State::Waiting) => newest!("state = 'waiting'", paging).fetch_all(tx.conn()).await?,
        Some(State::Done) => newest!("state = 'done'", paging).fetch_all(tx.conn()).await?,
        Some(State::Dead) => newest!("state = 'dead'", paging).fetch_all(tx.conn()).await?,
    };
    Ok(rows)
}

pub async fn get(tx: &mut SystemTx, id: Uuid) -> Result<Option<QueuedRow>> {
    let row = sqlx::query_as!(
        QueuedRow,
        r#"SELECT id AS "id!", kind AS "kind!", state AS "state!: State", attempts AS "attempts!", next_attempt_at AS "next_attempt_at!",
            last_error, created_at AS "created_at!", finished_at, can_be_retried AS "can_be_retried!"
         FROM queued_work WHERE id = $1"#,
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}
