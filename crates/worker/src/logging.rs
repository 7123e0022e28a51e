//! Log lines on the standard error.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use crate::cli::{LogFormat, LogOptions};

/// Starts logging for the process. A filter that cannot be read counts as `info`.
pub fn start(options: &LogOptions) {
    // A word alone that is no level would be a target, and the only one that is logged.
    let mut alone = options.log_level.split(',').filter(|word| !word.contains('='));
    let is_right = alone.all(|word| word.trim().parse::<LevelFilter>().is_ok());
    let read = options.log_level.parse().ok().filter(|_| is_right);
    let filter: Targets = read.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match options.log_format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    registry().with(filter).with(lines).init();
}
