//! What decides the kind of a file, from any bytes and from any name.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = imaging::sniff(data);
    if let Ok(name) = std::str::from_utf8(data) {
        let _ = imaging::declared(name, Some(name));
    }
});
