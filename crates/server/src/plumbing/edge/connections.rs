//! Connections: how long one may wait for a request, and their end when the program stops.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// A connection on which no whole request header came for so long is closed, be it idle or in the middle of a header. Proxies and
/// clients give up idle connections after 60 to 90 seconds: one that is used again is never the one that is just being closed.
pub const HEADER_TIME: Duration = Duration::from_secs(100);

/// Answers until `shutdown`, then lets running requests finish. Dropped, it cuts them.
pub async fn serve(mut listener: TcpListener, router: Router, header_time: Duration, shutdown: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            (stream, peer) = Listener::accept(&mut listener) => {
                connections.spawn(converse(stream, peer, router.clone(), header_time, shutdown.clone()));
            }
            Some(_) = connections.join_next() => {}
            () = shutdown.cancelled() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// One request after the other, until either side has enough.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    header_time: Duration,
    shutdown: CancellationToken,
) {
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
