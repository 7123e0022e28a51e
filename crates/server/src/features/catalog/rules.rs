//! What a catalogue entry may look like, and what fits on what.

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::codes::{FieldCode, Unit};
use crate::money::Eur;
use crate::validation::Validation;

/// Decimal places of a price per hour: all that the database keeps.
const PRICE_PLACES: u32 = 12;
/// No machine comes near it.
const LARGEST_COUNT: i32 = 100_000;

/// What a place is: providers have regions, regions have zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Provider,
    Region,
    Zone,
}

impl Level {
    /// What such a place lies in, which field names that, and what is said when it names nothing.
    pub fn lies_in(self) -> Option<(Level, &'static str, &'static str)> {
        match self {
            Level::Provider => None,
            Level::Region => Some((Level::Provider, "provider_id", "is not a provider")),
            Level::Zone => Some((Level::Region, "region_id", "is not a region")),
        }
    }
}

/// What may be changed of a provider, a region or a zone.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NamedRequest)]
pub struct NamedChange {
    pub name: String,
    /// Off: stays where it is used, is not offered any more.
    pub is_active: bool,
}

/// A provider, region or zone to be.
#[derive(Debug, Clone)]
pub struct NewPlace {
    /// The place it lies in; none for a provider.
    pub within: Option<Uuid>,
    pub code: String,
    pub named: NamedChange,
}

impl NewPlace {
    pub fn new(within: Option<Uuid>, code: String, name: String, is_active: bool) -> Self {
        let named = NamedChange { name, is_active };
        Self { within, code, named }
    }
}

/// What is offered unless told otherwise.
pub fn active() -> bool {
    true
}

/// Everything of a type that may be changed: all but its provider and code.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UpdateInstanceTypeRequest)]
pub struct InstanceTypeChange {
    pub name: String,
    pub cpu_count: i32,
    pub memory_gb: i32,
    pub gpu_count: i32,
    pub vram_per_gpu_gb: i32,
    pub cost_per_hour_eur: Eur,
    pub is_active: bool,
}

/// A type's offer in one zone.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ZoneOffer)]
pub struct TypeZoneChange {
    pub zone_id: Uuid,
    #[serde(default = "active")]
    #[schema(default = true)]
    pub is_available: bool,
    /// Absent or null: the type's own price.
    pub cost_per_hour_eur: Option<Eur>,
}

/// The GPU memory of a whole server, in GB.
pub fn total_vram_gb(gpu_count: i32, vram_per_gpu_gb: i32) -> i32 {
    gpu_count.saturating_mul(vram_per_gpu_gb)
}

pub fn check_place_code(validation: &mut Validation, level: Level, code: &str) {
    match level {
        Level::Provider => check_provider_code(validation, code),
        Level::Region | Level::Zone => check_code(validation, code),
    }
}

/// A provider's code is part of file names, tags and URLs.
fn check_provider_code(validation: &mut Validation, code: &str) {
    let holds = (1..=32).contains(&code.len())
        && code
            .chars()
            .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-');
    validation.check(
        holds,
        "code",
        FieldCode::Code { max: 32 },
        "must have 1 to 32 lower-case letters, digits or dashes",
    );
}

/// The codes of places and sizes are the provider's own words.
pub fn check_code(validation: &mut Validation, code: &str) {
    let holds = (1..=64).contains(&code.len()) && code.chars().all(|character| character.is_ascii_graphic());
    validation.check(
        holds,
        "code",
        FieldCode::Code { max: 64 },
        "must have 1 to 64 visible ASCII characters without spaces",
    );
}

pub fn check_named(validation: &mut Validation, change: &NamedChange) {
    validation.line("name", &change.name, 1, 100);
}

pub fn check_instance_type(validation: &mut Validation, change: &InstanceTypeChange) {
    validation.line("name", &change.name, 1, 100);
    for (field, value, least) in [
        ("cpu_count", change.cpu_count, 1),
        ("memory_gb", change.memory_gb, 1),
        ("gpu_count", change.gpu_count, 0),
        ("vram_per_gpu_gb", change.vram_per_gpu_gb, 0),
    ] {
        validation.check(
            (least..=LARGEST_COUNT).contains(&value),
            field,
            FieldCode::between(least, LARGEST_COUNT, Unit::Number),
            format!("must be {least} to {LARGEST_COUNT}"),
        );
    }
    change
        .cost_per_hour_eur
        .check_price(validation, "cost_per_hour_eur", PRICE_PLACES);
}

pub fn check_zones(validation: &mut Validation, zones: &[TypeZoneChange]) {
    validation.check(
        zones.len() <= 500,
        "zones",
        FieldCode::entries(0, 500),
        "must have at most 500 entries",
    );
    let mut seen = std::collections::HashSet::new();
    for (index, zone) in zones.iter().enumerate() {
        validation.check(
            seen.insert(zone.zone_id),
            &format!("zones[{index}].zone_id"),
            FieldCode::Repeated,
            "is named twice",
        );
        if let Some(price) = zone.cost_per_hour_eur {
            check_zone_price(validation, index, price);
        }
    }
}

fn check_zone_price(validation: &mut Validation, index: usize, price: Eur) {
    price.check_price(validation, &format!("zones[{index}].cost_per_hour_eur"), PRICE_PLACES);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_server_is_that_of_all_its_gpus_together() {
        assert_eq!(total_vram_gb(4, 24), 96);
        assert_eq!(total_vram_gb(0, 24), 0);
        assert_eq!(total_vram_gb(i32::MAX, i32::MAX), i32::MAX);
    }
}
