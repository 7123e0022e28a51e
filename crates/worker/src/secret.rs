//! Tokens in memory.

use std::fmt;

use subtle::ConstantTimeEq;

/// A token; its `Debug` output hides it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The token itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares in a time that depends on the length of `presented` alone.
    pub fn matches(&self, presented: &[u8]) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(presented))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_match_and_an_empty_secret_matches_nothing() {
        assert!(Secret::new("abc".into()).matches(b"abc"));
        assert!(!Secret::new("abc".into()).matches(b"abd"));
        assert!(!Secret::new("abc".into()).matches(b"ab"));
        assert!(!Secret::new(String::new()).matches(b""));
        assert!(!format!("{:?}", Secret::new("abc".into())).contains("abc"));
    }
}
