//! The entry and its hash.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    User(Uuid),
    ApiKey(Uuid),
    System,
}

impl Actor {
    pub fn kind(self) -> &'static str {
        match self {
            Actor::User(_) => "user",
            Actor::ApiKey(_) => "api_key",
            Actor::System => "system",
        }
    }

    pub fn id(self) -> Option<Uuid> {
        match self {
            Actor::User(id) | Actor::ApiKey(id) => Some(id),
            Actor::System => None,
        }
    }
}

/// One line of a chain, as its row says.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub tenant: Uuid,
    pub sequence: i64,
    pub id: Uuid,
    pub occurred_at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub target_type: String,
    pub target_id: Option<Uuid>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub ip_address: Option<String>,
    pub request_id: Option<Uuid>,
}

/// Something in a chain that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub tenant: Uuid,
    pub sequence: i64,
    pub what: &'static str,
}

/// SHA-256 over the previous hash and every field, each with its length, so that no two entries look alike.
pub fn chain_hash(previous: &[u8], entry: &Entry) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut field = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => {
            hash.update((bytes.len() as u64 + 1).to_be_bytes());
            hash.update(bytes);
        }
        None => hash.update(0u64.to_be_bytes()),
    };
    let before = entry.before.as_ref().map(canonical);
    let after = entry.after.as_ref().map(canonical);
    field(Some(previous));
    field(Some(entry.tenant.as_bytes()));
    field(Some(&entry.sequence.to_be_bytes()));
    field(Some(entry.id.as_bytes()));
    field(Some(&entry.occurred_at.timestamp_micros().to_be_bytes()));
    field(Some(entry.actor_kind.as_bytes()));
    field(entry.actor_id.as_ref().map(|id| id.as_bytes().as_slice()));
    field(Some(entry.action.as_bytes()));
    field(Some(entry.target_type.as_bytes()));
    field(entry.target_id.as_ref().map(|id| id.as_bytes().as_slice()));
    field(before.as_deref().map(str::as_bytes));
    field(after.as_deref().map(str::as_bytes));
    field(entry.ip_address.as_deref().map(str::as_bytes));
    field(entry.request_id.as_ref().map(|id| id.as_bytes().as_slice()));
    hash.finalize().into()
}

/// JSON with sorted keys: `jsonb` keeps values, not their spelling.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<_> = members.keys().collect();
            keys.sort();
            let members: Vec<_> = keys
                .into_iter()
                .map(|key| format!("{}:{}", Value::from(key.as_str()), canonical(&members[key])))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry() -> Entry {
        Entry {
            tenant: Uuid::from_u128(1),
            sequence: 1,
            id: Uuid::from_u128(2),
            occurred_at: DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
            actor_kind: "user".into(),
            actor_id: Some(Uuid::from_u128(3)),
            action: "organization.create".into(),
            target_type: "organization".into(),
            target_id: None,
            before: None,
            after: Some(json!({"b": 1, "a": [true, null]})),
            ip_address: None,
            request_id: None,
        }
    }

    #[test]
    fn every_field_changes_the_hash() {
        let original = chain_hash(b"", &entry());
        let changed: Vec<fn(&mut Entry)> = vec![
            |entry| entry.tenant = Uuid::nil(),
            |entry| entry.sequence = 2,
            |entry| entry.id = Uuid::nil(),
            |entry| entry.occurred_at += chrono::TimeDelta::microseconds(1),
            |entry| entry.actor_kind = "system".into(),
            |entry| entry.actor_id = None,
            |entry| entry.actor_id = Some(Uuid::nil()),
            |entry| entry.action = "organization.creates".into(),
            |entry| entry.target_type = "user".into(),
            |entry| entry.target_id = Some(Uuid::nil()),
            |entry| entry.request_id = Some(Uuid::nil()),
            |entry| entry.before = Some(Value::Null),
            |entry| entry.after = Some(json!({"b": 1, "a": [true]})),
            |entry| entry.ip_address = Some(String::new()),
        ];
        for change in changed {
            let mut entry = entry();
            change(&mut entry);
            assert_ne!(chain_hash(b"", &entry), original);
        }
        assert_ne!(chain_hash(b"x", &entry()), original);
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let mut other = entry();
        other.after = Some(json!({"a": [true, null], "b": 1}));
        assert_eq!(chain_hash(b"", &entry()), chain_hash(b"", &other));
    }
}
