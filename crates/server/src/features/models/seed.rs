//! The public models that ship with the program.
//!
//! GPU memory is for the context stated here and a handful of requests at a time: weights, key-value cache and about a tenth for
//! the runtime. Prices are a starting point for the platform's admin, who changes them under Models.

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, dec};
use serde_json::json;

use super::rules::{Engine, ModelKind, ModelRequest, PriceRequest};
use super::store;
use crate::error::Result;
use crate::features::audit::{self, Act};
use crate::ids::{PLATFORM, new_id};
use crate::money::Eur;
use crate::plumbing::db::SystemTx;

struct Seed {
    name: &'static str,
    model_id: &'static str,
    description: &'static str,
    licence: &'static str,
    kind: ModelKind,
    engine: Engine,
    engine_arguments: &'static [&'static str],
    required_vram_gb: i32,
    context_length: i32,
    data_volume_gb: i32,
    /// EUR per million input, cached input and output tokens.
    price: [Decimal; 3],
}

const APACHE: &str = "Apache-2.0";

const MODELS: &[Seed] = &[
    Seed {
        name: "Mock Echo",
        model_id: "mock/echo",
        description: "Answers with what it was told. Built in, runs anywhere, and is metered like any other model.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Mock,
        engine_arguments: &[],
        required_vram_gb: 0,
        context_length: 8_192,
        data_volume_gb: 0,
        price: [dec!(0.10), dec!(0.02), dec!(0.30)],
    },
    Seed {
        name: "Qwen3 0.6B (CPU)",
        model_id: "Qwen/Qwen3-0.6B-GGUF",
        description: "Smallest Qwen3, quantised to 8 bits; needs no GPU.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::LlamaCpp,
        engine_arguments: &[],
        required_vram_gb: 0,
        context_length: 8_192,
        data_volume_gb: 1,
        price: [dec!(0.02), dec!(0.005), dec!(0.06)],
    },
    Seed {
        name: "Qwen3 0.6B",
        model_id: "Qwen/Qwen3-0.6B",
        description: "Smallest Qwen3, in BF16.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &[],
        required_vram_gb: 6,
        context_length: 8_192,
        data_volume_gb: 2,
        price: [dec!(0.03), dec!(0.01), dec!(0.10)],
    },
    Seed {
        name: "Qwen3.5 4B",
        model_id: "Qwen/Qwen3.5-4B",
        description: "Small general model, in BF16.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &[],
        required_vram_gb: 14,
        context_length: 32_768,
        data_volume_gb: 9,
        price: [dec!(0.06), dec!(0.02), dec!(0.20)],
    },
    Seed {
        name: "Qwen3.5 9B",
        model_id: "Qwen/Qwen3.5-9B",
        description: "General model, quantised to FP8 while loading.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &["--quantization", "fp8"],
        required_vram_gb: 14,
        context_length: 32_768,
        data_volume_gb: 20,
        price: [dec!(0.10), dec!(0.03), dec!(0.30)],
    },
    Seed {
        name: "Llama 3.1 8B Instruct",
        model_id: "meta-llama/Llama-3.1-8B-Instruct",
        description: "General model, in BF16. Its licence must be accepted at the hub first.",
        licence: "Llama 3.1 Community",
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &[],
        required_vram_gb: 21,
        context_length: 16_384,
        data_volume_gb: 17,
        price: [dec!(0.10), dec!(0.03), dec!(0.20)],
    },
    Seed {
        name: "gpt-oss 20B",
        model_id: "openai/gpt-oss-20b",
        description: "Reasoning model with 3.6 B active parameters, in MXFP4.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &[],
        required_vram_gb: 20,
        context_length: 32_768,
        data_volume_gb: 14,
        price: [dec!(0.08), dec!(0.02), dec!(0.30)],
    },
    Seed {
        name: "Mistral Small 24B Instruct",
        model_id: "mistralai/Mistral-Small-24B-Instruct-2501",
        description: "General model, quantised to FP8 while loading.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &["--quantization", "fp8"],
        required_vram_gb: 32,
        context_length: 32_768,
        data_volume_gb: 48,
        price: [dec!(0.15), dec!(0.05), dec!(0.45)],
    },
    Seed {
        name: "Qwen3.6 27B FP8",
        model_id: "Qwen/Qwen3.6-27B-FP8",
        description: "Large general model, in FP8.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &[],
        required_vram_gb: 38,
        context_length: 32_768,
        data_volume_gb: 30,
        price: [dec!(0.25), dec!(0.08), dec!(0.90)],
    },
    Seed {
        name: "Gemma 4 31B Instruct",
        model_id: "google/gemma-4-31B-it",
        description: "Large general model, quantised to FP8 while loading.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &["--quantization", "fp8"],
        required_vram_gb: 42,
        context_length: 32_768,
        data_volume_gb: 63,
        price: [dec!(0.30), dec!(0.10), dec!(1.00)],
    },
    Seed {
        name: "Qwen3.6 35B A3B FP8",
        model_id: "Qwen/Qwen3.6-35B-A3B-FP8",
        description: "Mixture of experts with 3 B active parameters, in FP8.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &[],
        required_vram_gb: 43,
        context_length: 32_768,
        data_volume_gb: 37,
        price: [dec!(0.20), dec!(0.06), dec!(0.80)],
    },
    Seed {
        name: "gpt-oss 120B",
        model_id: "openai/gpt-oss-120b",
        description: "Reasoning model with 5.1 B active parameters, in MXFP4.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &[],
        required_vram_gb: 75,
        context_length: 131_072,
        data_volume_gb: 66,
        price: [dec!(0.20), dec!(0.06), dec!(0.80)],
    },
    Seed {
        name: "Llama 3.3 70B Instruct",
        model_id: "meta-llama/Llama-3.3-70B-Instruct",
        description: "Large general model, quantised to FP8 while loading. Its licence must be accepted at the hub first.",
        licence: "Llama 3.3 Community",
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &["--quantization", "fp8", "--tensor-parallel-size", "8"],
        required_vram_gb: 85,
        context_length: 16_384,
        data_volume_gb: 142,
        price: [dec!(0.70), dec!(0.20), dec!(0.90)],
    },
    Seed {
        name: "Qwen3.5 122B A10B FP8",
        model_id: "Qwen/Qwen3.5-122B-A10B-FP8",
        description: "Mixture of experts with 10 B active parameters, in FP8, on several GPUs.",
        licence: APACHE,
        kind: ModelKind::Chat,
        engine: Engine::Vllm,
        engine_arguments: &["--tensor-parallel-size", "8"],
        required_vram_gb: 140,
        context_length: 32_768,
        data_volume_gb: 125,
        price: [dec!(0.60), dec!(0.20), dec!(2.40)],
    },
    Seed {
        name: "Qwen3 Embedding 0.6B",
        model_id: "Qwen/Qwen3-Embedding-0.6B",
        description: "Embeddings of texts in many languages.",
        licence: APACHE,
        kind: ModelKind::Embedding,
        engine: Engine::Vllm,
        engine_arguments: &[],
        required_vram_gb: 4,
        context_length: 32_768,
        data_volume_gb: 2,
        price: [dec!(0.02), dec!(0.02), dec!(0)],
    },
    Seed {
        name: "BGE M3",
        model_id: "BAAI/bge-m3",
        description: "Embeddings of texts in many languages.",
        licence: "MIT",
        kind: ModelKind::Embedding,
        engine: Engine::Vllm,
        engine_arguments: &[],
        required_vram_gb: 4,
        context_length: 8_192,
        data_volume_gb: 3,
        price: [dec!(0.02), dec!(0.02), dec!(0)],
    },
];

