//! The operations, as the OpenAPI document tells them.

use reqwest::Method;
use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    /// With `{…}` where an id goes.
    pub path: String,
    /// `public`, `worker` or the name of a permission.
    pub permission: String,
    /// Asks for a proof of identity no older than a quarter of an hour.
    pub needs_recent_proof: bool,
    pub has_body: bool,
    /// The statuses it declares.
    pub statuses: Vec<u16>,
}

impl Operation {
    /// Answers in OpenAI's shapes, to keys as well.
    pub fn is_gateway(&self) -> bool {
        self.path.starts_with("/v1/")
    }

    pub fn names_something(&self) -> bool {
        self.path.contains('{')
    }

    /// The path with an id in it.
    pub fn path_to(&self, id: &str) -> String {
        let Some((before, rest)) = self.path.split_once('{') else {
            return self.path.clone();
        };
        let (_, after) = rest.split_once('}').unwrap();
        format!("{before}{id}{after}")
    }
}

pub fn document() -> Value {
    serde_json::from_str(&inventiv_server::program::document().unwrap()).unwrap()
}

/// Every operation with its description; what it shares with others stands in it.
pub fn described_operations() -> Vec<(Operation, Value)> {
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, description) in item.as_object().unwrap() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else {
                continue;
            };
            if description.get("responses").is_none() {
                continue;
            }
            let text = |name: &str| description[name].as_str().unwrap_or_default().to_owned();
            let operation = Operation {
                id: text("operationId"),
                method,
                path: path.clone(),
                permission: text("x-permission"),
                needs_recent_proof: description["x-reauthentication"] == true,
                has_body: description.get("requestBody").is_some(),
                statuses: description["responses"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .filter_map(|status| status.parse().ok())
                    .collect(),
            };
            let mut description = description.clone();
            for response in description["responses"].as_object_mut().unwrap().values_mut() {
                if let Some(shared) = response["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
                    *response = document.pointer(shared).unwrap().clone();
                }
            }
            operations.push((operation, description));
        }
    }
    operations
}

pub fn operations() -> Vec<Operation> {
    described_operations()
        .into_iter()
        .map(|(operation, _)| operation)
        .collect()
}
