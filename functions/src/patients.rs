//! Patients: whom files are of.

pub(crate) mod mismatch;
pub mod patient;

endpoints! {
    put_patient,
    get_patient,
    list_patients,
    delete_patient,
}
