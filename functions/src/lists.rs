//! Lists and statistics of image files.

pub mod page;

endpoints! {
    my_images,
    patient_images,
    list_images,
    trash,
    stats_summary,
}
