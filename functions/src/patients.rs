//! Patients: whom files are of.

pub mod patient;

endpoints! {
    put_patient,
    get_patient,
    list_patients,
    delete_patient,
}
