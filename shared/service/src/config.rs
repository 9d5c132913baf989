//! Every setting, read once at start. Nothing else reads the environment.

mod edge;
mod numbers;
mod tokens;
pub mod variable;

use std::fmt;

use jiff::tz::TimeZone;

pub use edge::Edge;
pub use numbers::NumberSetting;
use numbers::{ACCESS_LOG_DAYS, MAX_UNFINISHED_UPLOADS, MAX_UPLOAD_BYTES, TRASH_DAYS};
pub use tokens::{Bearer, DISCOVERY, TokenConfig};
pub(crate) use tokens::{is_safe, shared_secrets};

/// The settings of one function. The docs of each field name its variable; template.yaml sets them.
#[derive(Clone)]
pub struct Config {
    /// `FILES_TABLE`: the table of file records. Required.
    pub files_table: String,
    /// `STATS_TABLE`: the table of what older versions counted. Required.
    pub stats_table: String,
    /// `CHANGES_TABLE`: the table of changes that are not folded yet. Required.
    pub changes_table: String,
    /// `AUDIT_LOG_TABLE`: the table of who did what. Required.
    pub audit_log_table: String,
    /// `PATIENTS_TABLE`: the table of patients. Required.
    pub patients_table: String,
    /// `FOLDS_TABLE`: the table of folded counters, and of what maintenance and the migrator remember. Required.
    pub folds_table: String,
    /// `STUDIES_TABLE`: the table of what each owner has of studies and series. Required.
    pub studies_table: String,
    /// `JOBS_TABLE`: the table of work that outlives a request. Required.
    pub jobs_table: String,
    /// `USERS_TABLE`: the table of users. Required.
    pub users_table: String,
    /// `NAMES_TABLE`: the table of the lists of names, and of names that are in no list yet. Required.
    pub names_table: String,
    /// `UIDS_TABLE`: the table of the numbers of UIDs. Required.
    pub uids_table: String,
    /// `OLD_TABLES`: `on` reads the tables of older versions too, for what is not in the new ones yet; `off` when the migrator has said that
    /// everything is. Default: `off`.
    pub old_tables: Option<OldTables>,
    /// `IMAGE_BUCKET`: the bucket of originals and pictures. Required.
    pub image_bucket: String,
    /// `AUDIT_BUCKET`: the bucket of the copies of the log; only the function that writes them has it.
    pub audit_bucket: Option<String>,
    /// `OBJECT_QUEUE_URL`: the queue of new objects; only functions that receive from it or send to it have it.
    pub object_queue_url: Option<String>,
    /// `WORK_QUEUE_URL`: the queue of what takes long; only functions that send to it have it.
    pub work_queue_url: Option<String>,
    /// `LARGE_OBJECT_QUEUE_URL`: the queue of those that take long; the same.
    pub large_object_queue_url: Option<String>,
    /// How tokens are verified.
    pub tokens: TokenConfig,
    /// What stands before the API and the bucket.
    pub edge: Edge,
    /// `CURSOR_SECRET`: the key that seals cursors, at least 32 bytes; only functions that answer cursors have it. Default: `JWT_SECRET`.
    pub cursor_secret: Option<Secret>,
    /// `DATE_TIME_ZONE`: the zone of plain dates in filters, an IANA name. Default: `UTC`. See [`Config::zone`].
    pub date_time_zone: Option<String>,
    /// `DICOM_CHARSET`: the character set of DICOM files that name none, one of [`Config::CHARSETS`]. Default: the one whose characters fit.
    pub dicom_charset: Option<&'static str>,
    /// `PATIENTS`: which patients a user may read; `shared` or `own`. Default: `shared`.
    pub patients: PatientsOf,
    /// `FIRST_ADMIN`: whom the service makes an administrator when they come: a user id below 2^40, a subject (`sub`), or an e-mail address that the
    /// provider says is theirs. Once for each value.
    pub first_admin: Option<String>,
    /// `MAX_UPLOAD_BYTES`: the largest file. Default, and the most there can be: 20 GiB.
    pub max_upload_bytes: u64,
    /// `MAX_UNFINISHED_UPLOADS`: how many uploads of one user may wait for their bytes at once. Default: 5,000.
    pub max_unfinished_uploads: u64,
    /// `TRASH_DAYS`: how long a deleted file can be restored. Default: 30.
    pub trash_days: u32,
    /// `ACCESS_LOG_DAYS`: how long the access log is kept. Default: 2,190 (six years, 45 CFR 164.316(b)(2)).
    pub access_log_days: u32,
    /// How originals are moved between storage classes. Only tests set it (`MOVE_LIMITS`).
    pub moves: MoveLimits,
    /// How originals are processed. Only tests set it (`PROCESSING_LIMITS`).
    pub processing: ProcessingLimits,
    /// Who calls the function: how long its own calls may take follows from it.
    pub called_by: CalledBy,
    /// `S3_PATH_STYLE`: `true` addresses the bucket in the path, as engines other than AWS need. Default: `false`.
    pub s3_path_style: bool,
}

