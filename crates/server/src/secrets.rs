//! Random secrets, their hashes, and the keys derived from the installation's master secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Every API key begins so: it is told from a session's token at a glance, and by whoever scans texts for secrets.
pub const API_KEY_PREFIX: &str = "inv_";

/// SHA-256, 32 bytes: how 256-bit tokens are stored.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// 256 random bits, URL-safe.
pub fn random_token() -> String {
    let bytes: [u8; 32] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Equal, in time that does not depend on where they differ.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// The installation's master secret. Everything else that must stay the same across restarts and replicas is derived from it.
#[derive(Clone)]
pub struct MasterSecret([u8; 32]);

impl MasterSecret {
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// From its base64url form.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// A key for one purpose; other purposes and other contexts get unrelated keys.
    pub fn derive(&self, purpose: &str, context: &[u8]) -> [u8; 32] {
        keyed_hash(&self.0, purpose, context)
    }
}

/// HMAC-SHA-256 of a message of one purpose.
pub fn keyed_hash(key: &[u8; 32], purpose: &str, message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(message);
    mac.finalize().into_bytes().into()
}

impl std::fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_keys_differ_by_purpose_and_context() {
        let secret = MasterSecret::generate();
        assert_eq!(secret.derive("a", b"1"), secret.derive("a", b"1"));
        assert_ne!(secret.derive("a", b"1"), secret.derive("b", b"1"));
        assert_ne!(secret.derive("a", b"1"), secret.derive("a", b"2"));
    }

    #[test]
    fn a_master_secret_survives_its_text_form() {
        let secret = MasterSecret::generate();
        assert_eq!(MasterSecret::parse(&secret.to_text()).unwrap().0, secret.0);
        assert!(MasterSecret::parse("short").is_none());
    }
}
