//! Whole DICOM files: header, native pixels, rendering, any frame.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    imaging_fuzz::file(data, imaging::FileType::Dicom);
    imaging_fuzz::any_frame(data);
});