/// Which patients a user who is no administrator may read. All may be named in an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatientsOf {
    /// All: the registry is shared.
    Everybody,
    /// Those that they have made, or have files of.
    TheirOwn,
}

/// How much is moved how. The numbers are of S3 and Lambda, so nobody who runs the service chooses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveLimits {
    /// The most bytes that one `CopyObject` moves. S3 would take 5 GB, but it copies them one after the other, which takes longer than a function
    /// behind HTTP may run.
    pub one_copy: u64,
    /// Bytes of each part of a larger copy.
    pub part: u64,
    /// The most bytes that a request moves while its caller waits; above it a job does.
    pub in_request: u64,
}

impl Default for MoveLimits {
    fn default() -> Self {
        Self {
            one_copy: 256 << 20,
            part: 64 << 20,
            in_request: 2 << 30,
        }
    }
}

impl MoveLimits {
    /// Three numbers with commas between.
    fn parse(text: &str) -> Option<Self> {
        let numbers: Result<Vec<u64>, _> = text.split(',').map(str::parse).collect();
        match numbers.ok()?[..] {
            [one_copy, part, in_request] if part > 0 => Some(Self {
                one_copy,
                part,
                in_request,
            }),
            _ => None,
        }
    }
}

/// Which objects are processed how. The numbers follow from the time and the disk that the functions have in template.yaml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessingLimits {
    /// From so many bytes on, a run claims its file. A smaller object is read within seconds: two runs of it do the same work, and the condition on
    /// the record's version lets one of them write. A claim would cost three more writes for every file.
    pub claimed_from: u64,
    /// What is larger is handed on to `process-large-object`: its bytes alone would take a good part of the two minutes of `process-object`, and its
    /// copy on disk would be that function's whole disk.
    pub handed_on_above: u64,
}

impl Default for ProcessingLimits {
    fn default() -> Self {
        Self {
            claimed_from: 64 << 20,
            handed_on_above: 256 << 20,
        }
    }
}

impl ProcessingLimits {
    /// Two numbers with a comma between.
    fn parse(text: &str) -> Option<Self> {
        let (claimed_from, handed_on_above) = text.split_once(',')?;
        Some(Self {
            claimed_from: claimed_from.parse().ok()?,
            handed_on_above: handed_on_above.parse().ok()?,
        })
    }
}

/// The tables of older versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldTables {
    /// `IMAGE_FILES_TABLE`: file records.
    pub files: String,
    /// `ACCESS_LOG_TABLE`: who did what.
    pub access_log: String,
    /// `REFERENCES_TABLE`: patients, studies, series.
    pub references: String,
}

/// Who calls a function. Only one that users call verifies tokens, so template.yaml gives no other the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalledBy {
    /// Over HTTP, with a token.
    Users,
    /// Over HTTP, without one.
    Anybody,
    /// A queue or the schedule.
    Events,
}

/// Text that never shows in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret, for the one place that uses it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("image_bucket", &self.image_bucket)
            .field("audit_bucket", &self.audit_bucket)
            .finish_non_exhaustive()
    }
}

/// A setting that is missing or wrong; the text names its variable and says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    variable: &'static str,
    problem: String,
}

impl Config {
    /// What `DICOM_CHARSET` may be: defined terms of Specific Character Set (PS3.3 C.12.1.1.2), and sets that scanners use without a term.
    pub const CHARSETS: [&'static str; 17] = [
        "ISO_IR 100",
        "ISO_IR 101",
        "ISO_IR 109",
        "ISO_IR 110",
        "ISO_IR 126",
        "ISO_IR 127",
        "ISO_IR 138",
        "ISO_IR 144",
        "ISO_IR 148",
        "ISO_IR 166",
        "ISO_IR 192",
        "GB18030",
        "GBK",
        "Big5",
        "EUC-KR",
        "EUC-JP",
        "Shift_JIS",
    ];

