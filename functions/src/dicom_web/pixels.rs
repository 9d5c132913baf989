//! WADO-RS: frames and pictures of them (PS3.18, sections 10.4.1.1.3, 10.4.1.1.4 and 10.4.1.1.6).
//!
//! These functions answer what is stored, or what processing made, as it is. They have a process of its own decode everything else on demand
//! ([`imaging::isolated`]), so these functions have a program of their own: the decoders would make that of all others half as large again.
//!
//! - `frames`: frames, as stored or decoded · `picture`: pictures · `local`: what of a file a decoder gets · `part`: how it is read · `decoder`: how it is asked.

mod decoder;
mod frames;
mod local;
mod part;
mod picture;

endpoints! {
    retrieve_frames,
    retrieve_pixel_data,
    rendered_instance,
    rendered_frame,
    frame_thumbnail,
}
