//! The program of the functions about users: each runs the endpoint that its `Handler` names.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    service::lambda::serve(functions::users::endpoints()).await
}
