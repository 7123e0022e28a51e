//! The end of the program: running requests may finish, up to a point.

use std::time::Duration;

use crate::app::App;

/// What is kept of the grace for settling and shipping.
const RESERVE: Duration = Duration::from_secs(2);

/// Waits for the end of the program, then for the requests, then cuts those that still run.
pub async fn cut_at_the_end(app: App) {
    app.shutdown.cancelled().await;
    let grace = Duration::from_secs(app.config.shutdown_grace);
    app.settling.close();
    if tokio::time::timeout(grace.saturating_sub(RESERVE), app.settling.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            requests = app.settling.len(),
            "inference requests are cut at the end of the grace"
        );
        app.gateway.cut.cancel();
    }
}
