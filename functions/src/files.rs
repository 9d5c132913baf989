//! Image files: find, look, download, change, delete.

mod archive;
pub mod lists;

endpoints! {
    my_images,
    patient_images,
    list_images,
    trash,
    get_image,
    download_image,
    download_urls,
    update_image,
    delete_image,
    restore_image,
    archive_image,
    unarchive_image,
    access_log,
    stats_summary,
}
