//! The agents on instances: how they prove who they are, what they report.
//!
//! Tables: `worker_tokens`. Uses: audit.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::secrets::MasterSecret;

/// The token the gateway presents to an instance's worker. Derived, so that it is never stored: the worker is told at registration.
pub fn serving_token(master: &MasterSecret, instance_id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(master.derive("worker-serving", instance_id.as_bytes()))
}
