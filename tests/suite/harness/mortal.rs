//! The service over a stack's engines, as a process that dies at a call of DynamoDB or S3, or beside which something else happens at one.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use service::App;

use super::meter::{app_over, app_over_both, sdk};
use super::stack::TestStack;

/// What happens at one call.
#[derive(Clone)]
enum Event {
    /// The process dies before it is sent.
    Dies,
    /// The process dies before it hears the answer.
    DiesDeaf,
    /// The call is carried out, and its answer is lost.
    Deaf,
    /// Something else happens before it is sent.
    Before(Beside),
}

type Beside = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Something happens at the call of this number, from 0 on.
#[derive(Clone)]
pub(crate) struct Script {
    at: usize,
    event: Event,
    calls: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Script({})", self.at)
    }
}

impl Script {
    fn new(at: usize, event: Event) -> Self {
        Self {
            at,
            event,
            calls: Arc::default(),
        }
    }

    /// Nothing happens.
    pub(crate) fn quiet() -> Self {
        Self::new(usize::MAX, Event::Dies)
    }

    /// The process dies at this call; if it is `deaf`, the call is still carried out.
    pub(crate) fn dies(at: usize, deaf: bool) -> Self {
        let event = if deaf { Event::DiesDeaf } else { Event::Dies };
        Self::new(at, event)
    }

    /// The answer of this call is lost; the SDK sends it again.
    pub(crate) fn deaf(at: usize) -> Self {
        Self::new(at, Event::Deaf)
    }

    /// `beside` happens before this call is sent.
    pub(crate) fn before(
        at: usize,
        beside: impl Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self::new(at, Event::Before(Arc::new(beside)))
    }

    /// `engine`, to whose calls this happens.
    fn over(&self, engine: SharedHttpClient) -> SharedHttpClient {
        let script = self.clone();
        http_client_fn(move |settings, components| {
            SharedHttpConnector::new(Scripted {
                engine: engine.http_connector(settings, components),
                script: script.clone(),
            })
        })
    }

    /// Calls so far.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl TestStack {
    /// The service as a process to whose calls of the tables `script` happens.
    pub(crate) async fn app_with(&self, script: &Script) -> App {
        let tables = &self.stack.tables;
        let client = script.over(tables.http_client().expect("a way to the engine"));
        app_over(
            self,
            tables.to_builder().http_client(client).build(),
            |_| {},
        )
        .await
    }

    /// The service as a process to whose calls of the bucket `script` happens.
    pub(crate) async fn app_with_bucket(&self, script: &Script) -> App {
        let bucket = sdk(&self.stack).await;
        let client = script.over(bucket.http_client().expect("a way to the engine"));
        let bucket = bucket.to_builder().http_client(client).build();
        app_over_both(self, &self.stack.tables, &bucket, |_| {})
    }
}

#[derive(Debug)]
struct Scripted {
    engine: SharedHttpConnector,
    script: Script,
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let dead = || HttpConnectorFuture::ready(Err(ConnectorError::io("dead".into())));
        let number = self.script.calls.fetch_add(1, Ordering::SeqCst);
        let at = self.script.at;
        match &self.script.event {
            Event::Dies if number >= at => dead(),
            Event::DiesDeaf if number > at => dead(),
            Event::DiesDeaf | Event::Deaf if number == at => {
                let call = self.engine.call(request);
                HttpConnectorFuture::new(async move {
                    drop(call.await);
                    Err(ConnectorError::io("dead".into()))
                })
            }
            Event::Before(beside) if number == at => {
                let (beside, engine) = (beside(), self.engine.clone());
                HttpConnectorFuture::new(async move {
                    beside.await;
                    engine.call(request).await
                })
            }
            _ => self.engine.call(request),
        }
    }
}
