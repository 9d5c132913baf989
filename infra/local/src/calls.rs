//! Counts the calls that functions make to the engines, so that a test can end a function between any two of them, as if its machine had died.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::runtime::{Builder, Runtime};

/// The calls of all functions of one stack. Clones share everything.
#[derive(Clone, Debug)]
pub struct Calls(Arc<State>);

#[derive(Debug)]
struct State {
    left: AtomicU64,
    is_over: AtomicBool,
    begun: AtomicU64,
}

impl Default for Calls {
    fn default() -> Self {
        Self(Arc::new(State {
            left: AtomicU64::new(u64::MAX),
            is_over: AtomicBool::new(false),
            begun: AtomicU64::new(0),
        }))
    }
}

impl Calls {
    /// Does `work` until it begins a call beyond `most`, where it ends for good; `None` then.
    pub async fn cut_off<T>(&self, most: u64, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        self.0.left.store(most, Ordering::SeqCst);
        let done = poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if self.0.is_over.load(Ordering::SeqCst) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        let done = done.await;
        self.0.left.store(u64::MAX, Ordering::SeqCst);
        self.0.is_over.store(false, Ordering::SeqCst);
        done
    }

    /// How many calls were begun so far.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.0.begun.load(Ordering::SeqCst)
    }

    /// `client`, whose calls are among these.
    pub(crate) fn counted(&self, client: SharedHttpClient) -> SharedHttpClient {
        let calls = self.clone();
        http_client_fn(move |settings, components| {
            calls.among(client.http_connector(settings, components), false)
        })
    }

    /// The same, and its calls are over before their caller's thread does anything else.
    pub(crate) fn counted_at_once(&self, client: SharedHttpClient) -> SharedHttpClient {
        let calls = self.clone();
        http_client_fn(move |settings, components| {
            calls.among(client.http_connector(settings, components), true)
        })
    }

    /// `connector`, whose calls are among these, and over before their caller's thread does anything else.
    pub(crate) fn over_at_once(&self, connector: SharedHttpConnector) -> SharedHttpConnector {
        self.among(connector, true)
    }

    fn among(&self, connector: SharedHttpConnector, at_once: bool) -> SharedHttpConnector {
        SharedHttpConnector::new(Counted {
            connector,
            calls: self.clone(),
            at_once,
        })
    }

    /// Whether one more call may begin.
    fn begin(&self) -> bool {
        let one_less = |left: u64| match left {
            u64::MAX => Some(left),
            _ => left.checked_sub(1),
        };
        let begun = self
            .0
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        if begun.is_err() {
            self.0.is_over.store(true, Ordering::SeqCst);
        } else {
            self.0.begun.fetch_add(1, Ordering::SeqCst);
        }
        begun.is_ok()
    }
}

#[derive(Debug)]
struct Counted {
    connector: SharedHttpConnector,
    calls: Calls,
    at_once: bool,
}

impl HttpConnector for Counted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !self.calls.begin() {
            return HttpConnectorFuture::new(pending());
        }
        let call = self.connector.call(request);
        if self.at_once {
            HttpConnectorFuture::new(at_once(call))
        } else {
            call
        }
    }
}

/// What the engines begin beside a call, and the time that they wait: the caller's own runtime stands until the call is over.
static ENGINES: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("engines")
        .enable_all()
        .build();
    runtime.expect("threads")
});

/// Runs `future`, a call of an engine, to its end on this thread, which waits meanwhile for the engine's own threads: nothing else of the runtime
/// runs, and its paused clock stands.
pub(crate) async fn at_once<F: Future>(future: F) -> F::Output {
    // Without tokio's budget: when that is spent, a future waits for its runtime, which waits here.
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    poll_fn(|_| {
        let _inside = ENGINES.enter();
        let mut context = Context::from_waker(&waker);
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(output) => return Poll::Ready(output),
                Poll::Pending => thread::park(),
            }
        }
    })
    .await
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
