//! The whole stack in one process: engines, events, functions, gateway, page.

mod options;
mod ports;
mod schedule;
mod settings;
mod upgrade;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_smithy_http_client::Builder;
use axum::Router;
use functions::events::maintenance::Maintenance;
use functions::events::process_object::Processor;
use functions::events::run_job::Runner;
use functions::events::verify::Verify;
use s3::{Credentials, Gate, ObjectStore, OpenError, ServeOptions, Writers};
use serde::Serialize;
use serde::de::DeserializeOwned;
use service::App;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::apps::{Apps, sdk};
use crate::bell::Bell;
use crate::database::Tables;
use crate::docs;
use crate::error::StartError;
use crate::gateway::Gateway;
use crate::lifecycle::Lifecycle;
use crate::names::{BUCKET, OPERATOR, REGION, queue_name};
use crate::origins::Origins;
use crate::permissions::Permissions;
use crate::private;
use crate::queue::{Faults, Outboxes, Queue, QueueOptions};
use crate::secrets::{AccessKeys, Secrets};
use crate::template::{MessageQueue, Template};
use crate::web;

use self::ports::{LEFT_BEHIND, Ports, Served, TRY_AGAIN, door, origins};
use self::schedule::schedules;

pub use self::options::Options;

/// The resource of the queue that the bucket sends its events to, and the function that receives it.
const FIRST: (&str, &str) = ("ObjectQueue", "process-object");
/// The same of what `process-object` hands on.
const LARGE: (&str, &str) = ("LargeObjectQueue", "process-large-object");

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
}

impl Stack {
    /// Starts everything and answers when requests are accepted.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let template = Template::load()?;
        let (stop, stopped) = watch::channel(false);
        let ports = Ports::listen(&options).await?;
        let door = door(&options)?;
        let origins = origins(&options, &door.hosts, ports.api.port)?;
        private::data_folder(&options.data).map_err(StartError::folder(&options.data))?;
        // First: it refuses a folder that another process has open.
        let store = open_bucket(&options).await?;
        let secrets = Secrets::open(&options.data).map_err(StartError::secret(&options.data))?;
        let tables = open_tables(&template, &options)?;
        let apps = apps_of(&template, &options, &tables, &store, &secrets, &ports).await?;
        move_old_rows(&template, &options, &tables, &apps).await?;
        let processor = Processor::new(apps.of(FIRST.1), options.worker.clone());
        let its_processor = Processor::new(apps.of("maintenance"), options.worker.clone());
        let maintenance = Maintenance::new(apps.of("maintenance"), its_processor);
        let verify = Verify::new(apps.of("verify"));
        let lifecycle = Lifecycle::new(store.clone(), &template)?;
        let (queue, large_queue) = object_queues(&template, &options, &apps, &store, &processor);
        let (work, runner) = work::start(&template, &options, &apps, &store);
        let (url, bucket_url, database_url) = ports.urls();
        let api = api_and_page(&template, &options, &apps, &origins, &bucket_url)?;
        let served = Served {
            api,
            store: store.service(serve_options(&apps, origins)),
            tables: (tables, apps.keys.clone(), apps.permissions.clone()),
        };
        let mut tasks = ports.serve(served, options.weather, &door, &stopped);
        let (bell, folds) = (apps.bell.clone(), apps.of("fold-changes"));
        if options.has_schedule {
            let answering = bell.clone().answer_until(folds.clone(), stopped.clone());
            tasks.push(tokio::spawn(answering));
            let hourly = (verify.clone(), lifecycle.clone());
            tasks.extend(schedules(maintenance.clone(), hourly, stopped));
        }
        Ok(Self {
            url,
            bucket_url,
            database_url,
            app: apps.of(OPERATOR),
            variables: settings::variables(&template),
            bucket: apps.bucket(),
            tables: apps.dynamodb,
            permissions: apps.permissions,
            keys: apps.keys,
            processor,
            maintenance,
            verify,
            lifecycle,
            bell,
            folds,
            queue,
            large_queue,
            work,
            runner,
            stop,
            tasks,
        })
    }

    /// Stops taking requests, waits for those under way, and closes the engines.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.queue.stop().await;
        self.work.stop().await;
        self.large_queue.stop().await;
        for task in self.tasks {
            drop(task.await);
        }
    }
}

fn open_tables(template: &Template, options: &Options) -> Result<Tables, StartError> {
    let tables = Tables::open(&options.data)?;
    upgrade::refuse_newer(&tables)?;
    tables.create(template)?;
    match &options.weather {
        Some(weather) => weather.begin(template, tables),
        None => Ok(tables),
    }
}

/// Moves what older versions wrote, unless the functions read it where it is.
async fn move_old_rows(
    template: &Template,
    options: &Options,
    tables: &Tables,
    apps: &Apps,
) -> Result<(), StartError> {
    if apps.reads_old_tables() {
        return Ok(());
    }
    let with_old = settings::with_old_tables(template, options)?;
    upgrade::move_old_rows(tables, &apps.operator(with_old)).await
}

/// The queues of new objects: the bucket's, whose function is `processor`, and that of large ones.
fn object_queues(
    template: &Template,
    options: &Options,
    apps: &Apps,
    store: &ObjectStore,
    processor: &Processor,
) -> (Queue, Queue) {
    let large = Processor::for_large(apps.of(LARGE.1), options.worker.clone());
    let faults = options.faults();
    let start = |(queue, function): (&str, &str), outbox, processor: Processor| {
        let queue_options = queue_options(template, queue, function, &faults);
        let time = queue_options.handler_timeout;
        let call = move |event| {
            let processor = processor.clone();
            async move { processor.handle(event, time).await }
        };
        Queue::start(outbox, queue_options, handler(call))
    };
    (
        start(FIRST, store.outbox(), processor.clone()),
        start(LARGE, store.queue(LARGE.0), large),
    )
}

