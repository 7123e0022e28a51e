//! `inventiv serve`

use inventiv_server::plumbing::config::Config;
use inventiv_server::plumbing::telemetry;
use inventiv_server::serve::{Running, start};
use tokio::signal::unix::{SignalKind, signal};

pub async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::start_logging(&config)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let running = start(config).await?;
    greet(&running);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    // A second signal means now.
    tokio::select! {
        () = running.stop() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// What a person at a terminal needs to go on. The password appears here and nowhere else, and only once.
#[expect(clippy::print_stdout, reason = "this is what the command prints")]
fn greet(running: &Running) {
    println!("Inventiv is ready: {}/app/", running.app.config.public_origin());
    if let Some(admin) = &running.first_admin {
        println!("  Sign in as {}", admin.email);
        if let Some(password) = &admin.generated_password {
            println!("  Password:  {password}  (shown only now)");
        }
    }
}
