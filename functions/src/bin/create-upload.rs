//! The Lambda function `create-upload`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::create_upload::endpoint()).await
}
