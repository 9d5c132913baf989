//! The queue of what takes long, and its function.

use std::time::Duration;

use functions::events::maintenance::Maintenance;
use functions::events::process_object::Processor;
use functions::events::run_job::Runner;
use s3::ObjectStore;

use super::{Options, queue_options};
use crate::apps::Apps;
use crate::queue::{Faults, Queue};
use crate::template::Template;

/// Its resource.
const WORK: &str = "WorkQueue";
/// `Timeout` of `run-job` in template.yaml.
const TIMEOUT: Duration = Duration::from_mins(15);

/// Starts delivering to `run-job`, and answers it too.
pub(super) fn start(
    template: &Template,
    options: &Options,
    apps: &Apps,
    store: &ObjectStore,
) -> (Queue, Runner) {
    let app = apps.of("run-job");
    let processor = Processor::new(app.clone(), options.worker.clone());
    let runner = Runner::new(app.clone(), Maintenance::new(app, processor));
    let called = runner.clone();
    let handler = move |event| {
        let runner = called.clone();
        async move {
            let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
            let answer = runner.handle(event, TIMEOUT).await;
            serde_json::to_value(answer).map_err(|error| error.to_string())
        }
    };
    let own = queue_options(template, WORK, Faults::default());
    (Queue::start(store.queue(WORK), own, handler), runner)
}
