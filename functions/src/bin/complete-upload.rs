//! The Lambda function `complete-upload`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::complete_upload::endpoint()).await
}
