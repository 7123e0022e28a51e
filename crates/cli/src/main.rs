//! `inventiv`: the program's command line.

mod commands;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // One crypto provider for every TLS connection of the process.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return fail(&anyhow::anyhow!("another TLS provider is installed"));
    }
    let arguments = match commands::arguments() {
        Ok(arguments) => arguments,
        Err(error) => return fail(&error),
    };
    let command = commands::CommandLine::parse_from(arguments);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(commands::run(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "this is where the program speaks to its user")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("inventiv: {error:#}");
    ExitCode::FAILURE
}
