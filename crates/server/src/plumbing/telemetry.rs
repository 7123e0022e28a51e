//! Logs and metrics.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use super::config::{Config, LogFormat};

/// Sends the program's log to standard error. A second call does nothing.
///
/// # Errors
/// `--log` does not parse.
pub fn start_logging(config: &Config) -> anyhow::Result<()> {
    let filter = directives(&config.log).map_err(|error| anyhow::anyhow!("--log: {error}"))?;
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

/// A level for everything, and levels of targets: `info,sqlx=warn`.
///
/// # Errors
/// Says which word is no level. Alone it would be taken for a target whose every line is wanted, and no other's.
pub fn directives(text: &str) -> anyhow::Result<Targets> {
    let words = text.split(',').map(str::trim);
    let levels = words.map(|word| word.rsplit_once('=').map_or(word, |(_, level)| level.trim()));
    for level in levels {
        anyhow::ensure!(
            !level.is_empty() && level.parse::<LevelFilter>().is_ok(),
            "\"{level}\" is no level: one of off, error, warn, info, debug, trace, alone or as target=level"
        );
    }
    Ok(text.parse()?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_names_a_level() {
        for right in [
            "info",
            "WARN",
            "info,sqlx=warn,hyper=off",
            "debug,tower_http=trace",
            "off",
        ] {
            assert!(directives(right).is_ok(), "{right}");
        }
        for (wrong, word) in [
            ("inof", "inof"),
            ("info,sqlx", "sqlx"),
            ("info,sqlx=wran", "wran"),
            ("sqlx=", ""),
        ] {
            let error = directives(wrong).unwrap_err().to_string();
            assert!(error.contains(&format!("\"{word}\" is no level")), "{wrong}: {error}");
        }
    }
}
