//! DICOM headers, from any bytes, with and without preamble.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = imaging::dicom::read_header(std::io::Cursor::new(data), &imaging_fuzz::LIMITS);
});
