//! The program of the function that describes the API: it runs the endpoint that its `Handler` names.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::description::endpoints()).await
}
