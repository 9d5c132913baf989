//! Studies: what files belong to.

endpoints! {
    patient_studies,
    create_study,
}
