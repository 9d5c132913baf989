//! The program of the functions that queues and schedules call: each runs what its `Handler` names.

use functions::events::maintenance::Maintenance;
use functions::events::process_object::{Processor, scratch};
use functions::events::verify::Verify;
use imaging::isolated::{Worker, serve_if_worker};
use service::lambda::{handler, serve_events};

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
            serve_events(async |app, event| {
                Ok(Processor::new(app, worker.clone()).handle(event).await)
            })
            .await
        }
        "maintenance" => {
            serve_events(async |app: service::App, task| {
                let processor = Processor::new(app.clone(), worker.clone());
                Maintenance::new(app, processor).run(task).await
            })
            .await
        }
        "verify" => {
            serve_events(async |app: service::App, task| Verify::new(app).run(task).await).await
        }
        other => Err(format!("this program has no function {other:?}").into()),
    }
}
