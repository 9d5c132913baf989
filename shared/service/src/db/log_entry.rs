//! One entry of the log.

use serde::{Deserialize, Serialize};

use super::keys::log_of;
use crate::auth::access::Action;
use crate::auth::{Caller, RequestInfo};
use crate::domain::{FileId, FileRecord, PatientId, StudyId, Timestamp, time::DAY_MS};

/// One thing somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Partition key; an older version's table has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) subject: String,
    /// Time-ordered and unique. Sort key.
    #[serde(rename = "entry", alias = "entry_id")]
    pub entry_id: FileId,
    /// The file, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_id: Option<FileId>,
    /// The files, if it is about what a request did with many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
    /// The studies, if it is about what a request was shown of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub studies: Vec<StudyId>,
    /// Whose files these are; `None` if they may be of many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<i64>,
    /// The patient it is about, or of whom the files are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<String>,
    /// The patients, if it is about many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patients: Vec<String>,
    /// The user it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// User id; 0 is the service itself.
    pub actor_id: i64,
    /// Display name then.
    pub actor_name: String,
    /// [`Action::name`].
    pub action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub user_agent: Option<String>,
    /// API Gateway's id of the request.
    pub request_id: String,
    /// When DynamoDB may drop it: seconds since 1970, the table's time to live attribute.
    pub expires_at: i64,
    /// Which indexes have it.
    #[serde(skip)]
    pub(super) indexed: Indexed,
}

/// Which indexes have an entry. Each costs a write, so an entry is in none that another entry of the same request, or its subject, stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Indexed {
    #[default]
    ByActorAndPatient,
    ByPatient,
    Nowhere,
}

/// What an entry is about.
#[derive(Clone, Debug)]
pub enum About {
    /// One file.
    File {
        #[expect(missing_docs, reason = "the name says it")]
        id: FileId,
        #[expect(missing_docs, reason = "the name says it")]
        owner: i64,
        /// Of whom it is.
        patient: Option<PatientId>,
    },
    /// Files that one request was shown.
    Files {
        #[expect(missing_docs, reason = "the name says it")]
        ids: Vec<FileId>,
        /// Whose they are; `None` if they may be of many.
        owner: Option<i64>,
        /// Of whom they are, if the request asked for somebody's.
        patient: Option<String>,
    },
    /// Studies that one request was shown.
    Studies {
        #[expect(missing_docs, reason = "the name says it")]
        ids: Vec<StudyId>,
        #[expect(missing_docs, reason = "the name says it")]
        owner: i64,
        /// The patient whose studies were asked for.
        patient: Option<PatientId>,
    },
    /// Uploads that one transaction began.
    Uploads {
        #[expect(missing_docs, reason = "the name says it")]
        ids: Vec<FileId>,
        #[expect(missing_docs, reason = "the name says it")]
        owner: i64,
        /// Of whom they are.
        patient: Option<PatientId>,
    },
    /// One patient.
    Patient(PatientId),
    /// Patients that one request was shown.
    Patients(Vec<PatientId>),
    /// A user's account or sign-in.
    User(i64),
}

impl About {
    /// A file.
    #[must_use]
    pub fn file(file: &FileRecord) -> Self {
        Self::File {
            id: file.id,
            owner: file.uploaded_by,
            patient: file.patient_id.clone(),
        }
    }

    /// Files that one request was shown: entries of one and of many are found in different places.
    #[must_use]
    pub fn files(files: &[FileRecord], patient: Option<String>) -> Self {
        let mut owners = files.iter().map(|file| file.uploaded_by);
        let first = owners.next();
        Self::Files {
            ids: files.iter().map(|file| file.id).collect(),
            owner: first.filter(|first| owners.all(|owner| owner == *first)),
            patient,
        }
    }
}

/// Partitions of what was shown of everybody's files, and of patients: one would be written by the whole hospital.
pub(super) const SHARDS: u64 = 16;

/// Where an entry is kept: what is about one thing is found under that thing.
fn subject(about: &About, entry: FileId) -> String {
    let shard = entry.shard(SHARDS);
    match about {
        About::File { id, .. } => log_of(*id),
        About::Files {
            owner: Some(owner), ..
        }
        | About::Studies { owner, .. } => lists_of(*owner),
        About::Files { owner: None, .. } => shared_lists(shard),
        About::Uploads { owner, .. } => uploads_of(*owner),
        About::Patient(id) => format!("patient#{}", id.as_str()),
        About::Patients(_) => lists_of_patients(shard),
        About::User(id) => format!("user#{id}"),
    }
}

