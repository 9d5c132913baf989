//! JPEG 2000 frames of DICOM files, high-throughput ones among them.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| imaging_fuzz::frame("1.2.840.10008.1.2.4.90", data));
