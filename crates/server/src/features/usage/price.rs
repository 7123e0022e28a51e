//! What tokens cost.

use openai_api::Buckets;
use rust_decimal::{Decimal, RoundingStrategy};
use uuid::Uuid;

/// A version of a model's price, in EUR per million tokens. Reasoning costs what other output costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    pub id: Uuid,
    pub input_eur_per_1m: Decimal,
    pub cached_input_eur_per_1m: Decimal,
    pub output_eur_per_1m: Decimal,
}

/// Decimal places of the database's amounts.
const SCALE: u32 = 12;

impl Price {
    /// The charge in EUR. Exact for prices of at most six places; with more, the last of twelve places is rounded half away from
    /// zero. `None` when the amount is larger than any that can be stored.
    pub fn charge(&self, tokens: &Buckets) -> Option<Decimal> {
        let part = |tokens: u64, price: Decimal| Decimal::from(tokens).checked_mul(price);
        let output = tokens.output.checked_add(tokens.reasoning)?;
        let per_million = part(tokens.uncached_input, self.input_eur_per_1m)?
            .checked_add(part(tokens.cached_input, self.cached_input_eur_per_1m)?)?
            .checked_add(part(output, self.output_eur_per_1m)?)?;
        let charge = per_million.checked_div(Decimal::from(1_000_000u32))?;
        let charge = charge.round_dp_with_strategy(SCALE, RoundingStrategy::MidpointAwayFromZero);
        (charge < Decimal::from(10_000_000_000_000_000u64)).then_some(charge)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::dec;

    use super::*;

    fn price(input: Decimal, cached: Decimal, output: Decimal) -> Price {
        Price {
            id: Uuid::nil(),
            input_eur_per_1m: input,
            cached_input_eur_per_1m: cached,
            output_eur_per_1m: output,
        }
    }

    #[test]
    fn each_bucket_has_its_price_and_no_token_is_charged_twice() {
        let tokens = Buckets {
            uncached_input: 1_000,
            cached_input: 500,
            output: 200,
            reasoning: 50,
        };
        let charge = price(dec!(0.15), dec!(0.03), dec!(0.60)).charge(&tokens).unwrap();
        assert_eq!(charge, dec!(0.000315));
    }

    #[test]
    fn an_amount_that_cannot_be_stored_is_not_made_up() {
        let tokens = Buckets {
            uncached_input: u64::MAX,
            cached_input: 0,
            output: 0,
            reasoning: 0,
        };
        assert_eq!(price(dec!(1000000000000), dec!(0), dec!(0)).charge(&tokens), None);
    }

    proptest! {
        #[test]
        fn a_charge_is_exact_to_the_last_place(
            input in 0u64..1_000_000_000, cached in 0u64..1_000_000_000, output in 0u64..1_000_000_000,
            prices in (0u64..10_000_000_000, 0u64..10_000_000_000, 0u64..10_000_000_000),
        ) {
            // Prices of six places are whole micro-euros per million tokens, so the charge is whole pico-euros.
            let micro = |amount: u64| Decimal::from(amount) / dec!(1_000_000);
            let tokens = Buckets { uncached_input: input, cached_input: cached, output, reasoning: 0 };
            let charge = price(micro(prices.0), micro(prices.1), micro(prices.2)).charge(&tokens).unwrap();
            let pico = [(input, prices.0), (cached, prices.1), (output, prices.2)]
                .iter()
                .map(|(tokens, price)| u128::from(*tokens) * u128::from(*price))
                .sum::<u128>();
            prop_assert_eq!((charge * dec!(1_000_000_000_000)).normalize().to_string(), pico.to_string());
        }
    }
}
