//! Counters of the mock engine, under the names vLLM gives them.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use super::text::FinishReason;

#[derive(Debug, Default)]
pub(super) struct Metrics {
    pub running: AtomicU64,
    pub waiting: AtomicU64,
    pub prompt_tokens: AtomicU64,
    pub generation_tokens: AtomicU64,
    /// Steps of the engine: rises while anything is generated.
    pub iterations: AtomicU64,
    pub finished_stop: AtomicU64,
    pub finished_length: AtomicU64,
    /// Requests whose client left before the end.
    pub aborted: AtomicU64,
}

/// Adds one for as long as it lives.
pub(super) struct Gauge<'a>(&'a AtomicU64);

impl<'a> Gauge<'a> {
    pub fn raise(value: &'a AtomicU64) -> Self {
        value.fetch_add(1, Ordering::Relaxed);
        Self(value)
    }
}

impl Drop for Gauge<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}

impl Metrics {
    pub fn finished(&self, reason: FinishReason) {
        match reason {
            FinishReason::Stop => add(&self.finished_stop, 1),
            FinishReason::Length => add(&self.finished_length, 1),
        }
    }

    /// Prometheus text.
    pub fn render(&self, model: &str, seats: u32) -> String {
        let model = model.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels = format!("engine=\"0\",model_name=\"{model}\"");
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, samples: &[(&str, &str, f64)]| {
            let _ = writeln!(text, "# TYPE {name} {kind}");
            for (suffix, more, value) in samples {
                let _ = writeln!(text, "{name}{suffix}{{{labels}{more}}} {value}");
            }
        };
        let running = read(&self.running) as f64;
        family("vllm:num_requests_running", "gauge", &[("", "", running)]);
        family(
            "vllm:num_requests_waiting",
            "gauge",
            &[("", "", read(&self.waiting) as f64)],
        );
        family(
            "vllm:kv_cache_usage_perc",
            "gauge",
            &[("", "", (running / f64::from(seats)).min(1.0))],
        );
        family("vllm:num_preemptions_total", "counter", &[("", "", 0.0)]);
        family(
            "vllm:prompt_tokens_total",
            "counter",
            &[("", "", read(&self.prompt_tokens) as f64)],
        );
        family(
            "vllm:generation_tokens_total",
            "counter",
            &[("", "", read(&self.generation_tokens) as f64)],
        );
        let iterations = read(&self.iterations) as f64;
        let iteration_tokens = (read(&self.prompt_tokens) + read(&self.generation_tokens)) as f64;
        family(
            "vllm:iteration_tokens_total",
            "histogram",
            &[
                ("_bucket", ",le=\"+Inf\"", iterations),
                ("_count", "", iterations),
                ("_sum", "", iteration_tokens),
            ],
        );
        family(
            "vllm:request_success_total",
            "counter",
            &[
                ("", ",finished_reason=\"stop\"", read(&self.finished_stop) as f64),
                ("", ",finished_reason=\"length\"", read(&self.finished_length) as f64),
            ],
        );
        family(
            "inventiv_mock_aborted_total",
            "counter",
            &[("", "", read(&self.aborted) as f64)],
        );
        text
    }
}
