//! The Lambda function `openapi`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::openapi::endpoint()).await
}
