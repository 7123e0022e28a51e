//! The three secrets between us and a machine.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::store;
use crate::error::Result;
use crate::plumbing::db::SystemTx;
use crate::secrets::{MasterSecret, sha256};

/// The token the gateway presents to an instance's worker. Derived, so that it is never stored: the worker is told at registration.
pub fn serving_token(master: &MasterSecret, instance_id: Uuid) -> String {
    derived(master, "worker-serving", instance_id)
}

/// The token a machine of the instance is ordered with. Derived as well: an order that is repeated after a crash carries the
/// same one, so whichever server the order made can register.
pub fn bootstrap_token(master: &MasterSecret, instance_id: Uuid) -> String {
    derived(master, "worker-bootstrap", instance_id)
}

/// Makes the instance's bootstrap token valid, if it isn't yet.
pub async fn admit_bootstrap(
    tx: &mut SystemTx,
    master: &MasterSecret,
    tenant: Uuid,
    instance_id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    let hash = sha256(bootstrap_token(master, instance_id).as_bytes());
    store::insert_bootstrap(tx, tenant, instance_id, &hash, now).await
}

/// Ends every token of an instance.
pub async fn revoke_all(tx: &mut SystemTx, tenant: Uuid, instance_id: Uuid, now: DateTime<Utc>) -> Result<()> {
    store::revoke(tx, tenant, instance_id, None, now).await
}

fn derived(master: &MasterSecret, purpose: &str, instance_id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(master.derive(purpose, instance_id.as_bytes()))
}
