//! The Lambda function `patient-studies`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::patient_studies::endpoint()).await
}
