//! Prints openapi.json as the code describes it: `make api` writes it to docs/openapi.json.

#[expect(clippy::print_stdout, reason = "what it is for")]
fn main() {
    println!("{:#}", functions::description::openapi::document());
}
