//! A body that breaks half through.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

/// Passes on half of a body, and then fails.
#[derive(Debug)]
pub(super) struct Cut<B> {
    body: B,
    left: u64,
    has_waited: bool,
}

impl<B: HttpBody> Cut<B> {
    pub(super) fn half(body: B) -> Self {
        let left = body.size_hint().lower() / 2;
        Self {
            body,
            left,
            has_waited: false,
        }
    }
}

impl<B> HttpBody for Cut<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            if !self.has_waited {
                // What has come so far goes out before the connection breaks.
                self.has_waited = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err("the weather has cut the connection".into())));
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(frame) => frame.map_err(Into::into)?,
            None => return Poll::Ready(None),
        };
        let Ok(mut data) = frame.into_data() else {
            return Poll::Ready(None);
        };
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        data.truncate(most);
        self.left -= u64::try_from(data.len()).unwrap_or(self.left);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
