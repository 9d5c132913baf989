//! The queue of what takes long, and its function.

use functions::events::maintenance::Maintenance;
use functions::events::process_object::Processor;
use functions::events::run_job::Runner;
use s3::ObjectStore;

use super::{Options, handler, queue_options};
use crate::apps::Apps;
use crate::queue::{Faults, Queue};
use crate::template::Template;

/// Its resource, and the function that receives it.
const WORK: (&str, &str) = ("WorkQueue", "run-job");

/// Starts delivering to `run-job`, and answers it too.
pub(super) fn start(
    template: &Template,
    options: &Options,
    apps: &Apps,
    store: &ObjectStore,
) -> (Queue, Runner) {
    let app = apps.of(WORK.1);
    let processor = Processor::new(app.clone(), options.worker.clone());
    let runner = Runner::new(app.clone(), Maintenance::new(app, processor));
    let called = runner.clone();
    let own = queue_options(template, WORK.0, WORK.1, &Faults::default());
    let time = own.handler_timeout;
    let call = move |event| {
        let runner = called.clone();
        async move { runner.handle(event, time).await }
    };
    (
        Queue::start(store.queue(WORK.0), own, handler(call)),
        runner,
    )
}
