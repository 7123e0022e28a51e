//! `GET /v1/models`: the list clients discover models with.

use serde::{Deserialize, Serialize};

/// One model, with the members the SDKs require and the ones other clients ask for.
///
/// Reading is tolerant, because engines leave members out; writing omits what is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// What a request puts into `model`.
    pub id: String,
    /// Always `model`.
    #[serde(default)]
    pub object: ModelTag,
    /// Unix time in seconds.
    #[serde(default)]
    pub created: i64,
    /// Slug of the organization that offers it.
    #[serde(default)]
    pub owned_by: String,
    /// Longest prompt and answer together, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_length: Option<u64>,
    /// The same under vLLM's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_model_len: Option<u64>,
    /// What it costs the caller; absent when it costs nothing to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing: Option<ModelPricing>,
    /// What it reads, such as `text` or `image`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_modalities: Vec<String>,
}

/// Prices per million tokens, as decimal strings so that no client rounds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelPricing {
    /// ISO 4217 code.
    pub currency: String,
    /// Prompt tokens that had to be computed.
    pub input: String,
    /// Prompt tokens served from the cache.
    pub cached_input: String,
    /// Generated tokens.
    pub output: String,
    /// Generated tokens spent on reasoning.
    pub reasoning: String,
}

impl Model {
    /// A model of which only the required members are known.
    pub fn new(id: impl Into<String>, created: i64, owned_by: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            object: ModelTag::Model,
            created,
            owned_by: owned_by.into(),
            context_length: None,
            max_model_len: None,
            pricing: None,
            input_modalities: Vec::new(),
        }
    }

    /// States the context length under both names clients look for.
    #[must_use]
    pub fn with_context_length(mut self, tokens: u64) -> Self {
        self.context_length = Some(tokens);
        self.max_model_len = Some(tokens);
        self
    }
}

/// `{"object":"list","data":[…]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelList {
    /// Always `list`.
    #[serde(default)]
    pub object: ListTag,
    /// The models.
    pub data: Vec<Model>,
}

impl From<Vec<Model>> for ModelList {
    fn from(data: Vec<Model>) -> Self {
        Self {
            object: ListTag::List,
            data,
        }
    }
}

/// The constant `object` of a [`Model`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelTag {
    /// `model`
    #[default]
    Model,
}

/// The constant `object` of a [`ModelList`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListTag {
    /// `list`
    #[default]
    List,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_what_the_sdks_require_and_no_nulls() {
        let list = ModelList::from(vec![Model::new("acme/bot", 1_700_000_000, "acme")]);
        assert_eq!(
            serde_json::to_string(&list).unwrap(),
            r#"{"object":"list","data":[{"id":"acme/bot","object":"model","created":1700000000,"owned_by":"acme"}]}"#
        );
    }

    #[test]
    fn the_lists_of_both_engines_are_read() {
        let vllm = r#"{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"vllm","root":"/m","parent":null,"max_model_len":8192,"permission":[]}]}"#;
        assert_eq!(
            serde_json::from_str::<ModelList>(vllm).unwrap().data[0].max_model_len,
            Some(8192)
        );
        let llama = r#"{"models":[{"name":"m"}],"object":"list","data":[{"id":"m","object":"model","meta":{"n_ctx_train":4096}}]}"#;
        assert_eq!(serde_json::from_str::<ModelList>(llama).unwrap().data[0].id, "m");
    }
}
