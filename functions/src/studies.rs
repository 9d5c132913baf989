//! Studies: what files belong to.

mod files;
mod job;
mod study;

endpoints! {
    patient_studies,
    create_study,
    list_studies,
    get_study,
    study_files,
    series_files,
    delete_study,
    restore_study,
    archive_study,
    unarchive_study,
}
