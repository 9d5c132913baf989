//! The Lambda function `download-image`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::download_image::endpoint()).await
}
