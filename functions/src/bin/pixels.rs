//! The program of DICOMweb's functions that decode pixels: each runs the endpoint that its `Handler` names.

use functions::dicom_web::pixels::endpoints;
use functions::scratch;
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
    let endpoints = endpoints().into_iter();
    service::lambda::serve(
        endpoints
            .map(|endpoint| endpoint.beside(worker.clone()))
            .collect(),
    )
    .await
}
