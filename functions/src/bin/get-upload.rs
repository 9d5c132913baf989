//! The Lambda function `get-upload`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::get_upload::endpoint()).await
}