/// What requests were shown of the files of `owner`.
pub(super) fn lists_of(owner: i64) -> String {
    format!("list#{owner}")
}

/// What requests were shown of the files of many owners.
pub(super) fn shared_lists(shard: u64) -> String {
    format!("list#0#{shard}")
}

/// What requests were shown of patients.
pub(super) fn lists_of_patients(shard: u64) -> String {
    format!("list#patients#{shard}")
}

/// What `owner` began to upload.
pub(super) fn uploads_of(owner: i64) -> String {
    format!("uploads#{owner}")
}

/// Who did it: a caller, or the service by itself.
#[derive(Clone, Debug)]
pub(super) struct Actor<'a> {
    id: i64,
    name: &'a str,
    request: Option<&'a RequestInfo>,
}

impl Actor<'static> {
    /// The service by itself.
    pub(super) const SERVICE: Self = Self {
        id: 0,
        name: "Filmroom",
        request: None,
    };
}

impl<'a> Actor<'a> {
    /// Somebody who is a caller only after this.
    pub(super) fn user(id: i64, name: &'a str, request: &'a RequestInfo) -> Self {
        Self {
            id,
            name,
            request: Some(request),
        }
    }
}

impl<'a> From<&'a Caller> for Actor<'a> {
    fn from(caller: &'a Caller) -> Self {
        Self {
            id: caller.id,
            name: &caller.name,
            request: Some(&caller.request),
        }
    }
}

impl Entry {
    /// What `actor` does now.
    pub(super) fn new(
        actor: &Actor<'_>,
        action: Action,
        about: About,
        entry_id: FileId,
        keep_days: u32,
    ) -> Self {
        let request = actor.request;
        let mut entry = Self {
            subject: subject(&about, entry_id),
            entry_id,
            file_id: None,
            files: Vec::new(),
            studies: Vec::new(),
            owner: None,
            patient_id: None,
            patients: Vec::new(),
            user_id: None,
            actor_id: actor.id,
            actor_name: actor.name.to_owned(),
            action: action.name().to_owned(),
            ip: request.and_then(|request| request.ip.clone()),
            user_agent: request.and_then(|request| request.user_agent.clone()),
            request_id: request.map_or_else(String::new, |request| request.request_id.clone()),
            indexed: match about {
                // What somebody uploaded is together without an index.
                About::Uploads { .. } => Indexed::ByPatient,
                _ => Indexed::ByActorAndPatient,
            },
            expires_at: entry_id
                .created_at()
                .plus(i64::from(keep_days) * DAY_MS)
                .seconds(),
        };
        entry.say(about);
        entry
    }

    fn say(&mut self, about: About) {
        let text = |id: PatientId| id.as_str().to_owned();
        match about {
            About::File { id, owner, patient } => {
                (self.file_id, self.owner) = (Some(id), Some(owner));
                self.patient_id = patient.map(text);
            }
            About::Files {
                ids,
                owner,
                patient,
            } => (self.files, self.owner, self.patient_id) = (ids, owner, patient),
            About::Studies {
                ids,
                owner,
                patient,
            } => {
                (self.studies, self.owner) = (ids, Some(owner));
                self.patient_id = patient.map(text);
            }
            About::Uploads {
                ids,
                owner,
                patient,
            } => {
                (self.files, self.owner) = (ids, Some(owner));
                self.patient_id = patient.map(text);
            }
            About::Patient(id) => self.patient_id = Some(text(id)),
            About::Patients(ids) => self.patients = ids.into_iter().map(text).collect(),
            About::User(id) => self.user_id = Some(id),
        }
    }

    /// The keys of its rows in the indexes: by actor, by patient.
    pub(super) fn index_keys(&self) -> (Option<String>, Option<&str>) {
        let patient = self.patient_id.as_deref();
        match self.indexed {
            Indexed::ByActorAndPatient => (Some(actor_key(self.actor_id, self.at())), patient),
            Indexed::ByPatient => (None, patient),
            Indexed::Nowhere => (None, None),
        }
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.entry_id.created_at()
    }
}

/// The partition of what `actor` did in the month of `at`.
pub(super) fn actor_key(actor: i64, at: Timestamp) -> String {
    format!("{actor}#{}", &at.day()[..7])
}
