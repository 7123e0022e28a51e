//! Where the instances of a search lie. They are counted in groups of the same model, type, zone and status, and there is an index that
//! holds those of one zone (or type, or model) and one status in the order of a page. Another holds those that people gave a name.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

/// Instances that have all of it in common, and how many they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub status: String,
    pub model_id: Uuid,
    pub instance_type_id: Uuid,
    pub zone_id: Uuid,
    pub instances: i64,
}

/// What a text was found in.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub models: Vec<Uuid>,
    pub types: Vec<Uuid>,
    pub zones: Vec<Uuid>,
}

impl Found {
    pub fn nothing(&self) -> bool {
        self.models.is_empty() && self.types.is_empty() && self.zones.is_empty()
    }
}

/// Parts of indexes. What matches is in one of them at least, and nothing else is in any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// All instances of the workspace.
    pub everything: bool,
    pub statuses: BTreeSet<String>,
    /// With a status each.
    pub models: BTreeSet<(Uuid, String)>,
    pub types: BTreeSet<(Uuid, String)>,
    pub zones: BTreeSet<(Uuid, String)>,
    /// Those with the text in their own name.
    pub names: bool,
}

impl Places {
    pub fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    /// Of these groups: by status where no text is looked for, else by what the text was found in. There are fewer zones than types and
    /// fewer types than models, so each group is looked for in that order.
    pub fn of(groups: &[Group], found: Option<&Found>) -> Self {
        let mut places = Self {
            names: found.is_some(),
            ..Self::default()
        };
        for group in groups {
            let status = group.status.clone();
            match found {
                None => places.statuses.insert(status),
                Some(found) if found.zones.contains(&group.zone_id) => places.zones.insert((group.zone_id, status)),
                Some(found) if found.types.contains(&group.instance_type_id) => {
                    places.types.insert((group.instance_type_id, status))
                }
                Some(_) => places.models.insert((group.model_id, status)),
            };
        }
        places
    }
}

pub fn by_status<'a>(groups: impl IntoIterator<Item = &'a Group>) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for group in groups {
        *counts.entry(group.status.clone()).or_default() += group.instances;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Uuid = Uuid::from_u128(1);
    const TWO: Uuid = Uuid::from_u128(2);

    fn group(status: &str, model_id: Uuid, instance_type_id: Uuid, zone_id: Uuid, instances: i64) -> Group {
        Group {
            status: status.to_owned(),
            model_id,
            instance_type_id,
            zone_id,
            instances,
        }
    }

    #[test]
    fn without_a_text_groups_are_found_by_status() {
        let groups = [
            group("ready", ONE, ONE, ONE, 3),
            group("ready", TWO, ONE, ONE, 4),
            group("failed", ONE, ONE, ONE, 1),
        ];
        let places = Places::of(&groups, None);
        assert_eq!(
            places.statuses,
            BTreeSet::from(["ready".to_owned(), "failed".to_owned()])
        );
        assert_eq!(
            places,
            Places {
                statuses: places.statuses.clone(),
                ..Places::default()
            }
        );
    }

    #[test]
    fn each_group_is_found_once_where_the_fewest_parts_are() {
        let ready = || "ready".to_owned();
        let groups = [
            group("ready", ONE, ONE, ONE, 1),
            group("ready", TWO, ONE, TWO, 1),
            group("ready", TWO, TWO, TWO, 1),
        ];
        let found = Found {
            models: vec![ONE, TWO],
            types: vec![ONE],
            zones: vec![ONE],
        };
        let places = Places::of(&groups, Some(&found));
        assert_eq!(places.zones, BTreeSet::from([(ONE, ready())]));
        assert_eq!(places.types, BTreeSet::from([(ONE, ready())]));
        assert_eq!(places.models, BTreeSet::from([(TWO, ready())]));
        assert!(places.statuses.is_empty() && !places.everything && places.names);
    }

    #[test]
    fn groups_add_up_by_status() {
        let groups = [
            group("ready", ONE, ONE, ONE, 3),
            group("ready", TWO, ONE, ONE, 4),
            group("failed", ONE, ONE, ONE, 1),
        ];
        assert_eq!(
            by_status(&groups),
            BTreeMap::from([("failed".to_owned(), 1), ("ready".to_owned(), 7)])
        );
    }
}
