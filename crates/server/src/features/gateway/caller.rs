//! Who asks: a key, or a session.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use openai_api::ErrorEnvelope;
use uuid::Uuid;

use super::Gateway;
use super::refusal::Refusal;
use crate::codes::ErrorCode;
use crate::error::Error;
use crate::features::api_keys::{KeySnapshot, PresentedKey};
use crate::features::sessions::{bearer, is_claimed_workspace};
use crate::operation::Operation;
use crate::permissions::Permission;
use crate::request_id;
use crate::secrets::API_KEY_PREFIX;

/// Somebody whose right to call `/v1` was verified for this request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The workspace that asks and pays.
    pub tenant: Uuid,
    pub organization_id: Option<Uuid>,
    pub user_id: Uuid,
    /// `None` for a session.
    pub key: Option<Arc<KeySnapshot>>,
    pub request_id: Uuid,
    pub started_at: DateTime<Utc>,
    /// The same moment, for measuring.
    pub received: Instant,
}

impl Caller {
    /// Whether the key's allow-list lets a model through; by name or by id.
    pub fn may_call(&self, model_id: &str, id: Uuid) -> bool {
        let allowed = self.key.as_ref().and_then(|key| key.allowed_models.as_ref());
        allowed.is_none_or(|allowed| {
            allowed
                .iter()
                .any(|name| name == model_id || Uuid::try_parse(name).is_ok_and(|name| name == id))
        })
    }

    /// A session as a caller.
    pub fn of_session(operation: &Operation) -> Self {
        Self {
            tenant: operation.tenant(),
            organization_id: operation.workspace.organization_id(),
            user_id: operation.user_id,
            key: None,
            request_id: operation.request.request_id,
            started_at: operation.request.now,
            received: Instant::now(),
        }
    }
}

impl FromRequestParts<Gateway> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Refusal> {
        let received = Instant::now();
        let Some(text) = bearer(&parts.headers).filter(|text| text.starts_with(API_KEY_PREFIX)) else {
            let context = gateway.0.core.context_source().of(&parts.extensions, &parts.headers);
            let operation = gateway.0.sessions.operation_of(parts, &context).await?;
            operation.require(Permission::GatewayUse)?;
            return Ok(Self {
                received,
                ..Self::of_session(&operation)
            });
        };
        let invalid = || Refusal::from(ErrorEnvelope::invalid_api_key());
        let key = PresentedKey::read(&text).ok_or_else(invalid)?;
        let key = gateway.0.keys.present(key).await?.ok_or_else(invalid)?;
        // A key is in one workspace for ever; whoever believes otherwise is told, as a session is.
        if !is_claimed_workspace(parts, key.organization_id) {
            let detail = "This key is of another workspace; nothing was done.";
            return Err(Error::conflict(ErrorCode::WorkspaceChanged, detail).into());
        }
        Ok(Self {
            tenant: key.tenant,
            organization_id: key.organization_id,
            user_id: key.created_by,
            request_id: request_id::current_id(),
            started_at: gateway.0.core.clock.now(),
            received,
            key: Some(key),
        })
    }
}
