//! The Lambda function `create-uploads-batch`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::create_uploads_batch::endpoint()).await
}
