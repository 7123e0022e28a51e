//! vLLM, started as `vllm serve`.

use std::path::PathBuf;

use http::StatusCode;
use worker_protocol::EngineReport;

use super::prometheus::{Samples, whole};
use super::{
    EngineDriver, EngineSpec, Health, HealthAnswer, Launch, LaunchError, Scrape, ScrapeError, refuse_reserved,
};

/// Where it listens, what it is called and who may call is the worker's business; the rest would open more ports or
/// endpoints than the allow-list of the serving side knows.
const RESERVED: [&str; 12] = [
    "--host",
    "--port",
    "--uds",
    "--root-path",
    "--served-model-name",
    "--api-key",
    "--ssl-keyfile",
    "--ssl-certfile",
    "--ssl-ca-certs",
    "--middleware",
    "--headless",
    "--config",
];

/// Sequences of one request; the engine's own default allows a single request to take the whole machine.
const MAX_SEQUENCES: &str = "128";

pub struct Vllm {
    pub program: PathBuf,
}

impl EngineDriver for Vllm {
    fn name(&self) -> &'static str {
        "vLLM"
    }

    /// The first assigned argument, when it is not an option, says where the weights come from (a repository or a path);
    /// otherwise the model's id does.
    fn launch(&self, spec: &EngineSpec) -> Result<Launch, LaunchError> {
        refuse_reserved(&spec.arguments, &RESERVED)?;
        let (source, options) = match spec.arguments.split_first() {
            Some((first, rest)) if !first.starts_with('-') => (first, rest),
            _ => (&spec.model_id, spec.arguments.as_slice()),
        };
        let mut arguments = vec!["serve".to_owned(), source.clone()];
        arguments.extend_from_slice(options);
        // Last, because the last occurrence of an option wins.
        let context_length = spec.context_length.to_string();
        let (host, port) = (spec.address.ip().to_string(), spec.address.port().to_string());
        let fixed = [
            ("--served-model-name", &spec.model_id),
            ("--max-model-len", &context_length),
            ("--host", &host),
            ("--port", &port),
        ];
        arguments.extend(
            fixed
                .into_iter()
                .flat_map(|(name, value)| [name.to_owned(), value.clone()]),
        );
        let environment = vec![
            // It would open endpoints that put the engine to sleep.
            ("VLLM_SERVER_DEV_MODE", None),
            ("VLLM_API_KEY", None),
            ("VLLM_MAX_N_SEQUENCES", Some(MAX_SEQUENCES)),
            ("VLLM_NO_USAGE_STATS", Some("1")),
        ];
        Ok(Launch {
            program: self.program.clone(),
            arguments,
            environment,
        })
    }

    fn health(&self, answer: HealthAnswer) -> Health {
        vllm_like_health(answer)
    }

    fn read_metrics(&self, text: &str) -> Result<Scrape, ScrapeError> {
        read_vllm_metrics(text)
    }
}

/// The port opens after the weights are loaded, so a refused connection means starting; 503 means that the engine behind
/// the API server is dead.
pub(super) fn vllm_like_health(answer: HealthAnswer) -> Health {
    match answer {
        HealthAnswer::Refused => Health::Starting,
        HealthAnswer::Status(StatusCode::OK) => Health::Ok,
        HealthAnswer::Status(StatusCode::SERVICE_UNAVAILABLE) => Health::Dead,
        HealthAnswer::NoAnswer | HealthAnswer::Status(_) => Health::Degraded,
    }
}

