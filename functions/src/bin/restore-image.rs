//! The Lambda function `restore-image`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::restore_image::endpoint()).await
}