fn api_and_page(
    template: &Template,
    options: &Options,
    apps: &Apps,
    origins: &Origins,
    bucket_url: &str,
) -> Result<Router, StartError> {
    let gateway = Gateway::new(
        template,
        functions::endpoints(),
        origins.clone(),
        options.patience.body,
        apps.clone(),
    );
    let gateway = gateway.map_err(|error| StartError::Engine("API Gateway", error))?;
    let api_and_page = web::wrap(gateway.into_router(), options.web.as_ref(), bucket_url);
    Ok(docs::router(bucket_url).fallback_service(api_and_page))
}

async fn apps_of(
    template: &Template,
    options: &Options,
    tables: &Tables,
    store: &ObjectStore,
    secrets: &Secrets,
    ports: &Ports,
) -> Result<Apps, StartError> {
    let functions = template.functions.iter();
    let names = functions.map(|function| function.name.as_str());
    Ok(Apps {
        config: settings::config(template, options)?,
        dynamodb: sdk(&ports.tables.url, tables.client()).await,
        s3: sdk(&ports.bucket.url, Builder::new().build_http()).await,
        queues: outboxes(template, store),
        clock: options.clock.clone(),
        permissions: Permissions::new(template, options.record.as_deref())?,
        weather: options.weather.clone(),
        keys: AccessKeys::new(secrets, names.chain([OPERATOR])),
        bell: Bell::default(),
    })
}

/// The bucket's own events are in the queue that its notifications name.
fn outboxes(template: &Template, store: &ObjectStore) -> Outboxes {
    let outbox = |queue: &MessageQueue| {
        let outbox = match queue.resource.as_str() {
            queue if queue == FIRST.0 => store.outbox(),
            other => store.queue(other),
        };
        (queue_name(&queue.resource), outbox)
    };
    Outboxes::new(template.queues.iter().map(outbox).collect())
}

async fn open_bucket(options: &Options) -> Result<ObjectStore, StartError> {
    let failed = |error: &dyn std::fmt::Display| StartError::Engine("S3", error.to_string());
    let clock = options.clock.clone();
    let now = move || std::time::UNIX_EPOCH + Duration::from_millis(clock.now().0.unsigned_abs());
    let (folder, clock) = (options.data.join(private::OBJECTS), s3::Clock::from_fn(now));
    let begun = Instant::now();
    let store = loop {
        match ObjectStore::open(&folder, clock.clone()) {
            Err(OpenError::InUse) if begun.elapsed() < LEFT_BEHIND => {
                tokio::time::sleep(TRY_AGAIN).await;
            }
            opened => break opened.map_err(|error| failed(&error))?,
        }
    };
    if store.missing_files() > 0 {
        tracing::error!(
            files = store.missing_files(),
            "files of the bucket are missing: stop the stack, and `filmroom-local verify '{{\"task\": \"rehash\", \"months\": 1}}'` says of which images"
        );
    }
    store
        .create_bucket(BUCKET)
        .map_err(|error| failed(&error))?;
    store
        .notify(BUCKET, service::domain::object_key::ORIGINALS)
        .map_err(|error| failed(&error))?;
    Ok(store)
}

/// As template.yaml has it, except that a message whose run died is delivered again after a minute: the lease of a dead process has run out by
/// then.
fn queue_options(
    template: &Template,
    queue: &str,
    function: &str,
    faults: &Faults,
) -> QueueOptions {
    let mut queues = template.queues.iter();
    let declared = queues.find(|declared| declared.resource == queue);
    let default = QueueOptions::default();
    QueueOptions {
        max_receives: declared.map_or(default.max_receives, |queue| queue.max_receives),
        name: queue_name(queue),
        handler_timeout: timeout(template, function),
        batch_size: 1,
        visibility_timeout: Duration::from_secs(70),
        faults: faults.clone(),
        ..default
    }
}

fn serve_options(apps: &Apps, origins: Origins) -> ServeOptions {
    let permissions = apps.permissions.clone();
    let pair = |(access_key, secret_key): (&str, &str)| Credentials {
        access_key: access_key.to_owned(),
        secret_key: secret_key.to_owned(),
    };
    ServeOptions {
        credentials: apps.keys.iter().map(pair).collect(),
        gate: Gate::new(move |key, action, resource| {
            permissions.check(key, action, resource).is_ok()
        }),
        writers: Writers::new(move |origin| origins.allow(origin)),
        region: REGION.to_owned(),
    }
}

/// How long a call of a function may take.
fn timeout(template: &Template, function: &str) -> Duration {
    let mut functions = template.functions.iter();
    let declared = functions.find(|declared| declared.name == function);
    declared.map_or(QueueOptions::default().handler_timeout, |function| {
        function.timeout
    })
}

/// A function as its queue calls it: JSON in, JSON out, as Lambda does.
fn handler<E, A, F>(
    call: impl Fn(E) -> F + Send + Sync + 'static,
) -> impl Fn(
    serde_json::Value,
) -> std::pin::Pin<Box<dyn Future<Output = Result<serde_json::Value, String>> + Send>>
+ Send
+ Sync
+ 'static
where
    E: DeserializeOwned + Send,
    A: Serialize,
    F: Future<Output = A> + Send + 'static,
{
    let call = Arc::new(call);
    move |event| {
        let call = Arc::clone(&call);
        Box::pin(async move {
            let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
            serde_json::to_value(call(event).await).map_err(|error| error.to_string())
        })
    }
}
