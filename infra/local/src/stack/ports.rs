//! The ports of a stack, and what `ALLOWED_HOSTS` and `ALLOWED_ORIGINS` say about them.

use std::io;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body::Body as _;
use hyper::body::Incoming;
use s3::Service;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use super::Options;
use super::schedule::until;
use crate::database::Tables;
use crate::error::StartError;
use crate::hosts::Hosts;
use crate::meter::{Asked, Meter};
use crate::origins::Origins;
use crate::permissions::Permissions;
use crate::port::{self, Door};
use crate::secrets::AccessKeys;
use crate::weather::Weather;

/// What answers at each port.
pub(super) struct Served {
    pub(super) api: Router,
    pub(super) store: Service,
    pub(super) tables: (Tables, AccessKeys, Permissions),
    pub(super) meter: Option<Meter>,
}

/// The ports of a stack.
pub(super) struct Ports {
    pub(super) api: Port,
    pub(super) bucket: Port,
    pub(super) tables: Port,
}

pub(super) struct Port {
    pub(super) listener: TcpListener,
    pub(super) port: u16,
    pub(super) url: String,
}

impl Ports {
    pub(super) async fn listen(options: &Options) -> Result<Self, StartError> {
        Ok(Self {
            api: Port::listen(options.port).await?,
            bucket: Port::listen(options.bucket_port).await?,
            tables: Port::listen(0).await?,
        })
    }

    /// Answers at each of them: the API until `stopped`, the engines until `closed`.
    pub(super) fn serve(
        self,
        served: Served,
        weather: Option<Weather>,
        door: &Door,
        stopped: &watch::Receiver<bool>,
        closed: &watch::Receiver<bool>,
    ) -> (JoinHandle<()>, Vec<JoinHandle<()>>) {
        let Served {
            api,
            store,
            tables,
            meter,
        } = served;
        let end = || until(closed.clone());
        let (tables, keys, permissions) = tables;
        let bucket = move |request: Request<Incoming>| {
            let (store, weather, meter) = (store.clone(), weather.clone(), meter.clone());
            async move {
                let asked = meter.map(|meter| (meter, asked(&request)));
                let answer = match weather {
                    Some(weather) => weather.bucket(request, |asked| store.answer(asked)).await,
                    None => Ok(store.answer(request).await?.map(Body::new)),
                };
                if let (Some((meter, asked)), Ok(answer)) = (asked, &answer) {
                    meter.by_url(&asked, answer.size_hint().exact());
                }
                answer
            }
        };
        let api = move |request: Request<Incoming>| api.clone().oneshot(request.map(Body::new));
        let engines = vec![
            tokio::spawn(port::serve(
                self.bucket.listener,
                door.clone(),
                bucket,
                end(),
            )),
            tokio::spawn(tables.serve(
                self.tables.listener,
                door.clone(),
                keys,
                permissions,
                end(),
            )),
        ];
        let end = until(stopped.clone());
        let api = port::serve(self.api.listener, door.clone(), api, end);
        (tokio::spawn(api), engines)
    }

    /// Of the API, the bucket and the tables.
    pub(super) fn urls(&self) -> (String, String, String) {
        let url = |port: &Port| port.url.clone();
        (url(&self.api), url(&self.bucket), url(&self.tables))
    }
}

/// As much of a request of the bucket as is billed.
fn asked(request: &Request<Incoming>) -> Asked {
    let query = request.uri().query().unwrap_or_default();
    Asked::new(
        request.method().as_str(),
        query,
        request.size_hint().exact(),
    )
}

impl Port {
    async fn listen(port: u16) -> Result<Self, StartError> {
        let listener = bind(port).await.map_err(StartError::port(port))?;
        let address = listener.local_addr().map_err(StartError::port(port))?;
        Ok(Self {
            listener,
            port: address.port(),
            url: format!("http://{address}"),
        })
    }
}

/// A stack that was killed leaves its port and its folder a moment after it is gone for whoever killed it: while the system takes it apart, and
/// while a child that it has forked has not become another program yet.
pub(super) const LEFT_BEHIND: Duration = Duration::from_secs(2);
/// How long to wait before the next try.
pub(super) const TRY_AGAIN: Duration = Duration::from_millis(25);

async fn bind(port: u16) -> io::Result<TcpListener> {
    let begun = Instant::now();
    loop {
        // Tokio sets SO_REUSEADDR: connections that end do not hold the port.
        match TcpListener::bind(("127.0.0.1", port)).await {
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse && begun.elapsed() < LEFT_BEHIND =>
            {
                tokio::time::sleep(TRY_AGAIN).await;
            }
            bound => return bound,
        }
    }
}

/// The names that the ports answer to, and how long they wait.
pub(super) fn door(options: &Options) -> Result<Door, StartError> {
    let hosts = Hosts::read(options.setting("ALLOWED_HOSTS").unwrap_or_default());
    Ok(Door {
        hosts: hosts.map_err(|problem| StartError::Variable("ALLOWED_HOSTS", problem))?,
        patience: options.patience,
    })
}

/// The pages that may use API and bucket; the API is on `port`.
pub(super) fn origins(options: &Options, hosts: &Hosts, port: u16) -> Result<Origins, StartError> {
    let variable = "ALLOWED_ORIGINS";
    let origins = Origins::read(options.setting(variable).unwrap_or_default(), hosts, port);
    origins.map_err(|problem| StartError::Variable(variable, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_is_left_a_moment_later_is_taken() {
        let taken = bind(0).await.expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let (bound, ()) = tokio::join!(bind(port), async { drop(taken) });
        bound.expect("the port");
    }

    #[tokio::test]
    async fn a_port_that_somebody_keeps_is_refused() {
        let taken = bind(0).await.expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let refused = bind(port).await.expect_err("in use");
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }
}
