//! The Lambda function `list-images`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::list_images::endpoint()).await
}