/// Newer names first, then those that older releases used.
pub(super) fn read_vllm_metrics(text: &str) -> Result<Scrape, ScrapeError> {
    let samples = Samples::new(text);
    let need = |names: &[&'static str]| samples.sum(names).map(whole).ok_or(ScrapeError::Missing(names[0]));
    let prompt_tokens_total = need(&["vllm:prompt_tokens_total", "vllm:prompt_tokens"])?;
    let generation_tokens_total = need(&["vllm:generation_tokens_total", "vllm:generation_tokens"])?;
    let count = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let report = EngineReport {
        running: count(need(&["vllm:num_requests_running"])?),
        waiting: count(need(&["vllm:num_requests_waiting"])?),
        kv_cache_usage: samples
            .max(&["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"])
            .map(|usage| usage.clamp(0.0, 1.0)),
        prompt_tokens_total,
        generation_tokens_total,
    };
    let progress = samples.sum(&["vllm:iteration_tokens_total_count"]).map(whole);
    Ok(Scrape {
        report,
        progress: progress.unwrap_or(prompt_tokens_total + generation_tokens_total),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(arguments: &[&str]) -> EngineSpec {
        EngineSpec {
            model_id: "qwen3-8b".into(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            context_length: 32768,
            address: ([127, 0, 0, 1], 8001).into(),
        }
    }

    #[test]
    fn the_command_line_puts_what_the_worker_decides_last() {
        let launch = Vllm { program: "vllm".into() }
            .launch(&spec(&[
                "Qwen/Qwen3-8B",
                "--tensor-parallel-size",
                "2",
                "--kv-cache-dtype",
                "fp8",
            ]))
            .unwrap();
        assert_eq!(
            launch.arguments.join(" "),
            "serve Qwen/Qwen3-8B --tensor-parallel-size 2 --kv-cache-dtype fp8 \
             --served-model-name qwen3-8b --max-model-len 32768 --host 127.0.0.1 --port 8001"
        );
        assert!(launch.environment.contains(&("VLLM_SERVER_DEV_MODE", None)));
    }

    #[test]
    fn without_a_source_the_id_of_the_model_is_the_source() {
        let launch = Vllm { program: "vllm".into() }
            .launch(&spec(&["--dtype", "auto"]))
            .unwrap();
        assert_eq!(launch.arguments[..4].join(" "), "serve qwen3-8b --dtype auto");
    }

    #[test]
    fn an_argument_that_would_open_the_engine_to_the_network_is_refused() {
        let vllm = Vllm { program: "vllm".into() };
        for wrong in ["--host=0.0.0.0", "--api_key", "--uds"] {
            assert!(vllm.launch(&spec(&[wrong])).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_refused_connection_is_a_start_and_503_a_dead_engine() {
        assert_eq!(vllm_like_health(HealthAnswer::Refused), Health::Starting);
        assert_eq!(vllm_like_health(HealthAnswer::Status(StatusCode::OK)), Health::Ok);
        assert_eq!(
            vllm_like_health(HealthAnswer::Status(StatusCode::SERVICE_UNAVAILABLE)),
            Health::Dead
        );
        assert_eq!(vllm_like_health(HealthAnswer::NoAnswer), Health::Degraded);
    }

    const RECENT: &str = r#"
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 1.0
vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
vllm:num_requests_waiting{engine="1",model_name="m"} 0.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.5
vllm:prompt_tokens_total{engine="0",model_name="m"} 1.234e+03
vllm:prompt_tokens_created{engine="0",model_name="m"} 1.79e+09
vllm:generation_tokens_total{engine="0",model_name="m"} 567.0
vllm:iteration_tokens_total_bucket{engine="0",le="1.0",model_name="m"} 10.0
vllm:iteration_tokens_total_count{engine="0",model_name="m"} 42.0
vllm:iteration_tokens_total_sum{engine="0",model_name="m"} 1801.0
"#;

    #[test]
    fn recent_metrics_are_added_over_engines_and_the_fullest_cache_counts() {
        let scrape = read_vllm_metrics(RECENT).unwrap();
        assert_eq!((scrape.report.running, scrape.report.waiting), (4, 2));
        assert_eq!(scrape.report.kv_cache_usage, Some(0.5));
        assert_eq!(
            (scrape.report.prompt_tokens_total, scrape.report.generation_tokens_total),
            (1234, 567)
        );
        assert_eq!(scrape.progress, 42);
    }

    #[test]
    fn names_of_older_releases_are_understood() {
        let old = RECENT
            .replace("kv_cache_usage_perc", "gpu_cache_usage_perc")
            .replace("prompt_tokens_total", "prompt_tokens")
            .replace("iteration_tokens_total_count", "something_else");
        let scrape = read_vllm_metrics(&old).unwrap();
        assert_eq!(scrape.report.kv_cache_usage, Some(0.5));
        assert_eq!(scrape.report.prompt_tokens_total, 1234);
        assert_eq!(scrape.progress, 1234 + 567);
    }

    #[test]
    fn a_missing_gauge_is_an_error_and_a_missing_cache_is_unknown() {
        let without = |name: &str| {
            RECENT
                .lines()
                .filter(|line| !line.contains(name))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert!(matches!(
            read_vllm_metrics(&without("num_requests_running")),
            Err(ScrapeError::Missing("vllm:num_requests_running"))
        ));
        assert_eq!(
            read_vllm_metrics(&without("kv_cache")).unwrap().report.kv_cache_usage,
            None
        );
    }
}
