//! Secrets of people that have to be read again: encrypted in the database, under a key that is not in it.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use uuid::Uuid;

use crate::secrets::MasterSecret;

const NONCE: usize = 12;

/// Encrypts a person's secret: the nonce, then the sealed text. Another person's key does not open it.
pub fn seal(master: &MasterSecret, person: Uuid, secret: &[u8]) -> anyhow::Result<Vec<u8>> {
    let nonce: [u8; NONCE] = rand::random();
    let sealed = cipher(master, person)
        .encrypt(&Nonce::from(nonce), secret)
        .map_err(|_| anyhow::anyhow!("encrypting a secret"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// # Errors
/// It was not sealed under this master secret for this person.
pub fn open(master: &MasterSecret, person: Uuid, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
    let foreign = || anyhow::anyhow!("a secret does not open with this installation's master secret");
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or_else(foreign)?;
    cipher(master, person)
        .decrypt(&Nonce::from(*nonce), sealed)
        .map_err(|_| foreign())
}

fn cipher(master: &MasterSecret, person: Uuid) -> Aes256Gcm {
    Aes256Gcm::new(&master.derive("totp-secret", person.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_for_its_person_and_installation_only() {
        let master = MasterSecret::generate();
        let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let sealed = seal(&master, ann, b"secret").unwrap();
        assert_ne!(
            sealed,
            seal(&master, ann, b"secret").unwrap(),
            "every nonce is another one"
        );
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(open(&master, ann, &sealed).unwrap(), b"secret");
        assert!(open(&master, bob, &sealed).is_err());
        assert!(open(&MasterSecret::generate(), ann, &sealed).is_err());
        for cut in [0, 5, sealed.len() - 1] {
            assert!(open(&master, ann, &sealed[..cut]).is_err());
        }
    }
}
