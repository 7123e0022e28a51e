//! Ten codes to keep on paper, each for one sign-in.

use uuid::Uuid;

use crate::secrets::MasterSecret;

pub const HOW_MANY: usize = 10;
/// Crockford's alphabet: nothing in it is mistaken for something else in it.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 10;

/// Fresh codes of 50 bits each, like `4rvz8-0qd7k`.
pub fn generate() -> Vec<String> {
    (0..HOW_MANY).map(|_| generate_one()).collect()
}

fn generate_one() -> String {
    let bytes: [u8; LENGTH] = rand::random();
    let mut code: String = bytes
        .iter()
        .map(|byte| ALPHABET[usize::from(byte & 31)] as char)
        .collect();
    code.insert(LENGTH / 2, '-');
    code
}

/// How a code is stored, however it was typed.
pub fn hash(master: &MasterSecret, person: Uuid, code: &str) -> [u8; 32] {
    let mut context = person.as_bytes().to_vec();
    context.extend(code.chars().filter_map(as_written).map(|character| character as u8));
    master.derive("recovery-code", &context)
}

/// What a person means by a character; `None` for what is there to be read more easily.
fn as_written(character: char) -> Option<char> {
    match character.to_ascii_lowercase() {
        '-' | ' ' => None,
        'o' => Some('0'),
        'i' | 'l' => Some('1'),
        other if other.is_ascii() => Some(other),
        _ => Some('?'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_recognised_however_it_is_typed_and_only_for_its_person() {
        let master = MasterSecret::generate();
        let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let stored = hash(&master, ann, "4rvz8-0qd1k");
        for typed in ["4rvz8-0qd1k", "4RVZ8 0QD1K", " 4rvz8oqdik "] {
            assert_eq!(hash(&master, ann, typed), stored, "{typed}");
        }
        for wrong in ["", "4rvz8-0qd1", "4rvz8-0qd1kk", "é"] {
            assert_ne!(hash(&master, ann, wrong), stored, "{wrong}");
        }
        assert_ne!(hash(&master, bob, "4rvz8-0qd1k"), stored);
    }

    #[test]
    fn codes_differ_and_are_easy_to_read() {
        let codes = generate();
        let distinct: std::collections::HashSet<_> = codes.iter().collect();
        assert_eq!(distinct.len(), HOW_MANY);
        for code in codes {
            assert_eq!(code.len(), LENGTH + 1);
            assert!(
                code.bytes()
                    .all(|character| character == b'-' || ALPHABET.contains(&character))
            );
        }
    }
}
