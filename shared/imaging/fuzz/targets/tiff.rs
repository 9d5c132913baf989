//! TIFF files.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| imaging_fuzz::file(data, imaging::FileType::Tiff));
