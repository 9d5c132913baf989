//! The queues and the functions that receive them, whoever delivers.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use functions::events::process_object::Processor;
use functions::events::run_job::Runner;
use s3::Outbox;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Options;
use super::parts::{OBJECTS, Parts, outbox};
use crate::names::queue_name;
use crate::queue::{Answer, Faults, Queue, QueueOptions};
use crate::template::Template;

/// The resource of the queue that the bucket sends its events to, and the function that receives it.
const FIRST: (&str, &str) = (OBJECTS, "process-object");
/// The same of what `process-object` hands on.
const LARGE: (&str, &str) = ("LargeObjectQueue", "process-large-object");
/// The same of what takes long.
const WORK: (&str, &str) = ("WorkQueue", "run-job");

/// Small files wait for the disk and for the tables most of the time. The function itself sees to it that only as many are decoded as there are processors.
const OBJECTS_AT_ONCE: usize = 8;

/// Begins to deliver all of them.
pub(super) fn start(parts: &Parts, options: &Options) -> [Queue; 3] {
    let all = Received::all(parts, options);
    options.behind(|| all.map(Received::start))
}

/// A function as its queue calls it: JSON in, JSON out, as Lambda does.
type Handler = dyn Fn(Value) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync;

/// A queue and its function.
#[derive(Clone)]
pub(super) struct Received {
    pub(super) outbox: Outbox,
    pub(super) options: QueueOptions,
    pub(super) handler: Arc<Handler>,
}

impl Received {
    /// Those of new objects, of large ones, and of what takes long.
    pub(super) fn all(parts: &Parts, options: &Options) -> [Self; 3] {
        [
            Self::objects(parts, options),
            Self::large(parts, options),
            Self::work(parts, parts.runner.clone()),
        ]
    }

    /// Of new objects.
    fn objects(parts: &Parts, options: &Options) -> Self {
        let processor = parts.processor.clone();
        let mut received = Self::of_processor(parts, FIRST, processor, options);
        received.options.concurrency = OBJECTS_AT_ONCE;
        received
    }

    /// Of large objects.
    fn large(parts: &Parts, options: &Options) -> Self {
        let app = parts.apps.of(LARGE.1);
        let processor = Processor::for_large(app, options.worker.clone());
        Self::of_processor(parts, LARGE, processor, options)
    }

    /// Of what takes long.
    fn work(parts: &Parts, runner: Runner) -> Self {
        Self::by(parts, WORK, Faults::default(), move |event, time| {
            let runner = runner.clone();
            async move { runner.handle(event, time).await }
        })
    }

    fn of_processor(
        parts: &Parts,
        names: (&str, &str),
        processor: Processor,
        options: &Options,
    ) -> Self {
        Self::by(parts, names, options.faults(), move |event, time| {
            let processor = processor.clone();
            async move { processor.handle(event, time).await }
        })
    }

    /// A queue whose messages `call` handles, in the time that it is given.
    fn by<E, A, F>(
        parts: &Parts,
        names: (&str, &str),
        faults: Faults,
        call: impl Fn(E, Duration) -> F + Send + Sync + 'static,
    ) -> Self
    where
        E: DeserializeOwned + Send,
        A: Serialize,
        F: Future<Output = A> + Send + 'static,
    {
        let options = queue_options(&parts.template, names, faults);
        let time = options.handler_timeout;
        let (meter, function) = (parts.apps.meter.clone(), names.1.to_owned());
        let call = move |event| {
            let (call, meter) = (call(event, time), meter.clone());
            let function = function.clone();
            async move {
                let begun = Instant::now();
                let answer = call.await;
                if let Some(meter) = meter {
                    meter.invoked(&function, begun.elapsed(), 0);
                }
                answer
            }
        };
        Self {
            outbox: outbox(&parts.store, names.0),
            options,
            handler: handler(call),
        }
    }

    /// Begins to deliver.
    fn start(self) -> Queue {
        let handler = self.handler;
        Queue::start(self.outbox, self.options, move |event| handler(event))
    }
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Received")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// As template.yaml has it, except that a message whose run died is delivered again after a minute: the lease of a dead process has run out by
/// then.
fn queue_options(
    template: &Template,
    (queue, function): (&str, &str),
    faults: Faults,
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
        faults,
        ..default
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

fn handler<E, A, F>(call: impl Fn(E) -> F + Send + Sync + 'static) -> Arc<Handler>
where
    E: DeserializeOwned + Send,
    A: Serialize,
    F: Future<Output = A> + Send + 'static,
{
    let call = Arc::new(call);
    Arc::new(move |event| {
        let call = Arc::clone(&call);
        Box::pin(async move {
            let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
            serde_json::to_value(call(event).await).map_err(|error| error.to_string())
        })
    })
}
