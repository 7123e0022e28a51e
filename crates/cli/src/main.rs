//! `inventiv`: the program's command line.

mod commands;
mod console;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // One crypto provider for every TLS connection of the process.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return fail(&anyhow::anyhow!("another TLS provider is installed"));
    }
    let line = match commands::line() {
        Ok(line) => line,
        Err(error) => return fail(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(commands::run(line)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "this is where the program speaks to its user")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("inventiv: {}", sentence(error));
    ExitCode::FAILURE
}

/// An error and its causes, each said once: many a library repeats the cause in its own words.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if sentence.contains(&cause) {
            continue;
        }
        if !sentence.is_empty() {
            sentence.push_str(": ");
        }
        sentence.push_str(&cause);
    }
    sentence
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_cause_that_was_said_is_not_said_again() {
        let refused = io::Error::other("refused");
        let repeating = anyhow::Error::new(refused)
            .context("talking: refused")
            .context("connecting");
        assert_eq!(sentence(&repeating), "connecting: talking: refused");
        let plain = anyhow::anyhow!("refused").context("connecting");
        assert_eq!(sentence(&plain), "connecting: refused");
    }
}
