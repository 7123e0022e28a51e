//! `inventiv serve`

use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::telemetry;
use inventiv_server::serve::{Running, start};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::console;

pub async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::start_logging(&config)?;
    let stop = StopSignals::new()?;
    let running = start(config, console::file).await?;
    greet(&running);
    stop.then_stop(running).await;
    Ok(())
}

/// SIGTERM and Ctrl-C, caught from the moment this is made.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Serves until one comes.
    pub async fn then_stop(mut self, running: Running) {
        self.come().await;
        tracing::info!("stopping");
        // A second signal doesn't wait for running requests.
        tokio::select! {
            () = running.stop() => {}
            () = self.come() => {}
        }
    }

    async fn come(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What a person at a terminal needs to go on. The password appears here and nowhere else, and only once.
#[expect(clippy::print_stdout, reason = "this is what the command prints")]
pub fn greet(running: &Running) {
    println!(
        "Inventiv is ready: {}/app/",
        running.program.core.config.public_origin()
    );
    if let Some(admin) = &running.first_admin {
        println!("  Sign in as {}", admin.email);
        if let Some(password) = &admin.generated_password {
            println!("  Password:  {password}  (shown only now)");
        }
    }
}
