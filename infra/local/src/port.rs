//! A port of this machine: its connections, how long they may take, and the names it answers to.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::hosts::Hosts;

/// How long to wait after a connection could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

pub(crate) const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// How long the ports of a stack wait.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request, also for the next one of a connection.
    pub head: Duration,
    /// For the body of a request to the API or the tables; a body for the bucket takes as long as it takes.
    pub body: Duration,
    /// For requests under way, once the stack was asked to end.
    pub end: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            end: Duration::from_secs(10),
        }
    }
}

/// What holds for every request of a port, whatever answers it.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// The names it answers to.
    pub hosts: Hosts,
    /// How long it waits.
    pub patience: Patience,
}

/// Answers requests until `shutdown` resolves and those under way are answered, or their time is up.
pub async fn serve<A, F, B, E>(
    listener: TcpListener,
    door: Door,
    answer: A,
    shutdown: impl Future<Output = ()>,
) where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    let connections = GracefulShutdown::new();
    let (time_is_up, _) = watch::channel(());
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, caller)) => {
                let connection = connection(stream, caller, door.clone(), answer.clone());
                let watched = connections.watch(connection);
                let mut time_is_up = time_is_up.subscribe();
                // A connection that breaks is the client's business.
                tokio::spawn(async move {
                    tokio::select! {
                        _ = watched => {}
                        _ = time_is_up.changed() => {}
                    }
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: they come back when requests end.
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    // What is still running then is cut off, as by a crash: nothing acknowledged is lost.
    let _ = tokio::time::timeout(door.patience.end, connections.shutdown()).await;
}

/// The port at which a request came: an extension of it. Some clients leave it out of their `Host`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnPort(pub(crate) u16);

type Served = Result<Response<Body>, Box<dyn Error + Send + Sync>>;

/// One connection: every request of it is held to the door.
fn connection<A, F, B, E>(
    stream: TcpStream,
    caller: SocketAddr,
    door: Door,
    answer: A,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::HttpService<
        Incoming,
        ResBody = Body,
        Error = Box<dyn Error + Send + Sync>,
        Future: Send,
    >,
>
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    // Small answers must not wait for the other side's acknowledgement.
    let _ = stream.set_nodelay(true);
    let own = stream.local_addr().map(|own| OwnPort(own.port())).ok();
    let hosts = door.hosts;
    let service = service_fn(move |request: Request<Incoming>| {
        let (mut parts, body) = request.into_parts();
        let foreign = hosts.foreign(&parts);
        parts.extensions.insert(ConnectInfo(caller));
        own.map(|own| parts.extensions.insert(own));
        let request = Request::from_parts(parts, body);
        let answer = foreign.is_none().then(|| answer(request));
        async move {
            match answer {
                Some(answer) => {
                    let answer = answer.await.map_err(Into::into)?;
                    Served::Ok(answer.map(Body::new))
                }
                None => Ok(misdirected(&foreign.unwrap_or_default())),
            }
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(door.patience.head)
        .serve_connection(TokioIo::new(stream), service)
}

/// "Misdirected Request" (RFC 9110, section 15.5.20), and what to do when it was none.
fn misdirected(host: &str) -> Response<Body> {
    refusal(
        StatusCode::MISDIRECTED_REQUEST,
        &format!(
            "This machine does not answer to the host {host:?}, but to 127.0.0.1 and localhost. If that name is one of yours, add it to ALLOWED_HOSTS."
        ),
    )
}

/// A refusal in a sentence, for whoever reads it.
pub(crate) fn refusal(status: StatusCode, sentence: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{sentence}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // Not even as what another page embeds without reading it.
    headers.insert(
        CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    response
}
