//! Euros. Amounts are exact decimals with at most twelve places, the scale of the database's `numeric(28, 12)`.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codes::{FieldCode, Unit};
use crate::validation::Validation;

/// Decimal places of an amount.
const SCALE: u32 = 12;
/// No price comes near it, and sums of what is below stay within `numeric(28, 12)`.
const LARGEST_PRICE: i64 = 1_000_000_000;

/// An amount or a price in EUR, written as a decimal string without trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, utoipa::ToSchema)]
#[schema(value_type = String, example = "0.85")]
pub struct Eur(pub Decimal);

impl Serialize for Eur {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.normalize())
    }
}

/// A decimal string; a JSON number would already have been through a float somewhere.
impl<'de> Deserialize<'de> for Eur {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let amount = is_plain(&text).then(|| Decimal::from_str_exact(&text).ok()).flatten();
        let amount = amount.ok_or_else(|| serde::de::Error::custom("must be a decimal string like \"0.85\""))?;
        Ok(Self(amount.normalize()))
    }
}

/// Digits, and after a point more digits: the one way to write an amount. The parser of decimals takes `1_000`, `+1`, `.5` and `1.`, too.
fn is_plain(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, places)) => digits(whole) && digits(places),
        None => digits(unsigned),
    }
}

impl Eur {
    /// Records what keeps the amount from being a price: its sign, its size, or more than `places` decimal places.
    pub fn check_price(self, validation: &mut Validation, field: &str, places: u32) {
        debug_assert!(places <= SCALE);
        let in_range = !self.0.is_sign_negative() && self.0 <= Decimal::from(LARGEST_PRICE);
        validation.check(
            in_range,
            field,
            FieldCode::between(0, LARGEST_PRICE, Unit::Number),
            "must be 0 to 1000000000",
        );
        let precise = self.0.normalize().scale() <= places;
        validation.check(
            precise,
            field,
            FieldCode::Precision { places },
            format!("must have at most {places} decimal places"),
        );
    }
}

impl From<Decimal> for Eur {
    fn from(amount: Decimal) -> Self {
        Self(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, places: u32) -> bool {
        let mut validation = Validation::default();
        let amount: Eur = serde_json::from_str(&format!("\"{text}\"")).unwrap();
        amount.check_price(&mut validation, "price", places);
        validation.finish().is_err()
    }

    #[test]
    fn an_amount_is_read_from_a_string_and_written_without_trailing_zeros() {
        let amount: Eur = serde_json::from_str("\"0.8500\"").unwrap();
        assert_eq!(serde_json::to_string(&amount).unwrap(), "\"0.85\"");
        for other in [
            "0.85",
            "\"\"",
            "\"1e3\"",
            "\"0,85\"",
            "null",
            "\"1_000\"",
            "\"+1\"",
            "\".5\"",
            "\"1.\"",
            "\" 1\"",
            "\"1 \"",
            "\"--1\"",
            "\"-\"",
            "\"0x1\"",
            "\"١\"",
            "\"1.2.3\"",
            "\"NaN\"",
        ] {
            assert!(serde_json::from_str::<Eur>(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_price_is_neither_negative_nor_absurd_nor_finer_than_it_can_be_charged() {
        assert!(!refused("0", 6));
        assert!(!refused("0.123456000", 6));
        assert!(refused("0.1234567", 6));
        assert!(refused("-0.01", 6));
        assert!(refused("1000000001", 6));
    }
}
