//! A refused request's body is read to its end before the answer goes out.
//!
//! Closing a connection with unread bytes in it resets it, and the reset can reach the client before the answer does:
//! a browser would see a network error where it should see the refusal.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::EXPECT;
use http::request::Parts;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use s3s::{Body, StdError};

/// Bytes worth reading for that; a client that sends more sees the reset.
const LIMIT: usize = 16 * 1024 * 1024;
/// Time worth spending on it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way back to a body that was handed on.
pub(crate) struct Drain<B> {
    body: Shared<B>,
    /// The client sends nothing before it is told to.
    is_held_back: bool,
}

struct Shared<B>(Arc<Mutex<Option<B>>>);

impl<B> Drain<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    StdError: From<B::Error>,
{
    /// The body to hand on, and the way back to it.
    pub(crate) fn new(parts: &Parts, body: B) -> (Self, Body) {
        let body = Arc::new(Mutex::new(Some(body)));
        let drain = Self {
            body: Shared(Arc::clone(&body)),
            is_held_back: parts.headers.contains_key(EXPECT),
        };
        (drain, Body::http_body(Shared(body)))
    }

    /// Reads what nobody read.
    pub(crate) async fn rest(self) {
        let body = self
            .body
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut body) = body.filter(|_| !self.is_held_back) else {
            return;
        };
        let reading = async {
            let mut read = 0;
            while let Some(Ok(frame)) = body.frame().await {
                read += frame.data_ref().map_or(0, Bytes::len);
                if read > LIMIT {
                    break;
                }
            }
        };
        // Too slow is as good as too long.
        let _ = tokio::time::timeout(PATIENCE, reading).await;
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Shared<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        body.as_mut()
            .map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        body.as_ref()
            .map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}
