//! The Lambda function `sign-request`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::sign_request::endpoint()).await
}
