//! The Lambda function `abort-upload`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::abort_upload::endpoint()).await
}
