//! A streamed answer on its way to the client.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use openai_api::{ErrorEnvelope, StreamRewriter, sse};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::dispatch::SILENCE_LIMIT;
use super::settlement::Settlement;

/// A client that hears nothing for this long gets a comment, so that nobody on the way closes the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a finished worker may take to end its response, so that the connection can be used again.
const REST: Duration = Duration::from_secs(1);

/// Passes events as they arrive and settles before the last of them goes out. Never fails towards the client: what goes wrong is
/// said in the stream. Dropping it drops the worker's answer, and settles.
pub struct AnswerStream {
    /// `None` when the answer has ended.
    upstream: Option<Incoming>,
    rewriter: StreamRewriter,
    settlement: Settlement,
    /// To be sent next.
    ready: Bytes,
    last_received: Instant,
    last_sent: Instant,
    /// Wakes for heartbeats and for silence; looked at only when there is nothing to pass on.
    timer: Pin<Box<Sleep>>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl AnswerStream {
    /// `first`: what the rewriter has already returned.
    pub fn new(
        upstream: Incoming,
        rewriter: StreamRewriter,
        settlement: Settlement,
        first: Bytes,
        cut: CancellationToken,
    ) -> Self {
        let now = Instant::now();
        let mut stream = Self {
            upstream: Some(upstream),
            rewriter,
            settlement,
            ready: first,
            last_received: now,
            last_sent: now,
            timer: Box::pin(tokio::time::sleep(HEARTBEAT)),
            cut: Box::pin(cut.cancelled_owned()),
        };
        stream.close_if_ended();
        stream
    }

    fn received(&mut self, data: Bytes) {
        self.last_received = Instant::now();
        self.ready = self.rewriter.push(data);
        self.settlement.observe(self.rewriter.state());
        self.close_if_ended();
    }

    /// After `[DONE]`, or an event that can't be read on from.
    fn close_if_ended(&mut self) {
        if !self.rewriter.is_closed() {
            return;
        }
        let rest = self.upstream.take();
        if self.rewriter.state().error.is_some() {
            self.settlement.broken(200);
            return;
        }
        self.settlement.complete();
        if let Some(rest) = rest {
            #[expect(
                clippy::disallowed_methods,
                reason = "ends within a second, and nothing waits for it"
            )]
            tokio::spawn(tokio::time::timeout(REST, read_to_end(rest)));
        }
    }

    /// The worker's answer ended, well or not.
    fn ended(&mut self) {
        self.upstream = None;
        let ending = self.rewriter.finish();
        self.settlement.observe(self.rewriter.state());
        if ending.complete {
            self.settlement.complete();
        } else {
            self.settlement.broken(200);
        }
        self.ready = ending.bytes;
    }

    fn break_off(&mut self, error: ErrorEnvelope) {
        self.upstream = None;
        self.ready = self.rewriter.fail(error);
        self.settlement.broken(200);
    }

    /// Nothing arrived: time for a heartbeat, or too long a silence?
    fn look_at_the_clock(&mut self) {
        let now = Instant::now();
        if now - self.last_received >= SILENCE_LIMIT {
            self.break_off(ErrorEnvelope::upstream("The model's server stopped answering."));
        } else if now - self.last_sent >= HEARTBEAT {
            self.ready = Bytes::from_static(sse::HEARTBEAT);
            self.last_sent = now;
        }
        let next = (self.last_received + SILENCE_LIMIT).min(self.last_sent + HEARTBEAT);
        self.timer.as_mut().reset(next);
    }
}

impl Body for AnswerStream {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        loop {
            if !this.ready.is_empty() {
                this.last_sent = Instant::now();
                return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.ready)))));
            }
            let Some(upstream) = &mut this.upstream else {
                return Poll::Ready(None);
            };
            match Pin::new(upstream).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        this.received(data);
                    }
                }
                Poll::Ready(Some(Err(_)) | None) => this.ended(),
                Poll::Pending if this.cut.as_mut().poll(context).is_ready() => {
                    this.break_off(ErrorEnvelope::service_unavailable("The server is stopping."));
                }
                Poll::Pending => {
                    std::task::ready!(this.timer.as_mut().poll(context));
                    this.look_at_the_clock();
                }
            }
        }
    }
}

async fn read_to_end(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}
