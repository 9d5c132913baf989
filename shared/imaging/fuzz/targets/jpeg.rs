//! JPEG files of every process.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| imaging_fuzz::file(data, imaging::FileType::Jpeg));
