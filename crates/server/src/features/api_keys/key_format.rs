//! What a key looks like: `inv_<public id>_<secret><checksum>`.
//!
//! The public id finds the row, the secret proves the right, the checksum lets a scanner (and us) tell a key from text that only
//! looks like one without asking anybody. Everything is base62, so that a double click selects the whole key's part and no
//! encoding is needed anywhere.

use crate::secrets::{API_KEY_PREFIX as PREFIX, sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PUBLIC_ID_LENGTH: usize = 16;
/// 43 digits of base62 are 256 random bits.
const SECRET_LENGTH: usize = 43;
/// 62^6 is more than 2^32: every CRC-32 fits.
const CHECKSUM_LENGTH: usize = 6;

/// A key that has just been made: the only moment at which its text exists here.
pub struct NewKey {
    pub public_id: String,
    /// What lists show.
    pub prefix: String,
    pub text: String,
    pub hash: [u8; 32],
}

impl NewKey {
    pub fn generate() -> Self {
        let public_id = random_digits(PUBLIC_ID_LENGTH);
        let prefix = format!("{PREFIX}{public_id}");
        let mut text = format!("{prefix}_{}", random_digits(SECRET_LENGTH));
        let checksum = checksum(text.as_bytes());
        text.push_str(&checksum);
        Self {
            public_id,
            prefix,
            hash: sha256(text.as_bytes()),
            text,
        }
    }
}

/// A key as a caller presented it, well formed but not yet known to be anybody's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PresentedKey<'a> {
    pub public_id: &'a str,
    text: &'a str,
}

impl<'a> PresentedKey<'a> {
    /// `None` when the text is not a key: wrong shape or wrong checksum.
    pub fn read(text: &'a str) -> Option<Self> {
        let (public_id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_base62 = |part: &str| part.bytes().all(|digit| digit.is_ascii_alphanumeric());
        let well_formed = public_id.len() == PUBLIC_ID_LENGTH
            && secret.len() == SECRET_LENGTH + CHECKSUM_LENGTH
            && is_base62(public_id)
            && is_base62(secret);
        if !well_formed {
            return None;
        }
        let (signed, given) = text.split_at(text.len() - CHECKSUM_LENGTH);
        (checksum(signed.as_bytes()) == given).then_some(Self { public_id, text })
    }

    /// What is compared with the stored hash.
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.text.as_bytes())
    }
}

fn random_digits(count: usize) -> String {
    (0..count)
        .map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]))
        .collect()
}

/// CRC-32 (IEEE) in base62, zero-padded, most significant digit first.
fn checksum(data: &[u8]) -> String {
    let mut rest = crc32fast::hash(data) as usize;
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[rest % ALPHABET.len()];
        rest /= ALPHABET.len();
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_key_is_read_back() {
        let key = NewKey::generate();
        let read = PresentedKey::read(&key.text).unwrap();
        assert_eq!(read.public_id, key.public_id);
        assert_eq!(read.hash(), key.hash);
        assert!(key.text.starts_with(&format!("{}_", key.prefix)));
        assert_ne!(key.text, NewKey::generate().text);
    }

    #[test]
    fn the_checksum_is_crc_32_in_six_digits() {
        // The check value of CRC-32 (IEEE) for "123456789" is 0xcbf43926 = 3421780262.
        assert_eq!(checksum(b"123456789"), "3jZRME");
        assert_eq!(checksum(b""), "000000");
    }

    proptest! {
        #[test]
        fn no_text_but_a_key_is_read(text in "\\PC{0,90}") {
            prop_assert!(PresentedKey::read(&text).is_none());
        }

        #[test]
        fn one_changed_character_is_noticed(position in 0usize..200, replacement in any::<char>()) {
            let key = NewKey::generate().text;
            let position = position % key.len();
            let mut altered: Vec<char> = key.chars().collect();
            prop_assume!(altered[position] != replacement);
            altered[position] = replacement;
            let altered: String = altered.into_iter().collect();
            prop_assert!(PresentedKey::read(&altered).is_none());
        }
    }
}
