//! The Lambda function `stats-summary`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::stats_summary::endpoint()).await
}
