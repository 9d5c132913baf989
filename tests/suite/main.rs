//! The suite: everything through HTTP on the real stack, one file per function; then what holds for all of them.

mod harness;

// One file per function.
mod abort_upload;
mod access_log;
mod archive_image;
mod assign_images;
mod audit;
mod cancel_job;
mod complete_upload;
mod create_study;
mod create_upload;
mod create_uploads_batch;
mod delete_image;
mod delete_patient;
mod dicom_elements;
mod dicom_web;
mod download_image;
mod download_urls;
mod get_image;
mod get_job;
mod get_me;
mod get_patient;
mod get_upload;
mod list_images;
mod list_jobs;
mod list_patients;
mod list_users;
mod maintenance;
mod my_images;
mod patient_images;
mod patient_studies;
mod process_object;
mod put_patient;
mod restore_image;
mod sign_parts;
mod sign_request;
mod stats_summary;
mod studies;
mod trash;
mod unarchive_image;
mod update_image;
mod update_user;
mod verify;

// What all endpoints share.
mod access_log_concurrency;
mod access_matrix;
mod broken_connections;
mod chosen_studies;
mod clock_set_back;
mod conflicts;
mod costs;
mod cursors;
mod deadlines;
mod durability;
mod filters;
mod handed_on;
mod interrupted_runs;
mod journal;
mod jwks;
mod known_users;
mod migration;
mod modalities;
mod multipart_durability;
mod names;
mod newer_version;
mod older_folder;
mod older_studies;
mod openapi;
mod own_patients;
mod packed;
mod patient_ids;
mod permissions;
mod sign_in;
mod slice;
mod statistics;
mod template;
mod token_secret;
mod two_step_changes;
mod weather;

// Random histories against a model.
mod model;

// The engines of the local stack.
mod discovery;
mod dynamo_contract;
mod edges;
mod event_queue;
mod gateway;
mod lifecycle;
mod load;
mod loopback;

// The sources.
mod imports;
