//! Euros. Amounts are exact decimals with at most twelve places, the scale of the database's `numeric(28, 12)`.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// An amount or a price in EUR, written as a decimal string without trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, utoipa::ToSchema)]
#[schema(value_type = String, example = "0.85")]
pub struct Eur(pub Decimal);

impl Serialize for Eur {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.normalize())
    }
}

impl From<Decimal> for Eur {
    fn from(amount: Decimal) -> Self {
        Self(amount)
    }
}
