//! Prints the MD5 of a file, read as `process-object` reads an object: piece by piece. For measurements.

use std::fs::File;
use std::io::Read;

use md5::{Digest as _, Md5};

#[expect(clippy::print_stdout, reason = "a program for people")]
fn main() -> std::io::Result<()> {
    let mut file = File::open(std::env::args_os().nth(1).unwrap_or_default())?;
    let mut hash = Md5::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            count => hash.update(&piece[..count]),
        }
    }
    for byte in hash.finalize() {
        print!("{byte:02x}");
    }
    println!();
    Ok(())
}
