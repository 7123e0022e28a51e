//! `Idempotency-Key`: the same key and body get the first answer again; another body is refused. The answer is written in the
//! transaction of the act, so there is no moment at which the one exists without the other.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use crate::codes::{ErrorCode, FieldCode};
use crate::error::{Error, Result};
use crate::operation::Operation;
use crate::plumbing::db::{SystemTx, WriteTx};
use crate::secrets::sha256;

/// The request's `Idempotency-Key`, if any.
#[derive(Debug, Clone, Default)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = value.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > 255 {
            return Err(Error::invalid(
                "Idempotency-Key",
                FieldCode::characters(1, 255),
                "must have 1 to 255 visible ASCII characters",
            ));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

/// What the first request with a key is answered, and every later one again.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstAnswer {
    pub status: StatusCode,
    pub body: Value,
}

impl FirstAnswer {
    /// 201 with what was made.
    pub fn created(body: Value) -> Self {
        let status = StatusCode::CREATED;
        Self { status, body }
    }

    /// 202: what was asked for is under way.
    pub fn accepted(body: Value) -> Self {
        let status = StatusCode::ACCEPTED;
        Self { status, body }
    }
}

/// One attempt of an operation.
pub struct Attempt<'a> {
    operation: &'static str,
    key: Option<&'a str>,
    request_hash: [u8; 32],
}

impl<'a> Attempt<'a> {
    pub fn new(operation: &'static str, key: &'a IdempotencyKey, body: &[u8]) -> Self {
        Self {
            operation,
            key: key.0.as_deref(),
            request_hash: sha256(body),
        }
    }

    /// The first answer, when this key was used before. Two attempts at the same time take turns.
    ///
    /// # Errors
    /// 409 `idempotency_key_reused` when the key came with another body.
    pub async fn replay(&self, tx: &mut WriteTx) -> Result<Option<FirstAnswer>> {
        let Some(key) = self.key else {
            return Ok(None);
        };
        let operation = tx.operation().clone();
        self.wait_for_turn(tx.conn(), &operation, key).await?;
        let kept = sqlx::query_as!(
            Kept,
            r#"SELECT request_hash AS "request_hash!", status AS "status!", response AS "response!" FROM auth.own_answer($1, $2, $3)"#,
            operation.tenant(),
            self.operation,
            key,
        )
        .fetch_optional(tx.conn())
        .await?;
        self.answer_of(kept)
    }

    /// As [`Attempt::replay`], in a transaction of the system that works for the operation.
    pub async fn replay_for(&self, conn: &mut PgConnection, operation: &Operation) -> Result<Option<FirstAnswer>> {
        let Some(key) = self.key else {
            return Ok(None);
        };
        self.wait_for_turn(conn, operation, key).await?;
        let kept = sqlx::query_as!(
            Kept,
            "SELECT request_hash, status, response FROM idempotency_keys WHERE user_id = $1 AND tenant = $2 AND operation = $3 AND key = $4",
            operation.user_id,
            operation.tenant(),
            self.operation,
            key,
        )
        .fetch_optional(conn)
        .await?;
        self.answer_of(kept)
    }

    async fn wait_for_turn(&self, conn: &mut PgConnection, operation: &Operation, key: &str) -> Result<()> {
        let turn = format!("{}/{}/{}/{key}", operation.user_id, operation.tenant(), self.operation);
        sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", turn)
            .fetch_one(conn)
            .await?;
        Ok(())
    }

    fn answer_of(&self, kept: Option<Kept>) -> Result<Option<FirstAnswer>> {
        let Some(row) = kept else {
            return Ok(None);
        };
        if row.request_hash != self.request_hash {
            return Err(Error::conflict(
                ErrorCode::IdempotencyKeyReused,
                "This Idempotency-Key was used with another body.",
            ));
        }
        let status = u16::try_from(row.status)
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(StatusCode::OK);
        Ok(Some(FirstAnswer {
            status,
            body: row.response,
        }))
    }

    /// Keeps the answer. What must be shown only once is passed in `secret_field`: the replay says that it was shown.
    pub async fn keep(&self, tx: &mut WriteTx, answer: &FirstAnswer, secret_field: Option<&str>) -> Result<()> {
        let Some(key) = self.key else {
            return Ok(());
        };
        let (tenant, now) = (tx.operation().tenant(), tx.operation().request.now);
        sqlx::query!(
            "SELECT auth.keep_answer($1, $2, $3, $4, $5, $6, $7)",
            tenant,
            self.operation,
            key,
            &self.request_hash[..],
            answer.status.as_u16() as i16,
            without_secret(&answer.body, secret_field),
            now,
        )
        .fetch_one(tx.conn())
        .await?;
        Ok(())
    }

    /// As [`Attempt::keep`], in a transaction of the system that works for the operation.
    pub async fn keep_for(
        &self,
        conn: &mut PgConnection,
        operation: &Operation,
        answer: &FirstAnswer,
        secret_field: Option<&str>,
    ) -> Result<()> {
        let Some(key) = self.key else {
            return Ok(());
        };
        let (user, tenant, now) = (operation.user_id, operation.tenant(), operation.request.now);
        sqlx::query!(
            "INSERT INTO idempotency_keys (user_id, tenant, operation, key, request_hash, status, response, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            user,
            tenant,
            self.operation,
            key,
            &self.request_hash[..],
            answer.status.as_u16() as i16,
            without_secret(&answer.body, secret_field),
            now,
        )
        .execute(conn)
        .await?;
        Ok(())
    }
}

/// What was answered under a key, and to which request.
struct Kept {
    request_hash: Vec<u8>,
    status: i16,
    response: Value,
}

fn without_secret(body: &Value, secret_field: Option<&str>) -> Value {
    let mut body = body.clone();
    if let (Some(secret), Some(object)) = (secret_field, body.as_object_mut())
        && object.remove(secret).is_some()
    {
        object.insert("secret_already_shown".to_owned(), Value::Bool(true));
    }
    body
}

/// Forgets answers given before a moment, at most so many; says how many.
pub async fn remove_before(tx: &mut SystemTx, moment: DateTime<Utc>, limit: i64) -> Result<u64> {
    let done = sqlx::query!(
        "DELETE FROM idempotency_keys WHERE (user_id, tenant, operation, key) IN (
            SELECT user_id, tenant, operation, key FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2
                FOR UPDATE SKIP LOCKED)",
        moment,
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
