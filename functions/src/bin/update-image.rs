//! The Lambda function `update-image`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::update_image::endpoint()).await
}
