//! The program of the functions that queues, schedules and streams call: each runs what its `Handler` names.

use std::time::Duration;

use functions::events::maintenance::Maintenance;
use functions::events::process_object::Processor;
use functions::events::run_job::Runner;
use functions::events::verify::Verify;
use functions::events::{compare_log, copy_log, fold_changes};
use functions::scratch;
use imaging::isolated::{Worker, serve_if_worker};
use service::error::Error;
use service::lambda::{handler, serve_events, serve_timed_events};

fn main() -> Result<(), lambda_runtime::Error> {
    // The same program decodes pictures, in a process of its own that may fail.
    serve_if_worker();
    scratch::empty()?;
    run()
}

#[tokio::main(flavor = "current_thread")]
async fn run() -> Result<(), lambda_runtime::Error> {
    let worker = Worker::this_program()?;
    match handler()?.as_str() {
        "process-object" => {
            serve_timed_events(async |app, event, time| {
                scratch::empty().map_err(Error::internal)?;
                let processor = Processor::new(app, worker.clone());
                Ok(processor.handle(event, time).await)
            })
            .await
        }
        "process-large-object" => {
            serve_timed_events(async |app, event, time| {
                scratch::empty().map_err(Error::internal)?;
                let processor = Processor::for_large(app, worker.clone());
                Ok(processor.handle(event, time).await)
            })
            .await
        }
        "fold-changes" => {
            serve_events(async |app: service::App, event| fold_changes::handle(&app, event).await)
                .await
        }
        "compare-log" => {
            serve_events(async |app: service::App, task| compare_log::run(&app, task).await).await
        }
        "copy-log" => {
            serve_events(async |app: service::App, event| copy_log::handle(&app, event).await).await
        }
        "maintenance" => {
            serve_timed_events(async |app: service::App, task, time| {
                let processor = Processor::new(app.clone(), worker.clone());
                Maintenance::new(app, processor)
                    .run_within(task, time)
                    .await
            })
            .await
        }
        "run-job" => {
            serve_timed_events(async |app: service::App, event, time: Duration| {
                let processor = Processor::new(app.clone(), worker.clone());
                let maintenance = Maintenance::new(app.clone(), processor);
                Ok(Runner::new(app, maintenance).handle(event, time).await)
            })
            .await
        }
        "verify" => {
            serve_events(async |app: service::App, task| Verify::new(app).run(task).await).await
        }
        other => Err(format!("this program has no function {other:?}").into()),
    }
}
