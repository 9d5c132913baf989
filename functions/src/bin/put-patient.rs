//! The Lambda function `put-patient`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::put_patient::endpoint()).await
}
