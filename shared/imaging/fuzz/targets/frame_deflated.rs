//! Deflated frames of DICOM files.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| imaging_fuzz::frame("1.2.840.10008.1.2.8.1", data));
