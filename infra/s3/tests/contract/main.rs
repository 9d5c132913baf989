//! What we rely on of S3, one function per behaviour, each given a [`target::Target`].
//!
//! They run against the embedded engine always. `make test-contract` runs the same functions against SeaweedFS:
//! where that is known to answer otherwise, [`DIFFERS_ON_SEAWEEDFS`] says so, and such a behaviour must then fail.

mod chaos;
mod conditions;
mod copies;
mod cors;
mod damage;
mod events;
mod folders;
mod full;
mod integrity;
mod listing;
mod multipart;
mod objects;
mod presigned;
mod target;
mod unsupported;
mod versions;

/// Behaviours SeaweedFS 4.48 does not have, and what it does instead. AWS documents ours.
const DIFFERS_ON_SEAWEEDFS: &[(&str, &str)] = &[
    (
        "a_copy_onto_itself_without_change_is_refused",
        "it makes a new version",
    ),
    (
        "a_part_can_be_copied_from_an_object",
        "a range outside the source is InvalidRange",
    ),
    (
        "a_part_can_be_sent_again",
        "completes with the ETag of the part that was replaced",
    ),
    (
        "a_part_number_out_of_range_is_refused",
        "answers InvalidPart",
    ),
    ("an_aborted_upload_is_gone", "aborting again succeeds"),
    ("an_absent_bucket_is_not_found", "a put creates the bucket"),
    (
        "an_authorization_header_beside_a_presigned_url_is_refused",
        "it ignores the header",
    ),
    (
        "deleting_leaves_a_marker_and_deleting_the_marker_restores",
        "reading the marker's version is a 404, not a 405",
    ),
    (
        "dots_and_slashes_in_a_key_mean_themselves",
        "treats a key as a path",
    ),
    (
        "the_checksum_of_an_object_in_parts_is_that_of_all_its_bytes",
        "keeps none for an object in parts",
    ),
    (
        "uploads_under_way_are_listed",
        "in the order of their ids, not of their keys",
    ),
];

/// A test per behaviour: `contract! { module: function, function … }`.
macro_rules! contract {
    ($($module:ident: $($behaviour:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                target::run(stringify!($behaviour), $module::$behaviour).await;
            }
        )+)+
    };
}

contract! {
    objects:
        bytes_and_headers_come_back_as_they_were_put,
        an_empty_object_is_an_object,
        a_body_larger_than_memory_pieces_comes_back_the_same,
        keys_of_1024_bytes_and_any_script_work,
        dots_and_slashes_in_a_key_mean_themselves,
        a_key_of_1025_bytes_is_refused,
        an_absent_key_is_not_found,
        an_absent_bucket_is_not_found,
        ranges_select_bytes,
        a_range_behind_the_end_is_refused,
        a_storage_class_is_kept,
        response_headers_can_be_overridden;
    conditions:
        if_none_match_star_writes_only_once,
        of_many_conditional_writers_one_wins,
        a_deleted_key_can_be_written_conditionally,
        reads_honour_their_conditions;
    integrity:
        a_wrong_content_md5_is_refused_and_changes_nothing,
        a_malformed_content_md5_is_refused,
        the_checksums_that_sdks_send_are_verified_and_kept,
        a_wrong_checksum_is_refused_and_changes_nothing,
        a_wrong_part_md5_is_refused_and_keeps_the_earlier_part;
    listing:
        keys_are_listed_in_byte_order,
        pages_continue_without_gap_or_repeat,
        deleted_objects_are_not_listed;
    multipart:
        parts_become_one_object,
        a_range_may_cross_parts,
        part_numbers_may_have_gaps,
        parts_are_listed_in_order_and_pages,
        a_part_can_be_sent_again,
        completing_twice_answers_the_same,
        completing_with_a_wrong_etag_is_refused_and_loses_nothing,
        completing_with_parts_out_of_order_is_refused,
        completing_with_an_absent_part_is_refused_and_loses_nothing,
        a_small_part_before_the_last_is_refused_and_loses_nothing,
        completing_conditionally_never_overwrites,
        an_aborted_upload_is_gone,
        a_part_number_out_of_range_is_refused,
        uploads_under_way_are_listed,
        a_part_can_be_copied_from_an_object,
        the_checksum_of_an_object_in_parts_is_that_of_all_its_bytes;
    copies:
        a_copy_keeps_bytes_and_headers,
        a_copy_onto_itself_changes_the_storage_class,
        a_copy_onto_itself_without_change_is_refused,
        a_copy_outlives_its_source;
    versions:
        overwriting_keeps_the_earlier_version,
        deleting_leaves_a_marker_and_deleting_the_marker_restores,
        deleting_the_latest_version_shows_the_one_before,
        many_objects_are_deleted_at_once,
        versions_are_listed_newest_first_and_in_pages,
        an_absent_version_is_not_found,
        a_reader_sees_the_whole_object_or_none;
    presigned:
        a_presigned_put_and_get_work,
        a_presigned_url_expires,
        a_changed_presigned_url_is_refused,
        a_presigned_put_binds_the_length,
        a_presigned_put_binds_the_md5,
        a_presigned_put_binds_the_content_type,
        a_presigned_put_binds_if_none_match,
        a_presigned_part_can_be_sent_again_and_again,
        an_unsigned_header_beside_a_presigned_url_is_refused,
        an_authorization_header_beside_a_presigned_url_is_refused,
        an_unsigned_request_is_refused,
        a_wrong_secret_is_refused;
    cors:
        a_preflight_allows_sending_parts,
        answers_expose_the_etag_to_a_page;
}
