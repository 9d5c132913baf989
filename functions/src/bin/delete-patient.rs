//! The Lambda function `delete-patient`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::delete_patient::endpoint()).await
}
