//! The program of DICOMweb's functions: each runs the endpoint that its `Handler` names.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::dicom_web::endpoints()).await
}
