//! Making, listing, changing, replacing and revoking keys.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::ApiKeys;
use super::key_format::NewKey;
use super::rules::{
    KeyStatus, check_allowed_models, check_end_of_overlap, check_expiry, check_name, check_rotation, end_of_overlap,
    may_change, only_by_policy, revoked,
};
use super::store::{self, InsertedKey, KeyCounts, KeyRow};
use crate::error::{Error, Result};
use crate::features::audit::{self, Act};
use crate::operation::Authorized;
use crate::plumbing::db::WriteTx;
use crate::plumbing::edge::idempotency::{Attempt, FirstAnswer};
use crate::plumbing::edge::paging::{Page, Paging};
use crate::plumbing::edge::versions::{IfMatch, Tag};
use crate::plumbing::events::{self, Topic};
use crate::validation::Validation;

/// The field of the answer that holds the key, once.
pub const SECRET_FIELD: &str = "key";

pub async fn list(keys: &ApiKeys, authorized: Authorized<'_>, paging: &Paging) -> Result<Page<KeyRow>> {
    let mut tx = keys.core.db.read(&authorized).await?;
    let rows = store::list(&mut tx, None, paging).await?;
    Ok(paging.page(rows, |row| (row.created_at, row.id), |row| row))
}

/// The newest keys of a state (`None`: of all), and how many there are of each.
pub async fn search(
    keys: &ApiKeys,
    authorized: Authorized<'_>,
    status: Option<KeyStatus>,
    paging: &Paging,
) -> Result<(Vec<KeyRow>, KeyCounts)> {
    let mut tx = keys.core.db.read(&authorized).await?;
    let counts = store::count(&mut tx, paging).await?;
    let rows = store::list(&mut tx, status, paging).await?;
    Ok((
        paging.page(rows, |row| (row.created_at, row.id), |row| row).items,
        counts,
    ))
}

#[derive(Debug, Clone)]
pub struct KeyRequest {
    pub name: String,
    pub expires_at: Option<DateTime<Utc>>,
    /// `None`: every model of the workspace.
    pub allowed_models: Option<Vec<String>>,
}

