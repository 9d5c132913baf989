//! The Lambda function `sign-parts`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::sign_parts::endpoint()).await
}
