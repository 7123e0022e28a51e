//! Logs and metrics.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use super::config::{Config, LogFormat};

/// Sends the program's log to standard error. A second call does nothing.
///
/// # Errors
/// `--log` does not parse.
pub fn start_logging(config: &Config) -> anyhow::Result<()> {
    let filter: Targets = config.log.parse().map_err(|error| anyhow::anyhow!("--log: {error}"))?;
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match config.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let _ = registry().with(filter).with(lines).try_init();
    Ok(())
}

/// Prometheus' text page, on a listener of its own.
pub fn metrics_router() -> anyhow::Result<Router> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    let handle = match RECORDER.get() {
        Some(handle) => handle.clone(),
        None => {
            let buckets = [
                0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
            ];
            let handle = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &buckets)?
                .install_recorder()?;
            RECORDER.get_or_init(|| handle).clone()
        }
    };
    Ok(Router::new().route("/metrics", get(move || std::future::ready(handle.render()))))
}
