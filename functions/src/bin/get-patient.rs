//! The Lambda function `get-patient`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::get_patient::endpoint()).await
}
