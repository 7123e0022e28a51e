//! SQL of `inference_usage`, the writer's side.

use chrono::NaiveDate;
use uuid::Uuid;

use super::event::JournaledEvent;
use crate::error::Result;
use crate::plumbing::db::SystemTx;

pub async fn ensure_partition(tx: &mut SystemTx, month: NaiveDate) -> Result<()> {
    sqlx::query!("SELECT tenancy.ensure_usage_partition($1)", month)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Inserts what is not known yet and says which requests that were.
pub async fn insert(tx: &mut SystemTx, events: &[JournaledEvent]) -> Result<Vec<Uuid>, sqlx::Error> {
    // One array per column: the statement is the same for every size of batch.
    macro_rules! column {
        ($field:ident) => {
            &events
                .iter()
                .map(|event| event.event.$field.clone())
                .collect::<Vec<_>>() as &[_]
        };
    }
    let outcomes: Vec<String> = events
        .iter()
        .map(|event| event.event.outcome.as_str().to_owned())
        .collect();
    let hashes: Vec<Vec<u8>> = events.iter().map(|event| event.payload_hash.to_vec()).collect();
    sqlx::query_scalar!(
        "INSERT INTO inference_usage (request_id, started_at, finished_at, consumer_tenant, consumer_organization_id, consumer_user_id,
            api_key_id, api_key_name, provider_tenant, instance_id, model_tenant, model_id, model_name, uncached_input_tokens,
            cached_input_tokens, output_tokens, reasoning_tokens, price_id, charge_eur, outcome, http_status, streamed, latency_ms,
            first_token_ms, payload_hash, estimated)
         SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[],
            $8::text[], $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::text[], $14::bigint[], $15::bigint[], $16::bigint[],
            $17::bigint[], $18::uuid[], $19::numeric[], $20::text[], $21::smallint[], $22::boolean[], $23::integer[], $24::integer[],
            $25::bytea[], $26::boolean[])
         ON CONFLICT (request_id, started_at) DO NOTHING RETURNING request_id",
        column!(request_id),
        column!(started_at),
        column!(finished_at),
        column!(consumer_tenant),
        column!(consumer_organization_id) as &[Option<Uuid>],
        column!(consumer_user_id) as &[Option<Uuid>],
        column!(api_key_id) as &[Option<Uuid>],
        column!(api_key_name) as &[Option<String>],
        column!(provider_tenant),
        column!(instance_id),
        column!(model_tenant),
        column!(model_id),
        column!(model_name),
        column!(uncached_input_tokens),
        column!(cached_input_tokens),
        column!(output_tokens),
        column!(reasoning_tokens),
        column!(price_id) as &[Option<Uuid>],
        column!(charge_eur),
        &outcomes,
        column!(http_status),
        column!(streamed),
        column!(latency_ms),
        column!(first_token_ms) as &[Option<i32>],
        &hashes,
        column!(estimated),
    )
    .fetch_all(tx.conn())
    .await
}

/// Requests among the given ones that are known with another content.
pub async fn conflicting(tx: &mut SystemTx, events: &[JournaledEvent]) -> Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.event.request_id).collect();
    let starts: Vec<_> = events.iter().map(|event| event.event.started_at).collect();
    let hashes: Vec<Vec<u8>> = events.iter().map(|event| event.payload_hash.to_vec()).collect();
    let rows = sqlx::query_scalar!(
        "SELECT u.request_id FROM inference_usage u
         JOIN unnest($1::uuid[], $2::timestamptz[], $3::bytea[]) AS given (id, at, hash)
            ON u.request_id = given.id AND u.started_at = given.at
         WHERE u.payload_hash <> given.hash",
        &ids,
        &starts,
        &hashes,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
