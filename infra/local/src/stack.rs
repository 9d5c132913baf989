//! The whole stack in one process: engines, events, functions, gateway, page.

mod bucket;
mod options;
mod parts;
mod ports;
mod queues;
mod schedule;
mod settings;
mod still;
mod upgrade;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use axum::Router;
use functions::events::maintenance::Maintenance;
use functions::events::process_object::Processor;
use functions::events::run_job::Runner;
use functions::events::verify::Verify;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use service::App;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bell::Bell;
use crate::database::Tables;
use crate::docs;
use crate::error::StartError;
use crate::lifecycle::Lifecycle;
use crate::meter::Meter;
use crate::names::OPERATOR;
use crate::permissions::Permissions;
use crate::queue::Queue;
use crate::secrets::AccessKeys;
use crate::web;

use self::bucket::Bucket;
use self::parts::{Clients, Parts, Urls};
use self::ports::{Ports, Served, door, origins};
use self::schedule::schedules;

pub use self::options::Options;
pub use self::still::Still;

/// A stack that runs until it is stopped.
#[derive(Debug)]
pub struct Stack {
    /// Where the API and the page are.
    pub url: String,
    /// Where the bucket is.
    pub bucket_url: String,
    /// Where DynamoDB is, for programs outside this process.
    pub database_url: String,
    /// DynamoDB for SDK clients in this process, without a check of permissions.
    pub tables: SdkConfig,
    /// The variables of the functions that name its tables and its bucket.
    pub variables: BTreeMap<String, String>,
    /// What the functions may do.
    pub permissions: Permissions,
    /// The keys that bucket and tables know.
    pub keys: AccessKeys,
    /// The service as its operator has it: it may do everything.
    pub app: App,
    /// The bucket, as its operator has it.
    pub bucket: aws_sdk_s3::Client,
    /// The queue's function.
    pub processor: Processor,
    /// The schedule's function; it runs every minute, and whenever it is asked to.
    pub maintenance: Maintenance,
    /// The other schedule's function; it runs every hour, and whenever it is asked to.
    pub verify: Verify,
    /// What the bucket's lifecycle rules remove; it runs every hour, and whenever it is asked to.
    pub lifecycle: Lifecycle,
    /// Rings when something is new in the table of changes.
    pub bell: Bell,
    /// The service as the bell's function, `fold-changes`, has it.
    pub folds: App,
    /// The service as the function of the log's stream, `copy-log`, has it.
    pub copies: App,
    /// The service as the function that compares the log with its copies, `compare-log`, has it.
    pub comparison: App,
    /// The queue between the bucket and `process-object`.
    pub queue: Queue,
    /// The queue between `process-object` and `process-large-object`.
    pub large_queue: Queue,
    /// The queue of what takes long: `run-job` receives it.
    pub work: Queue,
    /// That function.
    pub runner: Runner,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    close: watch::Sender<bool>,
    engines: Vec<JoinHandle<()>>,
}

impl Stack {
    /// Starts everything and answers when requests are accepted.
    ///
    /// # Errors
    /// See [`StartError`].
    #[must_use]
    pub fn start(options: Options) -> LocalBoxFuture<'static, Result<Self, StartError>> {
        // Boxed, because what starts is compiled here then, and not again in every program and test that starts it.
        Self::start_parts(options).boxed_local()
    }

    async fn start_parts(options: Options) -> Result<Self, StartError> {
        let (stop, stopped) = watch::channel(false);
        let (close, closed) = watch::channel(false);
        let ports = Ports::listen(&options).await?;
        let door = door(&options)?;
        let origins = origins(&options, &door.hosts, ports.api.port)?;
        let (url, bucket_url, database_url) = ports.urls();
        let urls = Urls {
            bucket: bucket_url.clone(),
            tables: database_url.clone(),
        };
        let inside = |bucket: &_, tables: &_| clients(bucket, tables, &options);
        let parts = Parts::open(&options, origins, &urls, inside).await?;
        let [queue, large_queue, work] = queues::start(&parts, &options);
        let api = web::wrap(parts.gateway(&options)?, options.web.as_ref(), &bucket_url);
        let apps = parts.apps;
        let served = Served {
            api: beside_the_api(&bucket_url, options.meter.as_ref()).fallback_service(api),
            store: parts.service,
            tables: (parts.tables, apps.keys.clone(), apps.permissions.clone()),
            meter: options.meter.clone(),
        };
        let (api, engines) = ports.serve(served, options.weather.clone(), &door, &stopped, &closed);
        let mut tasks = vec![api];
        let (bell, folds) = (apps.bell.clone(), apps.of("fold-changes"));
        if options.has_schedule {
            let streams = (folds.clone(), apps.of("copy-log"));
            let hourly = (parts.verify.clone(), parts.lifecycle.clone());
            tasks.push(options.behind(|| bell.begin(streams, &stopped)));
            tasks.extend(options.behind(|| schedules(parts.maintenance.clone(), hourly, stopped)));
        }
        Ok(Self {
            url,
            bucket_url,
            database_url,
            app: apps.of(OPERATOR),
            copies: apps.of("copy-log"),
            comparison: apps.of("compare-log"),
            variables: settings::variables(&parts.template),
            bucket: apps.bucket(),
            tables: apps.dynamodb,
            permissions: apps.permissions,
            keys: apps.keys,
            processor: parts.processor,
            maintenance: parts.maintenance,
            verify: parts.verify,
            lifecycle: parts.lifecycle,
            bell,
            folds,
            queue,
            large_queue,
            work,
            runner: parts.runner,
            stop,
            tasks,
            close,
            engines,
        })
    }

    /// Stops taking requests, waits for those under way and for what they left to do, and closes the engines, which all of that needs.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.queue.stop().await;
        self.work.stop().await;
        self.large_queue.stop().await;
        ended(self.tasks).await;
        self.bell.try_to_copy(&self.copies).await;
        self.close.send_replace(true);
        ended(self.engines).await;
    }
}

async fn ended(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        drop(task.await);
    }
}

/// The functions' ways to the engines, which are in this process.
fn clients(bucket: &s3::Service, tables: &Tables, options: &Options) -> Clients {
    let bucket = Bucket {
        service: bucket.clone(),
        weather: options.weather.clone(),
        is_at_once: false,
    };
    Clients {
        bucket: bucket.client(),
        tables: tables.client(),
        calls: None,
    }
}

/// What answers beside the API: the try-it page, and what the functions have used.
fn beside_the_api(bucket_url: &str, meter: Option<&Meter>) -> Router {
    let docs = docs::router(bucket_url);
    match meter {
        Some(meter) => docs.merge(meter.router()),
        None => docs,
    }
}
