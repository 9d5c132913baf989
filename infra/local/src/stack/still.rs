//! A stack in which nothing happens by itself: no ports, no deliveries, no schedule. A test does each of these, one after the other, so with the
//! same seed, a clock that is paused and a decoder in this process it does exactly the same again.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};

use aws_config::SdkConfig;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use bytes::Bytes;
use functions::events::fold_changes;
use functions::events::maintenance::Maintenance;
use functions::events::verify::Verify;
use http::{Request, Response};
use s3::{Expired, Message, Service, StoreError};
use service::App;
use service::error::Error;
use service::queue::Queue;
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::Options;
use super::bucket::Bucket;
use super::parts::{Clients, Parts, Urls};
use super::ports::{door, origins};
use super::queues::Received;
use crate::bell::Bell;
use crate::calls::{Calls, at_once};
use crate::database::Tables;
use crate::error::StartError;
use crate::lifecycle::Lifecycle;
use crate::names::OPERATOR;
use crate::queue::event::{event, failures};

/// Where requests say that they go.
const API: &str = "http://api.inside";
const BUCKET: &str = "http://bucket.inside";
const TABLES: &str = "http://tables.inside";

/// A stack that does nothing by itself: a test delivers its messages, folds its changes and runs its schedules.
#[derive(Debug)]
pub struct Still {
    /// DynamoDB for SDK clients, without a check of permissions.
    pub tables: SdkConfig,
    /// The service as its operator has it.
    pub app: App,
    /// The bucket, as its operator has it.
    pub bucket: aws_sdk_s3::Client,
    /// The calls that the functions make.
    pub calls: Calls,
    /// The schedule's function.
    pub maintenance: Maintenance,
    /// The other schedule's function.
    pub verify: Verify,
    lifecycle: Lifecycle,
    bell: Bell,
    folds: App,
    api: Router,
    service: Bucket,
    objects: Received,
    large: Received,
    work: Received,
}

impl Still {
    /// Opens the folder of `options`. Ports, page, schedule and faults of the queue do not count.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn open(options: &Options) -> Result<Self, StartError> {
        let door = door(options)?;
        let urls = Urls {
            bucket: BUCKET.to_owned(),
            tables: TABLES.to_owned(),
        };
        let origins = origins(options, &door.hosts, 80)?;
        let calls = Calls::default();
        let in_weather = |service: &Service| Bucket {
            service: service.clone(),
            weather: options.weather.clone(),
            is_at_once: true,
        };
        let clients = |bucket: &Service, tables: &Tables| Clients {
            bucket: calls.counted(in_weather(bucket).client()),
            tables: calls.counted_at_once(tables.client()),
            calls: Some(calls.clone()),
        };
        let parts = Parts::open(options, origins, &urls, clients).await?;
        let [objects, large, work] = Received::all(&parts, options);
        Ok(Self {
            api: parts.gateway(options)?,
            objects,
            large,
            work,
            service: in_weather(&parts.service),
            app: parts.apps.of(OPERATOR),
            folds: parts.apps.of("fold-changes"),
            bucket: parts.apps.bucket(),
            bell: parts.apps.bell,
            tables: parts.apps.dynamodb,
            maintenance: parts.maintenance,
            verify: parts.verify,
            lifecycle: parts.lifecycle,
            calls,
        })
    }

    /// The API's answer to a request for a path.
    ///
    /// # Errors
    /// If there is none.
    pub async fn ask(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000));
        request.extensions_mut().insert(ConnectInfo(from));
        let host = API.trim_start_matches("http://");
        let host = http::HeaderValue::from_static(host);
        request.headers_mut().insert(http::header::HOST, host);
        let answer = self.api.clone().oneshot(request.map(Body::from)).await;
        let (parts, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let body = to_bytes(body, usize::MAX).await;
        let body = body.map_err(|error| error.to_string())?;
        Ok(Response::from_parts(parts, body))
    }

    /// The bucket's answer to a request that was signed for it.
    ///
    /// # Errors
    /// If there is none, or not the whole of it: the connection is closed.
    pub async fn ask_bucket(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let (parts, read) = self.service.answer(request).await?.into_parts();
        if read.is_cut {
            return Err("the connection was cut".to_owned());
        }
        Ok(Response::from_parts(parts, read.bytes))
    }

    /// Up to `most` messages that are to be delivered, oldest first. They come again after the visibility timeout, unless they are settled.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn receive(&self, queue: Queue, most: usize) -> Result<Vec<Message>, StoreError> {
        let Received {
            outbox, options, ..
        } = self.queue(queue);
        at_once(outbox.receive(most, options.visibility_timeout, options.max_receives)).await
    }

    /// Calls the queue's function with messages; answers the ids of those that failed.
    pub async fn deliver(&self, queue: Queue, batch: &[Message]) -> HashSet<String> {
        let Received {
            handler, options, ..
        } = self.queue(queue);
        let called = handler(event(&options.name, batch));
        let answer = timeout(options.handler_timeout, called).await;
        let answer = answer.unwrap_or_else(|_| Err("the handler timed out".to_owned()));
        failures(&answer, batch)
    }

    /// Deletes the messages that were handled, and sets those aside that failed too often.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle(
        &self,
        queue: Queue,
        handled: Vec<Message>,
        failed: Vec<Message>,
    ) -> Result<(), StoreError> {
        let Received {
            outbox, options, ..
        } = self.queue(queue);
        at_once(outbox.settle(handled, failed, options.max_receives)).await
    }

    /// Messages that are not settled, also those that wait to come again.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn depth(&self, queue: Queue) -> Result<u64, StoreError> {
        at_once(self.queue(queue).outbox.depth()).await
    }

    /// Tells everybody's counters what is new: what the stream of the table of changes does.
    ///
    /// # Errors
    /// If a fold fails: what it left, the next one or maintenance folds.
    pub async fn fold(&self) -> Result<fold_changes::Report, Error> {
        self.bell.answer(&self.folds).await
    }

    /// The bucket's lifecycle rules.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn expire(&self) -> Result<Expired, StoreError> {
        at_once(self.lifecycle.run()).await
    }

    fn queue(&self, queue: Queue) -> &Received {
        match queue {
            Queue::Objects => &self.objects,
            Queue::Work => &self.work,
            Queue::LargeObjects => &self.large,
        }
    }
}
