//! The Lambda function `create-study`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::create_study::endpoint()).await
}
