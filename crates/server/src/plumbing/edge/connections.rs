//! Connections: how long one may wait for a request, and their end when the program stops.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// A connection on which no whole request header came for so long is closed, be it idle or in the middle of a header. Proxies and
/// clients give up idle connections after 60 to 90 seconds: one that is used again is never the one that is just being closed.
pub const HEADER_TIME: Duration = Duration::from_secs(100);
/// How long a client that was refused may go on sending before it reads the answer.
const LINGER: Duration = Duration::from_secs(15);

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
    let still_sending = Arc::new(AtomicBool::new(false));
    let stream = Lingering {
        stream,
        still_sending: still_sending.clone(),
        until: Box::pin(tokio::time::sleep(LINGER)),
        is_shut: false,
    };
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, still_sending) = (router.clone(), still_sending.clone());
        async move {
            let response = router.oneshot(request).await;
            // The only reason for which anything here says so is a body that was not read to its end.
            let closes = |response: &axum::response::Response| response.headers().contains_key(header::CONNECTION);
            still_sending.store(response.as_ref().is_ok_and(closes), Ordering::Relaxed);
            response
        }
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

/// A stream that, after the last answer, takes in what a refused client goes on sending: closed at once, the system would throw
/// away the answer too, before the client has read it.
struct Lingering {
    stream: TcpStream,
    still_sending: Arc<AtomicBool>,
    until: Pin<Box<Sleep>>,
    is_shut: bool,
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.is_shut {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            this.is_shut = true;
            this.until.as_mut().reset(tokio::time::Instant::now() + LINGER);
        }
        if !this.still_sending.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        let mut scratch = [0; 16 * 1024];
        loop {
            if this.until.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