impl Seed {
    fn model(&self) -> ModelRequest {
        ModelRequest {
            name: self.name.to_owned(),
            model_id: self.model_id.to_owned(),
            description: self.description.to_owned(),
            licence: self.licence.to_owned(),
            kind: self.kind,
            engine: self.engine,
            engine_arguments: self.engine_arguments.iter().map(|text| (*text).to_owned()).collect(),
            required_vram_gb: self.required_vram_gb,
            context_length: self.context_length,
            data_volume_gb: self.data_volume_gb,
            is_active: true,
        }
    }

    fn price(&self) -> PriceRequest {
        let [input, cached_input, output] = self.price.map(Eur);
        PriceRequest {
            input,
            cached_input,
            output,
        }
    }
}

/// Adds what was never there. What an admin changed or deleted stays so.
pub async fn seed(tx: &mut SystemTx, now: DateTime<Utc>) -> Result<()> {
    for seed in MODELS {
        if store::public_model_was_known(tx, seed.model_id).await? {
            continue;
        }
        let id = new_id();
        store::insert_public(tx, id, &seed.model(), &seed.price(), now).await?;
        let after = json!({"model_id": seed.model_id});
        let act = Act::new("model.seed", "model", id).after(&after);
        audit::record_system(tx, PLATFORM, now, act).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::models::rules::{check_model, check_price};
    use crate::validation::Validation;

    #[test]
    fn every_seeded_model_passes_the_rules_for_models_and_has_an_id_of_its_own() {
        let mut ids = std::collections::HashSet::new();
        for seed in MODELS {
            let mut validation = Validation::default();
            check_model(&mut validation, &seed.model());
            check_price(&mut validation, &seed.price());
            assert!(validation.finish().is_ok(), "{}", seed.model_id);
            assert!(ids.insert(seed.model_id), "{} twice", seed.model_id);
        }
    }

    #[test]
    fn what_the_main_job_needs_runs_on_the_smallest_server_and_costs_something() {
        let echo = MODELS.iter().find(|seed| seed.model_id == "mock/echo").unwrap();
        assert_eq!((echo.engine, echo.required_vram_gb), (Engine::Mock, 0));
        assert!(echo.price.iter().all(|price| *price > Decimal::ZERO));
    }
}