    /// The variables that are numbers.
    pub const NUMBERS: [NumberSetting; 4] = [
        MAX_UPLOAD_BYTES,
        MAX_UNFINISHED_UPLOADS,
        TRASH_DAYS,
        ACCESS_LOG_DAYS,
    ];

    /// The settings in the environment.
    ///
    /// # Errors
    /// The first variable that is missing or wrong.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub fn from_env(called_by: CalledBy) -> Result<Self, ConfigError> {
        Self::from_lookup(called_by, |name| std::env::var(name).ok())
    }

    /// The settings that `lookup` knows. An empty value counts as none.
    ///
    /// # Errors
    /// The first variable that is missing or wrong.
    pub fn from_lookup(
        called_by: CalledBy,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let get = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let required = |variable| {
            get(variable).ok_or_else(|| wrong(variable, "is not set; template.yaml sets it"))
        };
        let tokens = TokenConfig::read(called_by, get)?;
        let cursor_secret = cursor_secret(get(variable::CURSOR_SECRET), &tokens)?;
        Ok(Self {
            files_table: required(variable::FILES_TABLE)?,
            stats_table: required(variable::STATS_TABLE)?,
            changes_table: required(variable::CHANGES_TABLE)?,
            audit_log_table: required(variable::AUDIT_LOG_TABLE)?,
            patients_table: required(variable::PATIENTS_TABLE)?,
            folds_table: required(variable::FOLDS_TABLE)?,
            studies_table: required(variable::STUDIES_TABLE)?,
            jobs_table: required(variable::JOBS_TABLE)?,
            users_table: required(variable::USERS_TABLE)?,
            names_table: required(variable::NAMES_TABLE)?,
            uids_table: required(variable::UIDS_TABLE)?,
            old_tables: match get(variable::OLD_TABLES).as_deref() {
                None | Some("off") => None,
                Some("on") => Some(OldTables {
                    files: required(variable::IMAGE_FILES_TABLE)?,
                    access_log: required(variable::ACCESS_LOG_TABLE)?,
                    references: required(variable::REFERENCES_TABLE)?,
                }),
                Some(_) => return Err(wrong(variable::OLD_TABLES, "must be on or off")),
            },
            image_bucket: required(variable::IMAGE_BUCKET)?,
            audit_bucket: get(variable::AUDIT_BUCKET),
            object_queue_url: get(variable::OBJECT_QUEUE_URL),
            work_queue_url: get(variable::WORK_QUEUE_URL),
            large_object_queue_url: get(variable::LARGE_OBJECT_QUEUE_URL),
            cursor_secret,
            tokens,
            edge: Edge::read(get)?,
            date_time_zone: get(variable::DATE_TIME_ZONE),
            dicom_charset: charset(get(variable::DICOM_CHARSET))?,
            patients: match get(variable::PATIENTS).as_deref() {
                None | Some("shared") => PatientsOf::Everybody,
                Some("own") => PatientsOf::TheirOwn,
                Some(_) => return Err(wrong(variable::PATIENTS, "must be shared or own")),
            },
            first_admin: get(variable::FIRST_ADMIN),
            max_upload_bytes: MAX_UPLOAD_BYTES.read(get)?,
            max_unfinished_uploads: MAX_UNFINISHED_UPLOADS.read(get)?,
            trash_days: TRASH_DAYS.read(get)?,
            access_log_days: ACCESS_LOG_DAYS.read(get)?,
            moves: match get(variable::MOVE_LIMITS) {
                None => MoveLimits::default(),
                Some(text) => MoveLimits::parse(&text)
                    .ok_or_else(|| wrong(variable::MOVE_LIMITS, "must be three numbers"))?,
            },
            processing: match get(variable::PROCESSING_LIMITS) {
                None => ProcessingLimits::default(),
                Some(text) => ProcessingLimits::parse(&text)
                    .ok_or_else(|| wrong(variable::PROCESSING_LIMITS, "must be two numbers"))?,
            },
            called_by,
            s3_path_style: flag(get, variable::S3_PATH_STYLE, false)?,
        })
    }

    /// The zone in which plain dates are read. Looked for when it is needed: a program that reads no dates goes without the data of all zones, 0.2 MB.
    ///
    /// # Errors
    /// There is no zone of this name.
    pub fn zone(&self) -> Result<TimeZone, ConfigError> {
        let name = self.date_time_zone.as_deref();
        let found = name.map_or(Ok(TimeZone::UTC), TimeZone::get);
        found.map_err(|_| {
            wrong(
                variable::DATE_TIME_ZONE,
                "must be an IANA time zone such as Asia/Shanghai",
            )
        })
    }
}

