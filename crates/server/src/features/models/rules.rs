//! What a model may look like, and what a change of it means.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::activation::Activations;
use crate::codes::{FieldCode, Unit};
use crate::money::Eur;
use crate::operation::Workspace;
use crate::validation::Validation;

/// Decimal places of a price per million tokens: one token's price then fits the twelve places of an amount.
pub const PRICE_PLACES: u32 = 6;
const LARGEST_VRAM_GB: i32 = 100_000;
const LARGEST_VOLUME_GB: i32 = 1_000_000;
const LARGEST_CONTEXT: i32 = 100_000_000;
const MOST_ARGUMENTS: usize = 64;
const LONGEST_ARGUMENT: usize = 1_000;

/// A model with its current price.
#[derive(Debug, Clone)]
pub struct ModelRow {
    pub id: Uuid,
    pub tenant: Uuid,
    pub scope: String,
    pub organization_id: Option<Uuid>,
    pub name: String,
    pub model_id: String,
    pub description: String,
    pub licence: String,
    pub kind: ModelKind,
    pub engine: Engine,
    pub engine_arguments: Vec<String>,
    pub required_vram_gb: i32,
    pub context_length: i32,
    pub data_volume_gb: i32,
    pub is_active: bool,
    pub tech_activated_by: Option<Uuid>,
    /// Their username, as far as this workspace knows them.
    pub tech_activated_by_username: Option<String>,
    pub tech_activated_at: Option<DateTime<Utc>>,
    pub eco_activated_by: Option<Uuid>,
    /// Their username, as far as this workspace knows them.
    pub eco_activated_by_username: Option<String>,
    pub eco_activated_at: Option<DateTime<Utc>>,
    pub is_operational: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub price_id: Option<Uuid>,
    pub price_version: Option<i32>,
    pub input_eur_per_1m: Option<Decimal>,
    pub cached_input_eur_per_1m: Option<Decimal>,
    pub output_eur_per_1m: Option<Decimal>,
}

impl ModelRow {
    pub fn activations(&self) -> Activations {
        Activations {
            tech: self.tech_activated_at.is_some(),
            eco: self.eco_activated_at.is_some(),
        }
    }
}

/// Everything of a model that its owner decides.
#[derive(Debug, Clone)]
pub struct ModelRequest {
    pub name: String,
    pub model_id: String,
    pub description: String,
    pub licence: String,
    pub kind: ModelKind,
    pub engine: Engine,
    pub engine_arguments: Vec<String>,
    pub required_vram_gb: i32,
    pub context_length: i32,
    pub data_volume_gb: i32,
    pub is_active: bool,
}

/// EUR per million tokens.
#[derive(Debug, Clone, Copy)]
pub struct PriceRequest {
    pub input: Eur,
    pub cached_input: Eur,
    pub output: Eur,
}

/// What runs a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    Mock,
    Vllm,
    LlamaCpp,
}

impl Engine {
    pub const ALL: [Engine; 3] = [Engine::Mock, Engine::Vllm, Engine::LlamaCpp];

    pub fn as_str(self) -> &'static str {
        match self {
            Engine::Mock => "mock",
            Engine::Vllm => "vllm",
            Engine::LlamaCpp => "llama_cpp",
        }
    }

    pub fn parse(text: &str) -> Option<Engine> {
        Engine::ALL.into_iter().find(|engine| engine.as_str() == text)
    }
}

/// What a model is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// An answer to a conversation.
    Chat,
    /// A vector for a text.
    Embedding,
}

impl ModelKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ModelKind::Chat => "chat",
            ModelKind::Embedding => "embedding",
        }
    }

    pub fn parse(text: &str) -> Option<ModelKind> {
        [ModelKind::Chat, ModelKind::Embedding]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// May the workspace be told who activated a model of this scope? The platform's people are known to its admins only.
pub fn knows_who_acts(scope: &str, workspace: Workspace) -> bool {
    scope != "platform" || workspace.is_platform_admin()
}

pub fn check_model(validation: &mut Validation, request: &ModelRequest) {
    validation.line("name", &request.name, 1, 100);
    validation.check(
        is_model_id(&request.model_id),
        "model_id",
        FieldCode::ModelId,
        "must begin with a letter or digit and have at most 200 of letters, digits and . _ : / -",
    );
    validation.text("description", &request.description, 0, 2_000);
    validation.line("licence", &request.licence, 0, 100);
    for (field, value, least, most) in [
        ("required_vram_gb", request.required_vram_gb, 0, LARGEST_VRAM_GB),
        ("context_length", request.context_length, 1, LARGEST_CONTEXT),
        ("data_volume_gb", request.data_volume_gb, 0, LARGEST_VOLUME_GB),
    ] {
        let rule = format!("must be {least} to {most}");
        validation.check(
            (least..=most).contains(&value),
            field,
            FieldCode::between(least, most, Unit::Number),
            rule,
        );
    }
    let count = request.engine_arguments.len();
    let rule = format!("must have at most {MOST_ARGUMENTS} entries");
    validation.check(
        count <= MOST_ARGUMENTS,
        "engine_arguments",
        FieldCode::entries(0, MOST_ARGUMENTS),
        rule,
    );
    for (index, argument) in request.engine_arguments.iter().enumerate().take(MOST_ARGUMENTS) {
        validation.text(&format!("engine_arguments[{index}]"), argument, 1, LONGEST_ARGUMENT);
    }
}

/// The id is what callers send as `model`, and often a repository on a model hub.
fn is_model_id(text: &str) -> bool {
    let inner = |character: char| character.is_ascii_alphanumeric() || "._:/-".contains(character);
    (1..=200).contains(&text.len())
        && text.chars().all(inner)
        && text.starts_with(|character: char| character.is_ascii_alphanumeric())
}

pub fn check_price(validation: &mut Validation, price: &PriceRequest) {
    for (field, amount) in [
        ("input_eur_per_1m", price.input),
        ("cached_input_eur_per_1m", price.cached_input),
        ("output_eur_per_1m", price.output),
    ] {
        amount.check_price(validation, field, PRICE_PLACES);
    }
}

/// Does the change concern what runs? Then it must be approved technically again.
pub fn is_technical(before: &ModelRow, after: &ModelRequest) -> bool {
    before.model_id != after.model_id
        || before.kind != after.kind
        || before.engine != after.engine
        || before.engine_arguments != after.engine_arguments
        || before.required_vram_gb != after.required_vram_gb
        || before.context_length != after.context_length
        || before.data_volume_gb != after.data_volume_gb
}

/// Disk for a server that runs the model: its files with a fifth to spare, in steps of 10 GB; 10 GB for the system at least.
pub fn recommended_data_volume_gb(data_volume_gb: i32) -> i32 {
    let with_spare = i64::from(data_volume_gb) * 12 / 10;
    let stepped = (with_spare + 9) / 10 * 10;
    i32::try_from(stepped.max(10)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_id_is_a_name_that_survives_urls_and_paths() {
        for good in ["mock/echo", "Qwen/Qwen3-0.6B", "a", "bge-m3:latest"] {
            assert!(is_model_id(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "a b", "é", "-x", &"a".repeat(201)] {
            assert!(!is_model_id(bad), "{bad}");
        }
    }

    #[test]
    fn the_recommended_disk_holds_the_files_and_some_more() {
        assert_eq!(recommended_data_volume_gb(0), 10);
        assert_eq!(recommended_data_volume_gb(16), 20);
        assert_eq!(recommended_data_volume_gb(60), 80);
        for files in 1..2_000 {
            assert!(recommended_data_volume_gb(files) >= files);
        }
    }
}
