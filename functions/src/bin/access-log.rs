//! The Lambda function `access-log`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::access_log::endpoint()).await
}