/// A variable of Lambda or of the AWS SDKs, which AWS documents and template.yaml does not set.
#[expect(
    clippy::disallowed_methods,
    reason = "this file is the one place that reads the environment"
)]
pub(crate) fn aws_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn charset(name: Option<String>) -> Result<Option<&'static str>, ConfigError> {
    let Some(name) = name else {
        return Ok(None);
    };
    let found = Config::CHARSETS.into_iter().find(|known| **known == name);
    let unknown = || {
        let known = Config::CHARSETS.join(", ");
        wrong(variable::DICOM_CHARSET, &format!("must be one of {known}"))
    };
    found.map(Some).ok_or_else(unknown)
}

/// What seals cursors: the secret of its own, else the first of the tokens.
fn cursor_secret(own: Option<String>, tokens: &TokenConfig) -> Result<Option<Secret>, ConfigError> {
    match own {
        Some(own) if own.len() < 32 => Err(wrong(
            variable::CURSOR_SECRET,
            "is too short: it needs at least 32 bytes, for example `openssl rand -base64 48`",
        )),
        Some(own) => Ok(Some(Secret::new(own))),
        None => Ok(tokens.secrets.first().cloned()),
    }
}

/// `true` or `false`.
fn flag(
    get: impl Fn(&str) -> Option<String>,
    variable: &'static str,
    default: bool,
) -> Result<bool, ConfigError> {
    match get(variable).as_deref() {
        None => Ok(default),
        Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(wrong(variable, "must be true or false")),
    }
}

