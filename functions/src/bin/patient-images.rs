//! The Lambda function `patient-images`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::patient_images::endpoint()).await
}
