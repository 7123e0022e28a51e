//! What one request used: the record of the journal and the row of the table.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The whole answer was delivered.
    Complete,
    /// The platform or the engine broke off after something had been delivered. Free.
    Partial,
    /// The caller left. What was produced for them until then is charged.
    Abandoned,
    /// Nothing was delivered. Free.
    Failed,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Complete => "complete",
            Outcome::Partial => "partial",
            Outcome::Abandoned => "abandoned",
            Outcome::Failed => "failed",
        }
    }
}

/// One request, settled. Times are UTC; token counts don't overlap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageEvent {
    pub request_id: Uuid,
    pub started_at: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
    pub consumer_tenant: Uuid,
    pub consumer_organization_id: Option<Uuid>,
    /// Who asked: the person of the session, or the maker of the key.
    pub consumer_user_id: Option<Uuid>,
    pub api_key_id: Option<Uuid>,
    pub api_key_name: Option<String>,
    pub provider_tenant: Uuid,
    pub instance_id: Uuid,
    pub model_tenant: Uuid,
    pub model_id: Uuid,
    pub model_name: String,
    pub uncached_input_tokens: i64,
    pub cached_input_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    /// The engine did not say what it used: the tokens are our count of what it produced.
    #[serde(default)]
    pub estimated: bool,
    /// None: served by the consumer's own instance.
    pub price_id: Option<Uuid>,
    pub charge_eur: Decimal,
    pub outcome: Outcome,
    /// 499: the caller left before there was a status.
    pub http_status: i16,
    pub streamed: bool,
    pub latency_ms: i32,
    pub first_token_ms: Option<i32>,
}

/// An event as it lies in the journal, with the hash of its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct JournaledEvent {
    pub event: UsageEvent,
    pub payload_hash: [u8; 32],
}

impl JournaledEvent {
    /// `None` for bytes that are not an event of ours.
    pub fn read(payload: &[u8]) -> Option<Self> {
        Some(Self {
            event: serde_json::from_slice(payload).ok()?,
            payload_hash: crate::secrets::sha256(payload),
        })
    }
}
