//! The suite: everything through HTTP on the real stack, one file per function; then what holds for all of them.

mod dynamo_contract;
mod event_queue;
mod harness;
mod object_contract;

mod create_upload;
mod get_image;
mod my_images;
