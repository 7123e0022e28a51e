//! Does a model fit on an instance type, and what does that cost.

use rust_decimal::Decimal;

use crate::money::Eur;

/// What a deployment asks for, looked up.
#[derive(Debug, Clone)]
pub struct Offer {
    pub model_name: String,
    pub required_vram_gb: i32,
    pub instance_type_code: String,
    pub zone_code: String,
    pub gpu_count: i32,
    pub vram_per_gpu_gb: i32,
    pub is_available: bool,
    /// The zone's price where it has one, else the type's.
    pub cost_per_hour_eur: Decimal,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    pub fits: bool,
    /// Sentences, for people; at least one.
    pub reasons: Vec<String>,
}

impl Offer {
    pub fn vram_gb(&self) -> i32 {
        self.gpu_count.saturating_mul(self.vram_per_gpu_gb)
    }
}

/// A model that needs no VRAM fits anywhere.
pub fn fit(offer: &Offer) -> Fit {
    let (needed, offered) = (offer.required_vram_gb, offer.vram_gb());
    let enough = needed <= offered;
    let mut reasons = vec![if needed == 0 {
        format!("{} needs no GPU memory.", offer.model_name)
    } else if enough {
        format!(
            "{} needs {needed} GB of GPU memory and {} has {offered} GB.",
            offer.model_name, offer.instance_type_code
        )
    } else {
        format!(
            "{} needs {needed} GB of GPU memory, {} has only {offered} GB.",
            offer.model_name, offer.instance_type_code
        )
    }];
    if !offer.is_available {
        reasons.push(format!(
            "{} is not available in {}.",
            offer.instance_type_code, offer.zone_code
        ));
    }
    Fit {
        fits: enough && offer.is_available,
        reasons,
    }
}

impl Offer {
    pub fn price(&self) -> Eur {
        Eur(self.cost_per_hour_eur)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offer(required: i32, gpus: i32, vram: i32) -> Offer {
        Offer {
            model_name: "A model".into(),
            required_vram_gb: required,
            instance_type_code: "type-1".into(),
            zone_code: "zone-1".into(),
            gpu_count: gpus,
            vram_per_gpu_gb: vram,
            is_available: true,
            cost_per_hour_eur: Decimal::ONE,
        }
    }

    proptest! {
        #[test]
        fn a_model_fits_exactly_when_all_gpus_together_hold_it(required in 0..2000_i32, gpus in 0..16_i32, vram in 0..200_i32) {
            prop_assert_eq!(fit(&offer(required, gpus, vram)).fits, required <= gpus * vram);
        }
    }

    #[test]
    fn no_gpu_is_enough_for_a_model_that_needs_none() {
        assert!(fit(&offer(0, 0, 0)).fits);
        let unavailable = Offer {
            is_available: false,
            ..offer(0, 0, 0)
        };
        let answer = fit(&unavailable);
        assert!(!answer.fits && answer.reasons.iter().any(|reason| reason.contains("not available")));
    }
}
