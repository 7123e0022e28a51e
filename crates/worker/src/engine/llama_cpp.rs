//! llama.cpp, started as `llama-server`.

use std::path::PathBuf;

use http::StatusCode;
use worker_protocol::EngineReport;

use super::prometheus::{Samples, whole};
use super::{
    EngineDriver, EngineSpec, Health, HealthAnswer, Launch, LaunchError, Scrape, ScrapeError, refuse_reserved,
};

/// What the worker decides, and what would let requests reach files, tools or other hosts.
const RESERVED: [&str; 14] = [
    "--host",
    "--port",
    "--alias",
    "-a",
    "--api-key",
    "--api-key-file",
    "--api-prefix",
    "--ssl-key-file",
    "--ssl-cert-file",
    "--path",
    "--tools",
    "--agent",
    "--webui-mcp-proxy",
    "--props",
];

/// Options that say where the weights come from.
const SOURCES: [&str; 8] = [
    "-m",
    "--model",
    "-hf",
    "-hfr",
    "--hf-repo",
    "-mu",
    "--model-url",
    "--models-dir",
];

pub struct LlamaCpp {
    pub program: PathBuf,
}

impl EngineDriver for LlamaCpp {
    fn name(&self) -> &'static str {
        "llama.cpp"
    }

    /// Without `-m`, `-hf` or a like option among the assigned arguments, the model's id is taken as a repository (`-hf`).
    /// `-c` is the context of all slots together, so the assigned context is multiplied by the number of slots (`-np`).
    fn launch(&self, spec: &EngineSpec) -> Result<Launch, LaunchError> {
        refuse_reserved(&spec.arguments, &RESERVED)?;
        let mut arguments = Vec::new();
        let names_source = spec.arguments.iter().any(|argument| {
            let name = argument.split('=').next().unwrap_or(argument);
            SOURCES.contains(&name)
        });
        if !names_source {
            arguments.extend(["-hf".to_owned(), spec.model_id.clone()]);
        }
        arguments.extend_from_slice(&spec.arguments);
        let slots = slots(&spec.arguments);
        if slots.is_none() {
            arguments.extend(["-np".to_owned(), "1".to_owned()]);
        }
        let context = (u64::from(spec.context_length) * u64::from(slots.unwrap_or(1))).to_string();
        let (host, port) = (spec.address.ip().to_string(), spec.address.port().to_string());
        let fixed = [
            ("--alias", &spec.model_id),
            ("-c", &context),
            ("--host", &host),
            ("--port", &port),
        ];
        arguments.extend(
            fixed
                .into_iter()
                .flat_map(|(name, value)| [name.to_owned(), value.clone()]),
        );
        arguments.extend(["--metrics".to_owned(), "--no-webui".to_owned()]);
        let environment = vec![
            ("LLAMA_API_KEY", None),
            ("LLAMA_ARG_API_KEY", None),
            ("LLAMA_ARG_HOST", None),
        ];
        Ok(Launch {
            program: self.program.clone(),
            arguments,
            environment,
        })
    }

    /// The port opens before the model is loaded, and 503 means that it is loading.
    fn health(&self, answer: HealthAnswer) -> Health {
        match answer {
            HealthAnswer::Refused => Health::Starting,
            HealthAnswer::Status(StatusCode::OK) => Health::Ok,
            HealthAnswer::Status(StatusCode::SERVICE_UNAVAILABLE) => Health::Loading,
            HealthAnswer::NoAnswer | HealthAnswer::Status(_) => Health::Degraded,
        }
    }

    fn read_metrics(&self, text: &str) -> Result<Scrape, ScrapeError> {
        let samples = Samples::new(text);
        let need = |name: &'static str| samples.sum(&[name]).map(whole).ok_or(ScrapeError::Missing(name));
        let prompt_tokens_total = need("llamacpp:prompt_tokens_total")?;
        let generation_tokens_total = need("llamacpp:tokens_predicted_total")?;
        let count = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let report = EngineReport {
            running: count(need("llamacpp:requests_processing")?),
            waiting: count(need("llamacpp:requests_deferred")?),
            // Only older releases tell it.
            kv_cache_usage: samples
                .max(&["llamacpp:kv_cache_usage_ratio"])
                .map(|usage| usage.clamp(0.0, 1.0)),
            prompt_tokens_total,
            generation_tokens_total,
        };
        // The token counters move only when a request ends; decode calls are counted as they happen.
        let progress = samples.sum(&["llamacpp:n_decode_total"]).map(whole);
        Ok(Scrape {
            report,
            progress: progress.unwrap_or(prompt_tokens_total + generation_tokens_total),
        })
    }
}