fn wrong(variable: &'static str, problem: &str) -> ConfigError {
    ConfigError {
        variable,
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-AbCdEf";

    fn read(changes: &[(&str, &str)]) -> Result<Config, String> {
        read_as(CalledBy::Users, changes)
    }

    fn read_as(called_by: CalledBy, changes: &[(&str, &str)]) -> Result<Config, String> {
        let lookup = |name: &str| {
            let changed = changes
                .iter()
                .find(|(changed, _)| *changed == name)
                .map(|(_, value)| (*value).to_owned());
            changed.or_else(|| match name {
                "JWT_SECRET" => Some("x".repeat(32)),
                name if name.ends_with("_TABLE") || name.ends_with("_BUCKET") => {
                    Some(name.to_lowercase())
                }
                _ => None,
            })
        };
        Config::from_lookup(called_by, lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_fill_what_is_not_set() {
        let config = read(&[]).unwrap();
        assert_eq!(
            (config.trash_days, config.zone().unwrap()),
            (30, TimeZone::UTC)
        );
    }

    #[test]
    fn every_mistake_names_its_variable() {
        let mistakes = [
            ("IMAGE_BUCKET", ""),
            ("JWT_SECRET", ""),
            ("JWT_SECRET", "short"),
            ("JWT_SECRET", "a line of at least 32 characters\nshort"),
            // Beside JWT_SECRET, which every case here has.
            ("JWT_SECRET_ARN", ARN),
            ("CURSOR_SECRET", "short"),
            ("JWKS_URL", "http://example.com/jwks"),
            ("JWKS_URL", "http://127.0.0.1:80@example.com/jwks"),
            ("BEARER_TOKEN", "refresh"),
            ("BEARER_TOKEN", "id"),
            ("DICOM_CHARSET", "klingon"),
            ("MAX_UPLOAD_BYTES", "much"),
            ("MAX_UPLOAD_BYTES", "0"),
            ("MAX_UPLOAD_BYTES", "53687091201"),
            ("MAX_UNFINISHED_UPLOADS", "0"),
            ("TRASH_DAYS", "-1"),
            ("TRASH_DAYS", "0"),
            ("TRASH_DAYS", "+7"),
            ("TRASH_DAYS", "3651"),
            ("TRASH_DAYS", "4294967295"),
            ("ACCESS_LOG_DAYS", "0"),
            ("ACCESS_LOG_DAYS", "36501"),
            ("ORIGIN_SECRET", "short"),
            ("ORIGIN_SECRET", "a-text-of-thirty-two-characters-- short"),
            ("DIRECT_CALLS", "refused"),
            ("DIRECT_CALLS", "off"),
            ("FILES_ORIGIN", "http://files.example.org"),
            ("FILES_ORIGIN", "https://files.example.org/path"),
            ("FILES_ORIGIN", "https://"),
            ("S3_PATH_STYLE", "yes"),
            ("TRUST_USER_ID", "yes"),
            ("PATIENTS", "mine"),
            ("MOVE_LIMITS", "1,0,1"),
            ("MOVE_LIMITS", "1,2"),
            ("PROCESSING_LIMITS", "1"),
            ("OLD_TABLES", "yes"),
        ];
        for (variable, value) in mistakes {
            let message = read(&[(variable, value)]).unwrap_err();
            assert!(
                message.starts_with(variable),
                "{variable}={value}: {message}"
            );
        }
    }

    #[test]
    fn a_zone_that_there_is_not_is_named_when_it_is_needed() {
        let zone = |name| {
            let config = read(&[("DATE_TIME_ZONE", name)]).unwrap();
            config.zone().map_err(|error| error.to_string())
        };
        assert!(zone("Asia/Shanghai").is_ok());
        assert!(zone("Mars/Base").unwrap_err().starts_with("DATE_TIME_ZONE"));
    }

    #[test]
    fn a_number_is_taken_up_to_its_bounds_and_a_sentence_names_them() {
        for number in Config::NUMBERS {
            for good in [number.min, number.default, number.max] {
                assert!(
                    read(&[(number.variable, &good.to_string())]).is_ok(),
                    "{number:?}"
                );
            }
            let above = (number.max + 1).to_string();
            let message = read(&[(number.variable, &above)]).unwrap_err();
            let (variable, unit, max) = (number.variable, number.unit, number.max);
            let expected = format!(
                "{variable} must be a whole number of {unit}, {} to {max}",
                number.min
            );
            assert_eq!(message, expected);
        }
    }

    #[test]
    fn a_function_that_verifies_no_token_needs_no_secret() {
        let template = [("JWT_SECRET", ""), ("JWT_SECRET_ARN", "")];
        for called_by in [CalledBy::Events, CalledBy::Anybody] {
            let config = read_as(called_by, &template).unwrap();
            assert_eq!(
                (config.tokens.secrets, config.cursor_secret),
                (vec![], None)
            );
        }
        assert!(read(&template).unwrap_err().starts_with("JWT_SECRET"));
    }

    #[test]
    fn a_secret_is_text_or_the_arn_of_one_that_is_read() {
        let config = read(&[("JWT_SECRET", ""), ("JWT_SECRET_ARN", ARN)]).unwrap();
        assert_eq!(config.tokens.secret_arn.as_deref(), Some(ARN));
        assert_eq!(config.cursor_secret, None);
        let wrong = [("JWT_SECRET", ""), ("JWT_SECRET_ARN", "filmroom")];
        assert!(read(&wrong).unwrap_err().starts_with("JWT_SECRET_ARN must"));
    }

    #[test]
    fn a_provider_is_bound_to_its_issuer_and_its_id_tokens_to_their_client() {
        let document = "https://login.example.org/.well-known/openid-configuration";
        let provider = ("JWKS_URL", document);
        let alone = read(&[provider]).unwrap_err();
        assert!(alone.starts_with("JWT_ISSUER"), "{alone}");
        let issuer = ("JWT_ISSUER", "https://login.example.org");
        assert!(read(&[provider, issuer]).is_ok());
        let id = ("BEARER_TOKEN", "id");
        let anybodys = read(&[provider, issuer, id]).unwrap_err();
        assert!(anybodys.starts_with("JWT_AUDIENCE"), "{anybodys}");
        let client = ("JWT_AUDIENCE", "the-page  another");
        let tokens = read(&[provider, issuer, id, client]).unwrap().tokens;
        assert_eq!(tokens.bearer, Bearer::Id);
        assert_eq!(tokens.audiences, ["the-page", "another"]);
        assert_eq!(tokens.admin_value, "admin");
    }

    #[test]
    fn secrets_never_show() {
        assert_eq!(
            format!("{:?}", read(&[]).unwrap().tokens.secrets),
            "[Secret(…)]"
        );
    }

    #[test]
    fn every_line_is_a_secret_and_the_first_seals_cursors() {
        let (new, old) = ("n".repeat(32), "o".repeat(32));
        let config = read(&[("JWT_SECRET", &format!("\n{new}\r\n{old}\n"))]).unwrap();
        let [new, old] = [new, old].map(Secret::new);
        assert_eq!(config.cursor_secret, Some(new.clone()));
        assert_eq!(config.tokens.secrets, [new, old]);
    }
}
