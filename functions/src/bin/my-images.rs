//! The Lambda function `my-images`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::my_images::endpoint()).await
}
