//! Bodies that nobody read to their end: a refusal comes before the body was looked at. What is small is still taken in, so that
//! the connection can carry the next request; otherwise the answer says that the connection ends.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;

/// Most that is read for nothing, in bytes.
const SMALL: u64 = 256 * 1024;
/// Longest that an answer waits for it.
const PATIENCE: Duration = Duration::from_millis(500);

/// Whether the request's handler waits for more of the body. In the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct Awaited(Arc<AtomicBool>);

impl Awaited {
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, awaited: bool) {
        self.0.store(awaited, Ordering::Relaxed);
    }
}

/// Around everything that can refuse a request.
pub async fn take_in_or_close(mut request: Request, next: Next) -> Response {
    if http_body::Body::is_end_stream(request.body()) {
        return next.run(request).await;
    }
    // The client holds the body back until it is told to go on; who is refused never is.
    let held_back = request.headers().contains_key(header::EXPECT);
    let awaited = Awaited::default();
    request.extensions_mut().insert(awaited.clone());
    let (back, mut returned) = oneshot::channel();
    let request = request.map(|body| {
        Body::new(Lent {
            body: Some(body),
            awaited,
            back: Some(back),
        })
    });
    let mut response = next.run(request).await;
    if let Ok(rest) = returned.try_recv()
        && (held_back || !take_in(rest).await)
    {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Reads what is left of a body; false when that is too much, or comes too late, or not at all.
async fn take_in(mut body: Body) -> bool {
    let hint = http_body::Body::size_hint(&body);
    if hint.lower() > SMALL {
        return false;
    }
    let to_the_end = async {
        let mut taken = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            taken += frame.data_ref().map_or(0, |data| data.len() as u64);
            if taken > SMALL {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(PATIENCE, to_the_end).await.unwrap_or(false)
}

/// A body that comes back when it is dropped before its end.
struct Lent {
    body: Option<Body>,
    awaited: Awaited,
    back: Option<oneshot::Sender<Body>>,
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        self.awaited.set(polled.is_pending());
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if http_body::Body::is_end_stream(self) {
            return;
        }
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take()) {
            // Nobody waits for it when the connection is gone.
            let _ = back.send(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_small_is_taken_in_whole_and_nothing_else() {
        let small = vec![0; SMALL as usize];
        let large = vec![0; SMALL as usize + 1];
        let announced_by_nobody =
            |bytes: Vec<u8>| Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(bytes)]));
        assert!(take_in(Body::from(small.clone())).await);
        assert!(take_in(announced_by_nobody(small)).await);
        assert!(!take_in(Body::from(large.clone())).await);
        assert!(!take_in(announced_by_nobody(large)).await);
        let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
        assert!(!take_in(Body::from_stream(broken)).await);
    }
}
