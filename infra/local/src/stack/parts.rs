//! What a stack is made of, before anything answers or runs by itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use functions::events::maintenance::Maintenance;
use functions::events::process_object::Processor;
use functions::events::run_job::Runner;
use functions::events::verify::Verify;
use s3::{Credentials, Gate, ObjectStore, OpenError, Outbox, ServeOptions, Service, Writers};

use super::ports::{LEFT_BEHIND, TRY_AGAIN};
use super::{Options, settings, upgrade};
use crate::apps::{Apps, sdk};
use crate::bell::Bell;
use crate::calls::Calls;
use crate::database::Tables;
use crate::error::StartError;
use crate::gateway::Gateway;
use crate::lifecycle::Lifecycle;
use crate::names::{AUDIT_BUCKET, BUCKET, OPERATOR, REGION, queue_name};
use crate::origins::Origins;
use crate::permissions::Permissions;
use crate::private;
use crate::queue::Outboxes;
use crate::secrets::{AccessKeys, Secrets};
use crate::template::{MessageQueue, Template};

/// The resource of the queue that the bucket sends its events to.
pub(super) const OBJECTS: &str = "ObjectQueue";

/// The engines of a folder, and the functions over them.
pub(super) struct Parts {
    pub(super) template: Template,
    pub(super) origins: Origins,
    pub(super) store: ObjectStore,
    pub(super) service: Service,
    pub(super) tables: Tables,
    pub(super) apps: Apps,
    pub(super) processor: Processor,
    pub(super) maintenance: Maintenance,
    pub(super) runner: Runner,
    pub(super) verify: Verify,
    pub(super) lifecycle: Lifecycle,
}

/// Where the engines are, as the functions see them.
pub(super) struct Urls {
    pub(super) bucket: String,
    pub(super) tables: String,
}

/// The functions' ways to the engines.
pub(super) struct Clients {
    pub(super) bucket: SharedHttpClient,
    pub(super) tables: SharedHttpClient,
    /// If there are any, calls of queues are among these.
    pub(super) calls: Option<Calls>,
}

impl Parts {
    /// Opens the folder and moves it to today's tables.
    pub(super) async fn open(
        options: &Options,
        origins: Origins,
        urls: &Urls,
        clients: impl FnOnce(&Service, &Tables) -> Clients,
    ) -> Result<Self, StartError> {
        let template = Template::load()?;
        private::data_folder(&options.data).map_err(StartError::folder(&options.data))?;
        // First: it refuses a folder that another process has open.
        let store = open_bucket(options).await?;
        let secrets = Secrets::open(&options.data).map_err(StartError::secret(&options.data))?;
        let tables = open_tables(&template, options)?;
        let permissions = Permissions::new(&template, options.record.as_deref())?;
        let keys = keys(&template, &secrets);
        let serve = serve_options(&keys, permissions.clone(), origins.clone());
        let service = store.clone().service(serve);
        let clients = clients(&service, &tables);
        let apps = Apps {
            config: settings::config(&template, options)?,
            dynamodb: sdk(&urls.tables, clients.tables).await,
            s3: sdk(&urls.bucket, clients.bucket).await,
            queues: outboxes(&template, &store),
            calls: clients.calls,
            clock: options.clock.clone(),
            permissions,
            weather: options.weather.clone(),
            meter: options.meter.clone(),
            keys,
            bell: Bell::default(),
        };
        move_old_rows(&template, options, &tables, &apps).await?;
        let processor = |function| Processor::new(apps.of(function), options.worker.clone());
        let maintenance = |function| Maintenance::new(apps.of(function), processor(function));
        Ok(Self {
            processor: processor("process-object"),
            maintenance: maintenance("maintenance"),
            runner: Runner::new(apps.of("run-job"), maintenance("run-job")),
            verify: Verify::new(apps.of("verify")),
            lifecycle: Lifecycle::new(store.clone(), &template)?,
            template,
            origins,
            store,
            service,
            tables,
            apps,
        })
    }

    /// The API.
    pub(super) fn gateway(&self, options: &Options) -> Result<Router, StartError> {
        let endpoints = functions::endpoints().into_iter();
        let endpoints = endpoints.map(|endpoint| endpoint.beside(options.worker.clone()));
        let gateway = Gateway::new(
            &self.template,
            endpoints.collect(),
            self.origins.clone(),
            options.patience.body,
            self.apps.clone(),
        );
        let gateway = gateway.map_err(|error| StartError::Engine("API Gateway", error))?;
        Ok(gateway.into_router())
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

/// The queues of `template` by their names.
fn outboxes(template: &Template, store: &ObjectStore) -> Outboxes {
    let named = |queue: &MessageQueue| {
        let resource = &queue.resource;
        (queue_name(resource), outbox(store, resource))
    };
    let queues: BTreeMap<_, _> = template.queues.iter().map(named).collect();
    Outboxes::new(queues)
}

/// The bucket's own events are in the queue that its notifications name.
pub(super) fn outbox(store: &ObjectStore, resource: &str) -> Outbox {
    if resource == OBJECTS {
        store.outbox()
    } else {
        store.queue(resource)
    }
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
    for bucket in [BUCKET, AUDIT_BUCKET] {
        store
            .create_bucket(bucket)
            .map_err(|error| failed(&error))?;
    }
    store
        .notify(BUCKET, service::domain::object_key::ORIGINALS)
        .map_err(|error| failed(&error))?;
    Ok(store)
}

/// A key for each function, and one for the operator.
fn keys(template: &Template, secrets: &Secrets) -> AccessKeys {
    let functions = template.functions.iter();
    let names = functions.map(|function| function.name.as_str());
    AccessKeys::new(secrets, names.chain([OPERATOR]))
}

fn serve_options(keys: &AccessKeys, permissions: Permissions, origins: Origins) -> ServeOptions {
    let pair = |(access_key, secret_key): (&str, &str)| Credentials {
        access_key: access_key.to_owned(),
        secret_key: secret_key.to_owned(),
    };
    ServeOptions {
        credentials: keys.iter().map(pair).collect(),
        gate: Gate::new(move |key, action, resource| {
            permissions.check(key, action, resource).is_ok()
        }),
        writers: Writers::new(move |origin| origins.allow(origin)),
        region: REGION.to_owned(),
    }
}
