//! One image file: look, download, change, delete.

mod archive;

endpoints! {
    get_image,
    dicom_elements,
    download_image,
    download_urls,
    update_image,
    assign_images,
    delete_image,
    restore_image,
    archive_image,
    unarchive_image,
    access_log,
    audit,
}
