//! The Lambda function `archive-image`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::archive_image::endpoint()).await
}
