//! The bytes of an object on their way out: read ahead by one piece, never more in memory than three.

use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream;
use s3s::dto::StreamingBlob;
use tokio::sync::mpsc;

use crate::blobs::Lease;
use crate::ingest::blocking;
use crate::records::Segment;

/// Read from a file at once.
const PIECE: u64 = 512 * 1024;

/// Streams `range` of the object made of `segments`; the lease ends with the stream.
pub(crate) fn send(segments: Vec<Segment>, lease: Lease, range: Range<u64>) -> StreamingBlob {
    if let [
        Segment {
            inline: Some(bytes),
            ..
        },
    ] = segments.as_slice()
    {
        let bytes = slice(bytes, &range);
        return StreamingBlob::wrap(stream::iter([Ok::<_, io::Error>(bytes)]));
    }
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        if let Err(error) = produce(segments, &lease, range, &sender).await {
            tracing::error!(%error, "an object could not be read to its end");
            // The receiver is gone when the client is.
            let _ = sender.send(Err(error)).await;
        }
    });
    StreamingBlob::wrap(stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|piece| (piece, receiver))
    }))
}

async fn produce(
    segments: Vec<Segment>,
    lease: &Lease,
    range: Range<u64>,
    sender: &mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<()> {
    let mut start = 0;
    for segment in segments {
        let end = start + segment.size;
        let wanted = range.start.max(start)..range.end.min(end);
        if wanted.start < wanted.end {
            let within = wanted.start - start..wanted.end - start;
            let sent = match segment.inline {
                Some(bytes) => sender.send(Ok(slice(&bytes, &within))).await.is_ok(),
                None => send_file(lease.read(segment.blob)?, within, sender).await?,
            };
            if !sent {
                return Ok(());
            }
        }
        start = end;
    }
    Ok(())
}

/// `false` when nobody listens any more.
async fn send_file(
    file: std::fs::File,
    range: Range<u64>,
    sender: &mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<bool> {
    let (mut file, mut left) = (file, range.end - range.start);
    let start = range.start;
    file = blocking(move || file.seek(SeekFrom::Start(start)).map(|_| file)).await?;
    while left > 0 {
        let wanted = left.min(PIECE);
        let piece;
        (file, piece) = blocking(move || read_piece(file, wanted)).await?;
        if sender.send(Ok(piece)).await.is_err() {
            return Ok(false);
        }
        left -= wanted;
    }
    Ok(true)
}

fn read_piece(file: std::fs::File, wanted: u64) -> io::Result<(std::fs::File, Bytes)> {
    let mut piece = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
    let read = (&file).take(wanted).read_to_end(&mut piece)?;
    if read as u64 != wanted {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((file, piece.into()))
}

fn slice(bytes: &[u8], range: &Range<u64>) -> Bytes {
    let index = |position: u64| {
        usize::try_from(position)
            .unwrap_or(bytes.len())
            .min(bytes.len())
    };
    Bytes::copy_from_slice(&bytes[index(range.start)..index(range.end)])
}
