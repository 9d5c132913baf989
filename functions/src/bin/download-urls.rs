//! The Lambda function `download-urls`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::download_urls::endpoint()).await
}
