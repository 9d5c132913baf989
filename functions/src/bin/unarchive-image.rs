//! The Lambda function `unarchive-image`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::unarchive_image::endpoint()).await
}
