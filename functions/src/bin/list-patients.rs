//! The Lambda function `list-patients`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::list_patients::endpoint()).await
}