/// Makes a key of the workspace. `show` writes the answer, with the key's text in [`SECRET_FIELD`]; it is kept without it.
///
/// # Errors
/// 422 naming the field.
pub async fn create(
    keys: &ApiKeys,
    authorized: Authorized<'_>,
    request: KeyRequest,
    attempt: &Attempt<'_>,
    show: impl FnOnce(KeyRow, String) -> Result<serde_json::Value>,
) -> Result<FirstAnswer> {
    let mut tx = keys.core.db.write(&authorized).await?;
    if let Some(answer) = attempt.replay(&mut tx).await? {
        return Ok(answer);
    }
    let mut validation = Validation::default();
    check_name(&mut validation, &request.name);
    if let Some(expires_at) = request.expires_at {
        check_expiry(&mut validation, expires_at, authorized.request.now);
    }
    if let Some(models) = &request.allowed_models {
        check_allowed_models(&mut validation, models);
    }
    validation.finish()?;

    let (id, key) = (crate::ids::new_id(), NewKey::generate());
    let member_bound = only_by_policy(tx.operation(), authorized.permission());
    let inserted = InsertedKey {
        id,
        member_bound,
        rotated_from: None,
        name: request.name.trim(),
        public_id: &key.public_id,
        prefix: &key.prefix,
        secret_hash: &key.hash,
        allowed_models: request.allowed_models.as_deref(),
        expires_at: request.expires_at,
    };
    store::insert(&mut tx, &inserted).await?;
    let row = store::lock(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    audit::record(
        &mut tx,
        Act::new("api_key.create", "api_key", id).after(&described(&row)),
    )
    .await?;
    announce(&mut tx, id).await?;
    let answer = FirstAnswer::created(show(row, key.text)?);
    attempt.keep(&mut tx, &answer, Some(SECRET_FIELD)).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What may be changed of a key. `None` leaves it; the inner `None` takes the limit away.
#[derive(Debug, Clone, Default)]
pub struct KeyChange {
    pub name: Option<String>,
    pub expires_at: Option<Option<DateTime<Utc>>>,
    pub allowed_models: Option<Option<Vec<String>>>,
}

/// # Errors
/// 404 for a key of another workspace; 403 for one that somebody else made, under the policy; 412 when `if_match` is not the current
/// tag; 409 `key_revoked`; 422 naming the field, `expires_at` also when it would lengthen the overlap of a key that was replaced.
pub async fn update(
    keys: &ApiKeys,
    authorized: Authorized<'_>,
    id: Uuid,
    if_match: &IfMatch,
    change: impl FnOnce() -> Result<KeyChange>,
) -> Result<KeyRow> {
    let mut tx = keys.core.db.write(&authorized).await?;
    let before = changeable(&mut tx, &authorized, id).await?;
    if_match.check(&tag(&before))?;
    let change = change()?;
    if before.revoked_at.is_some() {
        return Err(revoked());
    }
    let name = change.name.unwrap_or_else(|| before.name.clone());
    let mut validation = Validation::default();
    check_name(&mut validation, &name);
    // An expiry that is not touched may lie in the past: renaming an expired key is no error.
    if let Some(Some(expires_at)) = change.expires_at {
        check_expiry(&mut validation, expires_at, authorized.request.now);
    }
    if let Some(Some(models)) = &change.allowed_models {
        check_allowed_models(&mut validation, models);
    }
    let expires_at = change.expires_at.unwrap_or(before.expires_at);
    if before.rotated_to.is_some() {
        check_end_of_overlap(&mut validation, before.expires_at, expires_at);
    }
    validation.finish()?;
    let allowed_models = change.allowed_models.unwrap_or_else(|| before.allowed_models.clone());
    store::update(&mut tx, id, name.trim(), expires_at, allowed_models.as_deref()).await?;
    let after = store::lock(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    audit::record(
        &mut tx,
        Act::new("api_key.update", "api_key", id)
            .before(&described(&before))
            .after(&described(&after)),
    )
    .await?;
    announce(&mut tx, id).await?;
    tx.commit().await?;
    Ok(after)
}

/// Makes a key that takes another's place: same name, models, expiry and owner, another secret. The one before works until the
/// overlap ends. Replaced under the policy, it is bound to the membership even if the one before was not. `show` as for [`create`].
///
/// # Errors
/// 404 for a key of another workspace; 403 for one that somebody else made, under the policy; 409 unless the key works and has no
/// successor yet; 422 naming the field.
pub async fn rotate(
    keys: &ApiKeys,
    authorized: Authorized<'_>,
    id: Uuid,
    overlap: impl FnOnce() -> Result<TimeDelta>,
    attempt: &Attempt<'_>,
    show: impl FnOnce(KeyRow, String) -> Result<serde_json::Value>,
) -> Result<FirstAnswer> {
    let mut tx = keys.core.db.write(&authorized).await?;
    if let Some(answer) = attempt.replay(&mut tx).await? {
        return Ok(answer);
    }
    let before = changeable(&mut tx, &authorized, id).await?;
    let overlap = overlap()?;
    check_rotation(before.state, before.rotated_to_prefix.as_deref())?;
    let (successor, key) = (crate::ids::new_id(), NewKey::generate());
    let inserted = InsertedKey {
        id: successor,
        // Under the policy nobody makes a key that outlives the membership, not even from one that would.
        member_bound: before.member_bound || only_by_policy(tx.operation(), authorized.permission()),
        rotated_from: Some(id),
        name: &before.name,
        public_id: &key.public_id,
        prefix: &key.prefix,
        secret_hash: &key.hash,
        allowed_models: before.allowed_models.as_deref(),
        expires_at: before.expires_at,
    };
    store::insert(&mut tx, &inserted).await?;
    let end = end_of_overlap(before.expires_at, overlap, authorized.request.now);
    store::update(&mut tx, id, &before.name, Some(end), before.allowed_models.as_deref()).await?;
    let after = store::lock(&mut tx, id).await?.ok_or_else(Error::not_found)?;
    let row = store::lock(&mut tx, successor).await?.ok_or_else(Error::not_found)?;
    audit::record(
        &mut tx,
        Act::new("api_key.rotate", "api_key", id)
            .before(&described(&before))
            .after(&json!({"key": described(&after), "successor_id": successor, "successor": described(&row)})),
    )
    .await?;
    announce(&mut tx, id).await?;
    announce(&mut tx, successor).await?;
    let answer = FirstAnswer::created(show(row, key.text)?);
    attempt.keep(&mut tx, &answer, Some(SECRET_FIELD)).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Ends a key for good. Revoking it again changes nothing.
///
/// # Errors
/// As [`update`].
pub async fn revoke(keys: &ApiKeys, authorized: Authorized<'_>, id: Uuid) -> Result<()> {
    let mut tx = keys.core.db.write(&authorized).await?;
    let key = changeable(&mut tx, &authorized, id).await?;
    if key.revoked_at.is_none() {
        store::revoke(&mut tx, id).await?;
        audit::record(
            &mut tx,
            Act::new("api_key.revoke", "api_key", id).before(&described(&key)),
        )
        .await?;
        announce(&mut tx, id).await?;
    }
    tx.commit().await
}

async fn changeable(tx: &mut WriteTx, authorized: &Authorized<'_>, id: Uuid) -> Result<KeyRow> {
    let key = store::lock(tx, id).await?.ok_or_else(Error::not_found)?;
    if may_change(tx.operation(), authorized.permission(), key.created_by_user_id) {
        Ok(key)
    } else {
        Err(Error::forbidden(authorized.permission()))
    }
}

async fn announce(tx: &mut WriteTx, id: Uuid) -> Result<()> {
    let tenant = tx.operation().tenant();
    events::notify(tx.conn(), Topic::ApiKeys, tenant, id).await
}

/// For the audit log: never the hash, which would be enough to test guesses against.
/// The version tag of a key, for `ETag` and `If-Match`.
pub fn tag(key: &KeyRow) -> Tag {
    Tag::of(&(described(key), key.revoked_at, key.rotated_to))
}

fn described(key: &KeyRow) -> serde_json::Value {
    json!({
        "name": key.name, "prefix": key.prefix, "expires_at": key.expires_at, "allowed_models": key.allowed_models,
        "member_bound": key.member_bound,
    })
}
