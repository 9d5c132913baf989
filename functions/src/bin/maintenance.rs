//! The Lambda function `maintenance`.

use functions::maintenance::Maintenance;
use functions::process_object::{Processor, scratch};
use imaging::isolated::{Worker, serve_if_worker};

fn main() -> Result<(), lambda_runtime::Error> {
    // The same program decodes pictures, in a process of its own that may fail.
    serve_if_worker();
    scratch::empty()?;
    run()
}

#[tokio::main(flavor = "current_thread")]
async fn run() -> Result<(), lambda_runtime::Error> {
    let worker = Worker::this_program()?;
    service::lambda::serve_events(async |app: service::App, task| {
        let processor = Processor::new(app.clone(), worker.clone());
        Maintenance::new(app, processor).run(task).await
    })
    .await
}
