//! A Lambda function that does nothing: its size and init time are the floor that no function of ours can be under.
//! It runs as ours do, on `lambda_http` with its log subscriber, but has no configuration and no client of AWS.

use lambda_http::{Error, Request, run, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run(service_fn(async |_: Request| Ok::<_, Error>("hello"))).await
}
