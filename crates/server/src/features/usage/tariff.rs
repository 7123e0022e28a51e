//! Who pays for a request, and how much. Decided once, when it is admitted; the charge follows from that and from how it ended.

use openai_api::Buckets;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::event::Outcome;
use super::price::Price;
use crate::ids::PLATFORM;

/// What serving a request costs the workspace that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tariff {
    /// Its own instance serves: nothing. What the machine costs is counted by the hour.
    Own,
    /// The platform serves at this version of the model's price; a later one concerns requests that start after it.
    Platform(Price),
}

/// Nothing says what a request would cost, so that serving it would lose the account of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTariff;

/// Payment follows whoever serves: one's own instances cost nothing, the platform's the price of the model (which may be zero), and
/// another organization's nobody reaches without a contract.
///
/// # Errors
/// [`NoTariff`]: the model has no price, or the provider is another organization.
pub fn who_pays(consumer: Uuid, provider: Uuid, price: Option<&Price>) -> Result<Tariff, NoTariff> {
    match provider {
        own if own == consumer => Ok(Tariff::Own),
        PLATFORM => price.cloned().map(Tariff::Platform).ok_or(NoTariff),
        _ => Err(NoTariff),
    }
}

impl Tariff {
    /// What is charged by; `None` where nothing is.
    pub fn price(&self) -> Option<&Price> {
        match self {
            Tariff::Own => None,
            Tariff::Platform(price) => Some(price),
        }
    }

    /// The charge in EUR. Whoever left pays for what had been produced for them, once there was anything; failures of the
    /// platform or the engine are free. `None`: more than an amount can hold.
    pub fn charge(&self, outcome: Outcome, produced: bool, tokens: &Buckets) -> Option<Decimal> {
        let is_charged = match outcome {
            Outcome::Complete => true,
            Outcome::Abandoned => produced,
            Outcome::Partial | Outcome::Failed => false,
        };
        match self.price() {
            Some(price) if is_charged => price.charge(tokens),
            _ => Some(Decimal::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::dec;

    use super::*;

    fn price(eur: u32) -> Price {
        Price {
            id: Uuid::from_u128(u128::from(eur)),
            input_eur_per_1m: eur.into(),
            cached_input_eur_per_1m: eur.into(),
            output_eur_per_1m: eur.into(),
        }
    }

    #[test]
    fn only_answers_and_callers_who_left_after_the_first_token_are_charged() {
        let tokens = Buckets {
            uncached_input: 1,
            cached_input: 1,
            output: 1,
            reasoning: 1,
        };
        let charge = |outcome, produced| Tariff::Platform(price(1)).charge(outcome, produced, &tokens).unwrap();
        assert_eq!(charge(Outcome::Complete, false), dec!(0.000004));
        assert_eq!(charge(Outcome::Abandoned, true), dec!(0.000004));
        assert_eq!(charge(Outcome::Abandoned, false), dec!(0));
        assert_eq!(charge(Outcome::Partial, true), dec!(0));
        assert_eq!(charge(Outcome::Failed, false), dec!(0));
    }

    #[test]
    fn what_no_amount_can_hold_is_free_only_where_nothing_is_charged() {
        let tokens = Buckets {
            uncached_input: u64::MAX,
            cached_input: 0,
            output: u64::MAX,
            reasoning: 1,
        };
        let paid = Tariff::Platform(price(1));
        assert_eq!(paid.charge(Outcome::Complete, true, &tokens), None);
        assert_eq!(paid.charge(Outcome::Failed, false, &tokens), Some(dec!(0)));
        assert_eq!(Tariff::Own.charge(Outcome::Complete, true, &tokens), Some(dec!(0)));
    }

    /// Few, so that two of them are often the same; the platform is among them.
    fn tenant() -> impl Strategy<Value = Uuid> {
        (0u128..4).prop_map(Uuid::from_u128)
    }

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop::sample::select(vec![
            Outcome::Complete,
            Outcome::Partial,
            Outcome::Abandoned,
            Outcome::Failed,
        ])
    }

    proptest! {
        #[test]
        fn whoever_serves_decides_who_pays(consumer in tenant(), provider in tenant(), known in prop::option::of(0u32..9)) {
            let known = known.map(price);
            let decided = who_pays(consumer, provider, known.as_ref());
            if consumer == provider {
                prop_assert_eq!(decided, Ok(Tariff::Own));
            } else if provider == PLATFORM {
                prop_assert_eq!(decided, known.map(Tariff::Platform).ok_or(NoTariff));
            } else {
                prop_assert_eq!(decided, Err(NoTariff));
            }
        }

        #[test]
        fn a_charge_is_nothing_or_what_the_tariffs_price_says(
            consumer in tenant(), provider in tenant(), eur in 0u32..9, outcome in outcome(), produced: bool,
            tokens in (0u64..1_000_000, 0u64..1_000_000, 0u64..1_000_000, 0u64..1_000_000),
        ) {
            let tokens = Buckets { uncached_input: tokens.0, cached_input: tokens.1, output: tokens.2, reasoning: tokens.3 };
            let Ok(tariff) = who_pays(consumer, provider, Some(&price(eur))) else { return Ok(()) };
            let charge = tariff.charge(outcome, produced, &tokens).unwrap();
            let whole = price(eur).charge(&tokens).unwrap();
            match tariff.price() {
                None => prop_assert_eq!(charge, Decimal::ZERO),
                Some(by) => {
                    prop_assert_eq!(by, &price(eur));
                    prop_assert!(charge == whole || charge == Decimal::ZERO && outcome != Outcome::Complete);
                }
            }
            // More of it was produced: never cheaper.
            prop_assert!(tariff.charge(outcome, true, &tokens) >= tariff.charge(outcome, false, &tokens));
        }
    }
}