/// Parallel slots asked for among the arguments.
fn slots(arguments: &[String]) -> Option<u32> {
    let position = arguments
        .iter()
        .position(|argument| matches!(argument.split('=').next().unwrap_or(argument), "-np" | "--parallel"))?;
    let value = match arguments[position].split_once('=') {
        Some((_, value)) => value,
        None => arguments.get(position + 1)?,
    };
    value.parse().ok().filter(|slots| *slots > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments_for(assigned: &[&str]) -> Result<String, LaunchError> {
        let spec = EngineSpec {
            model_id: "tiny".into(),
            arguments: assigned.iter().map(|argument| (*argument).to_owned()).collect(),
            context_length: 2048,
            address: ([127, 0, 0, 1], 8002).into(),
        };
        Ok(LlamaCpp {
            program: "llama-server".into(),
        }
        .launch(&spec)?
        .arguments
        .join(" "))
    }

    #[test]
    fn the_context_is_multiplied_by_the_slots() {
        assert_eq!(
            arguments_for(&["-m", "/models/tiny.gguf", "-np", "4", "-ngl", "all"]).unwrap(),
            "-m /models/tiny.gguf -np 4 -ngl all --alias tiny -c 8192 --host 127.0.0.1 --port 8002 --metrics --no-webui"
        );
        assert!(arguments_for(&["--parallel=2"]).unwrap().contains("-c 4096"));
    }

    #[test]
    fn without_a_source_the_id_of_the_model_is_a_repository_and_one_slot_is_used() {
        assert_eq!(
            arguments_for(&[]).unwrap(),
            "-hf tiny -np 1 --alias tiny -c 2048 --host 127.0.0.1 --port 8002 --metrics --no-webui"
        );
    }

    #[test]
    fn arguments_that_open_the_engine_or_its_tools_are_refused() {
        for wrong in ["--host", "--tools", "--api-key-file", "--alias"] {
            assert!(arguments_for(&[wrong, "x"]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn while_the_model_loads_health_is_503() {
        let driver = LlamaCpp {
            program: "llama-server".into(),
        };
        assert_eq!(
            driver.health(HealthAnswer::Status(StatusCode::SERVICE_UNAVAILABLE)),
            Health::Loading
        );
        assert_eq!(driver.health(HealthAnswer::Refused), Health::Starting);
        assert_eq!(driver.health(HealthAnswer::Status(StatusCode::OK)), Health::Ok);
    }

    const METRICS: &str = "# HELP llamacpp:prompt_tokens_total Prompt tokens.\n\
        llamacpp:prompt_tokens_total 120\nllamacpp:tokens_predicted_total 77\nllamacpp:n_decode_total 91\n\
        llamacpp:n_busy_slots_per_decode 1.2\nllamacpp:prompt_tokens_seconds 812.5\n\
        llamacpp:requests_processing 2\nllamacpp:requests_deferred 1\n";

    #[test]
    fn metrics_without_a_cache_gauge_report_it_as_unknown() {
        let driver = LlamaCpp {
            program: "llama-server".into(),
        };
        let scrape = driver.read_metrics(METRICS).unwrap();
        assert_eq!(
            scrape.report,
            EngineReport {
                running: 2,
                waiting: 1,
                kv_cache_usage: None,
                prompt_tokens_total: 120,
                generation_tokens_total: 77
            }
        );
        assert_eq!(scrape.progress, 91);
        let old = format!("{METRICS}llamacpp:kv_cache_usage_ratio 0.125\n").replace("n_decode_total", "n_decode");
        let scrape = driver.read_metrics(&old).unwrap();
        assert_eq!(scrape.report.kv_cache_usage, Some(0.125));
        assert_eq!(scrape.progress, 197);
    }
}
