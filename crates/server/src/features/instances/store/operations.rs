//! The intent log: what is about to be asked of a provider is written before, what came of it after.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::codes::FailureCode;
use crate::error::Result;
use crate::features::instances::rules::{CloudOperation, Failure, OperationState};
use crate::ids::new_id;
use crate::plumbing::db::{SystemTx, read_words};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Create,
    Start,
    Delete,
}

read_words!(Kind);

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        [Kind::Create, Kind::Start, Kind::Delete]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    fn as_str(self) -> &'static str {
        match self {
            Kind::Create => "create_server",
            Kind::Start => "start_server",
            Kind::Delete => "delete_server",
        }
    }
}

/// The latest operation of each kind.
#[derive(Debug, Clone, Default)]
pub struct Latest {
    pub create: Option<CloudOperation>,
    pub start: Option<CloudOperation>,
    pub delete: Option<CloudOperation>,
}

pub async fn latest(tx: &mut SystemTx, tenant: Uuid, instance_id: Uuid) -> Result<Latest> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (kind) kind AS "kind: Kind", attempt, state AS "state: OperationState", error_code, error_message, started_at,
            finished_at
         FROM cloud_operations WHERE tenant = $1 AND instance_id = $2 ORDER BY kind, attempt DESC"#,
        tenant,
        instance_id,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut latest = Latest::default();
    for row in rows {
        let operation = CloudOperation {
            state: row.state,
            attempt: row.attempt,
            started_at: row.started_at,
            finished_at: row.finished_at,
            failure: row
                .error_code
                .map(|code| Failure::recorded(code, row.error_message.unwrap_or_default())),
        };
        match row.kind {
            Kind::Create => latest.create = Some(operation),
            Kind::Start => latest.start = Some(operation),
            Kind::Delete => latest.delete = Some(operation),
        }
    }
    Ok(latest)
}

/// Writes an intent. The database refuses a second one while the first is open.
pub async fn intend(tx: &mut SystemTx, tenant: Uuid, instance_id: Uuid, kind: Kind, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO cloud_operations (id, tenant, instance_id, kind, attempt, state, started_at)
         SELECT $1, $2, $3, $4, COALESCE(max(attempt), 0) + 1, 'intended', $5
            FROM cloud_operations WHERE tenant = $2 AND instance_id = $3 AND kind = $4",
        new_id(),
        tenant,
        instance_id,
        kind.as_str(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// From here on the call may have been made.
pub async fn mark_sent(
    tx: &mut SystemTx,
    tenant: Uuid,
    instance_id: Uuid,
    kind: Kind,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE cloud_operations SET state = 'sent', started_at = $4
         WHERE tenant = $1 AND instance_id = $2 AND kind = $3 AND state = 'intended'",
        tenant,
        instance_id,
        kind.as_str(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// For calls that may be repeated at will: takes up the open operation, or begins one, and marks it sent.
pub async fn begin_repeatable(
    tx: &mut SystemTx,
    tenant: Uuid,
    instance_id: Uuid,
    kind: Kind,
    now: DateTime<Utc>,
) -> Result<()> {
    let done = sqlx::query!(
        "UPDATE cloud_operations SET state = 'sent', attempt = attempt + 1, started_at = $4, error_code = NULL, error_message = NULL
         WHERE tenant = $1 AND instance_id = $2 AND kind = $3 AND state IN ('intended', 'sent', 'unknown')",
        tenant,
        instance_id,
        kind.as_str(),
        now,
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        intend(tx, tenant, instance_id, kind, now).await?;
        mark_sent(tx, tenant, instance_id, kind, now).await?;
    }
    Ok(())
}

/// How an open operation came out.
pub enum Outcome<'a> {
    Confirmed { external_id: Option<&'a str> },
    Failed(&'a Failure),
    Unknown(&'a Failure),
}

/// Records the outcome of the open operation of a kind.
pub async fn finish(
    tx: &mut SystemTx,
    tenant: Uuid,
    instance_id: Uuid,
    kind: Kind,
    outcome: Outcome<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (state, external_id, failure) = match outcome {
        Outcome::Confirmed { external_id } => ("confirmed", external_id, None),
        Outcome::Failed(failure) => ("failed", None, Some(failure)),
        Outcome::Unknown(failure) => ("unknown", None, Some(failure)),
    };
    sqlx::query!(
        "UPDATE cloud_operations SET state = $4, external_id = $5, error_code = $6, error_message = left($7, 2000), finished_at = $8
         WHERE tenant = $1 AND instance_id = $2 AND kind = $3 AND state IN ('intended', 'sent', 'unknown')",
        tenant,
        instance_id,
        kind.as_str(),
        state,
        external_id,
        failure.map(|failure| failure.code.as_str()),
        failure.map(|failure| failure.message.as_str()),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends what is still open of an ended instance, or of all of them, with what is known: a server that is gone was deleted, and one that
/// was on record had been ordered. Nothing else had an effect that matters any more. Says how many those were.
pub async fn end_of_ended(tx: &mut SystemTx, instance: Option<(Uuid, Uuid)>, now: DateTime<Utc>) -> Result<u64> {
    let (tenant, instance_id) = instance.unzip();
    let done = sqlx::query!(
        "UPDATE cloud_operations o
         SET state = CASE WHEN known.had_effect THEN 'confirmed' ELSE 'failed' END,
            external_id = CASE WHEN known.had_effect THEN COALESCE(o.external_id, known.server) ELSE o.external_id END,
            error_code = CASE WHEN known.had_effect THEN NULL ELSE $4 END,
            error_message = CASE WHEN known.had_effect THEN NULL ELSE 'The instance ended before the outcome was known.' END,
            finished_at = $3
         FROM (
            SELECT open.id, i.provider_instance_id AS server, open.kind = 'delete_server'
                OR (open.kind = 'create_server' AND i.provider_instance_id IS NOT NULL) AS had_effect
            FROM cloud_operations open JOIN instances i ON i.tenant = open.tenant AND i.id = open.instance_id
            WHERE open.state IN ('intended', 'sent', 'unknown') AND i.is_ended
                AND ($1::uuid IS NULL OR (i.tenant = $1 AND i.id = $2))) known
         WHERE o.id = known.id",
        tenant,
        instance_id,
        now,
        FailureCode::Cancelled.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
