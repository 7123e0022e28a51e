//! Where servers come from.
//!
//! A [`Provider`] creates, finds, starts and deletes servers. It keeps no record of ours and knows no database: the only thing
//! that ties a server to an instance is the tag ([`CreateServer::instance_id`]) that it carries at the provider from its first
//! moment. Every implementation passes the same suite, [`conformance`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod conformance;
pub mod mock;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One cloud, with one set of credentials.
#[async_trait]
pub trait Provider: Send + Sync {
    /// `mock`, `scaleway`, …: the code of the catalogue.
    fn code(&self) -> &'static str;

    /// Orders a server and tags it. It is not idempotent: look for the tag with [`Provider::find_servers`] before calling it again.
    async fn create_server(&self, order: &CreateServer) -> Result<Server, ProviderError>;

    /// Powers a created server on; a server that is starting or running already is left alone. A server that does not exist or
    /// is being deleted is an [`ProviderError::InvalidRequest`]. Accepted is not running: a provider that finds no hardware may
    /// put the server back to [`ServerState::Stopped`] afterwards.
    async fn start_server(&self, zone: &str, server_id: &str) -> Result<(), ProviderError>;

    /// All servers of the zone that carry this instance's tag, oldest first. More than one means that something went wrong.
    async fn find_servers(&self, zone: &str, instance_id: Uuid) -> Result<Vec<Server>, ProviderError>;

    /// All servers of the zone that carry a tag of ours, oldest first.
    async fn list_servers(&self, zone: &str) -> Result<Vec<Server>, ProviderError>;

    /// `None` when the provider says that it does not exist.
    async fn get_server(&self, zone: &str, server_id: &str) -> Result<Option<Server>, ProviderError>;

    /// Asks for the deletion of a server with its volumes and addresses. Deleting what is gone is a success; the deletion is
    /// complete only once [`Provider::get_server`] answers `None`, for which its volumes and addresses must be gone too. Until
    /// then ask again: a provider may refuse or forget a deletion, for instance while the server is starting.
    async fn delete_server(&self, zone: &str, server_id: &str) -> Result<(), ProviderError>;
}

/// The calls of [`Provider`] by name, for logs, journals and fault plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    CreateServer,
    StartServer,
    FindServers,
    ListServers,
    GetServer,
    DeleteServer,
}

/// What to order.
#[derive(Debug, Clone)]
pub struct CreateServer {
    /// Becomes the tag.
    pub instance_id: Uuid,
    /// Shown in the provider's own console.
    pub name: String,
    pub zone: String,
    pub instance_type: String,
    pub boot: Boot,
}

/// What the server needs to know when it boots.
#[derive(Clone)]
pub struct Boot {
    /// Base URL of the server's worker endpoints, without a trailing slash.
    pub control_plane_url: String,
    /// Single use, exchanged at registration.
    pub bootstrap_token: String,
}

impl std::fmt::Debug for Boot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Boot")
            .field("control_plane_url", &self.control_plane_url)
            .finish_non_exhaustive()
    }
}

/// A server as its provider describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// The provider's id.
    pub id: String,
    pub zone: String,
    pub instance_type: String,
    /// The tag. `None`: not one of ours.
    pub instance_id: Option<Uuid>,
    pub state: ServerState,
    /// Public or private address, once known.
    pub address: Option<String>,
    pub created_at: DateTime<Utc>,
    /// When the provider began to bill it; `None` while it does not.
    pub billable_since: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerState {
    /// Exists, powered off.
    Stopped,
    Starting,
    Running,
    Stopping,
    /// Deletion was accepted and is not finished.
    Deleting,
    /// The provider gave up on it.
    Failed,
}

/// Why a call did not succeed, as far as the caller must tell the cases apart.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProviderError {
    #[error("no {instance_type} is available in {zone}")]
    OutOfStock { zone: String, instance_type: String },
    #[error("the provider's quota is used up: {0}")]
    QuotaExceeded(String),
    #[error("the provider refused the credentials")]
    Unauthorized,
    #[error("the provider refused the request: {0}")]
    InvalidRequest(String),
    #[error("the provider asks to slow down")]
    RateLimited { retry_after_ms: u64 },
    /// A time-out, a cut connection or a 5xx: the call may have had its effect. Only a look-up tells.
    #[error("the provider's answer was lost: {0}")]
    OutcomeUnknown(String),
}

impl ProviderError {
    /// True when the call certainly had no effect.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::OutcomeUnknown(_))
    }

    /// Stable code for instances, logs and operations.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfStock { .. } => "out_of_stock",
            Self::QuotaExceeded(_) => "quota_exceeded",
            Self::Unauthorized => "provider_unauthorized",
            Self::InvalidRequest(_) => "provider_invalid_request",
            Self::RateLimited { .. } => "provider_rate_limited",
            Self::OutcomeUnknown(_) => "provider_outcome_unknown",
        }
    }
}
