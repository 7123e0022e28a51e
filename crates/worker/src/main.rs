use std::process::ExitCode;

use inventiv_worker::cli::{Cli, Command};
use inventiv_worker::run::{self, Exit};
use inventiv_worker::{logging, mock_engine};

fn main() -> ExitCode {
    let cli = Cli::of_process();
    logging::start(&cli.log);
    // Chosen once for the process: rustls panics when it has to guess.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "cannot start the runtime");
            return ExitCode::FAILURE;
        }
    };
    match cli.command {
        Command::Run(options) => match runtime.block_on(run::run(options)) {
            Ok(exit) => exit_code(&exit),
            Err(error) => {
                tracing::error!("{error}");
                ExitCode::FAILURE
            }
        },
        Command::MockEngine(options) => match runtime.block_on(mock_engine::serve(options)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!("{error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

fn exit_code(exit: &Exit) -> ExitCode {
    match exit {
        Exit::Asked => ExitCode::SUCCESS,
        Exit::Refused { code } => {
            tracing::error!(
                code,
                "the server refused this worker; the engine is stopped and nothing is retried"
            );
            ExitCode::from(3)
        }
        Exit::Orphaned => {
            tracing::error!("the server was out of reach for too long while nothing was served; the engine is stopped");
            ExitCode::from(4)
        }
    }
}
