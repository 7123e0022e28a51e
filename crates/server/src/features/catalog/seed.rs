//! The catalogue that ships with the program: the Mock cloud, with sizes and prices like those of real ones.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, dec};
use serde_json::json;
use uuid::Uuid;

use super::rules::{Level, NewPlace};
use super::store::{self, InstanceTypeRow, PlaceRow};
use crate::error::Result;
use crate::features::audit::{self, Act};
use crate::ids::{PLATFORM, new_id};
use crate::plumbing::db::SystemTx;

const PROVIDER: (&str, &str) = ("mock", "Mock cloud");
const REGION: (&str, &str) = ("mock-paris", "Paris (Mock)");
const ZONES: [(&str, &str); 2] = [("mock-paris-1", "Paris 1 (Mock)"), ("mock-paris-2", "Paris 2 (Mock)")];

struct Size {
    code: &'static str,
    name: &'static str,
    cpu_count: i32,
    memory_gb: i32,
    gpu_count: i32,
    vram_per_gpu_gb: i32,
    cost_per_hour_eur: Decimal,
}

const SIZES: [Size; 6] = [
    size("mock-cpu-1", "CPU, 4 cores", [4, 16, 0, 0], dec!(0.0540)),
    size("mock-l4-1", "1 × L4 24 GB", [8, 48, 1, 24], dec!(0.7875)),
    size("mock-l4-4", "4 × L4 24 GB", [32, 192, 4, 24], dec!(3.15)),
    size("mock-l40s-1", "1 × L40S 48 GB", [8, 96, 1, 48], dec!(1.4699)),
    size("mock-h100-1", "1 × H100 80 GB", [24, 240, 1, 80], dec!(2.8665)),
    size("mock-h100-8", "8 × H100 80 GB", [128, 960, 8, 80], dec!(25.3308)),
];

/// `[cores, memory in GB, GPUs, memory of a GPU in GB]`, EUR per hour.
const fn size(code: &'static str, name: &'static str, shape: [i32; 4], cost_per_hour_eur: Decimal) -> Size {
    let [cpu_count, memory_gb, gpu_count, vram_per_gpu_gb] = shape;
    Size {
        code,
        name,
        cpu_count,
        memory_gb,
        gpu_count,
        vram_per_gpu_gb,
        cost_per_hour_eur,
    }
}

/// Adds what is missing and leaves what is there as it is: an admin may have changed it. A type is offered in a zone only when
/// one of both is new, so that an offer taken back stays so.
pub async fn seed(tx: &mut SystemTx, now: DateTime<Utc>) -> Result<()> {
    let mut added = Vec::new();
    let provider = place(tx, Level::Provider, None, PROVIDER, &mut added).await?;
    let region = place(tx, Level::Region, Some(provider.clone()), REGION, &mut added).await?;
    let mut zones = Vec::new();
    for zone in ZONES {
        let zone = place(tx, Level::Zone, Some(region.clone()), zone, &mut added).await?;
        zones.push(zone.id);
    }
    let provider = provider.id;
    let mut types = Vec::new();
    for size in SIZES {
        let known = store::instance_type_id(tx, provider, size.code).await?;
        types.push(match known {
            Some(id) => id,
            None => {
                let id = new_id();
                let new = InstanceTypeRow {
                    id,
                    provider_id: provider,
                    code: size.code.to_owned(),
                    name: size.name.to_owned(),
                    cpu_count: size.cpu_count,
                    memory_gb: size.memory_gb,
                    gpu_count: size.gpu_count,
                    vram_per_gpu_gb: size.vram_per_gpu_gb,
                    cost_per_hour_eur: size.cost_per_hour_eur,
                    is_active: true,
                };
                store::insert_instance_type(tx, &new).await?;
                store::append_price(tx, id, None, size.cost_per_hour_eur, now).await?;
                added.push((id, size.code));
                id
            }
        });
    }
    let new: HashSet<Uuid> = added.iter().map(|(id, _)| *id).collect();
    for instance_type in &types {
        for zone in &zones {
            if new.contains(instance_type) || new.contains(zone) {
                store::put_type_zone(tx, provider, *instance_type, *zone, true, None).await?;
            }
        }
    }
    if !added.is_empty() {
        let codes: Vec<_> = added.iter().map(|(_, code)| *code).collect();
        let after = json!({ "added": codes });
        let act = Act::new("catalog.seed", "provider", provider).after(&after);
        audit::record_system(tx, PLATFORM, now, act).await?;
    }
    Ok(())
}

/// A place, which is added if it isn't there. `within` is the place it lies in.
async fn place(
    tx: &mut SystemTx,
    level: Level,
    within: Option<PlaceRow>,
    (code, name): (&'static str, &'static str),
    added: &mut Vec<(Uuid, &'static str)>,
) -> Result<PlaceRow> {
    let provider = within.as_ref().map(|within| within.provider_id);
    if let Some(known) = store::place_by_code(tx, level, provider, code).await? {
        return Ok(known);
    }
    let new = NewPlace::new(
        within.as_ref().map(|within| within.id),
        code.to_owned(),
        name.to_owned(),
        true,
    );
    let row = PlaceRow::new(new_id(), new, within);
    store::insert_place(tx, level, &row).await?;
    added.push((row.id, code));
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mock_provider_offers_exactly_what_the_mock_cloud_has() {
        assert_eq!(SIZES.map(|size| size.code), providers::mock::INSTANCE_TYPES);
        assert_eq!(ZONES.map(|(code, _)| code), providers::mock::ZONES);
    }
}
