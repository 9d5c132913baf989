//! The names of the variables, each once.

macro_rules! variables {
    ($($name:ident),+ $(,)?) => {
        $(
            #[doc = concat!("See the field of [`Config`](super::Config) that names `", stringify!($name), "`.")]
            pub const $name: &str = stringify!($name);
        )+

        /// Every variable there is: template.yaml is held against them.
        pub const ALL: &[&str] = &[$($name),+];
    };
}

variables! {
    FILES_TABLE,
    STATS_TABLE,
    CHANGES_TABLE,
    AUDIT_LOG_TABLE,
    PATIENTS_TABLE,
    FOLDS_TABLE,
    STUDIES_TABLE,
    UIDS_TABLE,
    JOBS_TABLE,
    USERS_TABLE,
    NAMES_TABLE,
    OLD_TABLES,
    REFERENCES_TABLE,
    IMAGE_FILES_TABLE,
    ACCESS_LOG_TABLE,
    IMAGE_BUCKET,
    AUDIT_BUCKET,
    OBJECT_QUEUE_URL,
    WORK_QUEUE_URL,
    LARGE_OBJECT_QUEUE_URL,
    JWT_SECRET,
    JWT_SECRET_ARN,
    JWKS_URL,
    JWT_ISSUER,
    JWT_AUDIENCE,
    JWT_SCOPE,
    BEARER_TOKEN,
    ADMIN_CLAIM,
    ADMIN_VALUE,
    TRUST_USER_ID,
    FIRST_ADMIN,
    PATIENTS,
    CURSOR_SECRET,
    DATE_TIME_ZONE,
    DICOM_CHARSET,
    MAX_UPLOAD_BYTES,
    MAX_UNFINISHED_UPLOADS,
    TRASH_DAYS,
    ACCESS_LOG_DAYS,
    S3_PATH_STYLE,
    ORIGIN_SECRET,
    DIRECT_CALLS,
    FILES_ORIGIN,
}

/// See [`Config::moves`](super::Config::moves). Not among [`ALL`]: template.yaml does not set it.
pub(super) const MOVE_LIMITS: &str = "MOVE_LIMITS";
/// See [`Config::processing`](super::Config::processing). The same.
pub(super) const PROCESSING_LIMITS: &str = "PROCESSING_LIMITS";

/// Those that are left to whoever runs the service. All others follow from what template.yaml builds, or from how the local stack starts.
pub const CHOICES: [&str; 17] = [
    JWKS_URL,
    JWT_ISSUER,
    JWT_AUDIENCE,
    JWT_SCOPE,
    BEARER_TOKEN,
    ADMIN_CLAIM,
    ADMIN_VALUE,
    TRUST_USER_ID,
    FIRST_ADMIN,
    PATIENTS,
    CURSOR_SECRET,
    DATE_TIME_ZONE,
    DICOM_CHARSET,
    MAX_UPLOAD_BYTES,
    MAX_UNFINISHED_UPLOADS,
    TRASH_DAYS,
    ACCESS_LOG_DAYS,
];
