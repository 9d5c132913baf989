//! The Lambda function `delete-image`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::delete_image::endpoint()).await
}
