//! A way to the bucket on which connections break in the middle of an answer, or fall silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::TestStack;

/// What happens to an answer when so much of it has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// The connection is closed, this many times; later ones hold.
    Cut(u64),
    /// Nothing passes any more.
    Silence,
}

/// The way, and what has passed.
pub(crate) struct Way {
    pub(crate) url: String,
    passed: Arc<AtomicU64>,
    broken: Arc<AtomicU64>,
}

impl Way {
    /// Bytes of answers that have passed, headers too.
    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }

    /// Connections that broke.
    pub(crate) fn broken(&self) -> u64 {
        self.broken.load(Ordering::SeqCst)
    }
}

impl TestStack {
    /// A way to this stack's bucket; on each connection something happens when `after` bytes have passed.
    pub(crate) async fn way(&self, after: u64, then: Then) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let bucket = self
            .stack
            .bucket_url
            .trim_start_matches("http://")
            .to_owned();
        let (passed, broken) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (all_passed, all_broken) = (Arc::clone(&passed), Arc::clone(&broken));
        // It ends with the test's runtime.
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let connection = Connection {
                    after,
                    then,
                    passed: Arc::clone(&all_passed),
                    broken: Arc::clone(&all_broken),
                };
                let bucket = TcpStream::connect(&bucket).await.expect("the bucket");
                tokio::spawn(connection.run(client, bucket));
            }
        });
        Way {
            url,
            passed,
            broken,
        }
    }
}

struct Connection {
    after: u64,
    then: Then,
    passed: Arc<AtomicU64>,
    broken: Arc<AtomicU64>,
}

impl Connection {
    async fn run(self, client: TcpStream, bucket: TcpStream) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_bucket, mut to_bucket) = bucket.into_split();
        let asking = tokio::spawn(async move {
            // It ends when either side is gone.
            let _ = tokio::io::copy(&mut from_client, &mut to_bucket).await;
        });
        let (mut buffer, mut here) = (vec![0; 64 * 1024], 0);
        while let Ok(read @ 1..) = from_bucket.read(&mut buffer).await {
            if to_client.write_all(&buffer[..read]).await.is_err() {
                break;
            }
            self.passed.fetch_add(read as u64, Ordering::SeqCst);
            here += read as u64;
            if here < self.after {
                continue;
            }
            match self.then {
                Then::Silence => std::future::pending().await,
                Then::Cut(times) => {
                    let before =
                        self.broken
                            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| {
                                (n < times).then_some(n + 1)
                            });
                    if before.is_ok() {
                        break;
                    }
                }
            }
        }
        asking.abort();
    }
}
