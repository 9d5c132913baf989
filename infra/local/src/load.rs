//! Many files of one user, as uploads would leave them: for measurements over a million files.
//!
//! The first slice of each series goes the whole way: it is begun, its bytes are put into the bucket, `process-object` reads them. The others are its record
//! with an id, a name, bytes and a number of their own. The function that begins uploads writes them, 25 in a transaction, with what they count and
//! their entry of the log, and folds follow as after uploads. So tables hold what uploads leave there (`tests/suite/load.rs` compares the two); only the bytes of
//! these slices are not in the bucket, and nobody may verify such a folder.

use std::error::Error;
use std::ops::Range;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use imaging::fixtures::{DicomSpec, dicom, jpeg};
use md5::{Digest as _, Md5};
use service::App;
use service::auth::{Caller, RequestInfo};
use service::db::create::NotCreated;
use service::db::names::{People, Tended};
use service::domain::record::Status;
use service::domain::time::DAY_MS;
use service::domain::{
    FileId, FileRecord, FileType, NewFile, PatientId, Timestamp, object_key, text,
};
use service::error::chain;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::names::BUCKET;
use crate::stack::Stack;

/// Whose files they are: the first of the demo's users.
pub const OWNER: i64 = 1;
/// Files of one series.
const SERIES: u64 = 200;
/// A patient has two series of each kind.
const SERIES_OF_A_PATIENT: u64 = 10;
/// Files that begin in one transaction: what a browser that sends a folder begins with.
const TOGETHER: usize = 25;
/// A million files fill 579 days. Ids begin in 2025, so there are not many more.
const EVERY_MS: i64 = 50 * 1000;
const BEGAN_DAYS: i64 = 600;
/// What a series is: a modality of DICOM, or pictures.
const KINDS: [Kind; 5] = [
    Kind::Dicom("CT"),
    Kind::Dicom("MR"),
    Kind::Dicom("DX"),
    Kind::Dicom("US"),
    Kind::Photo,
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Dicom(&'static str),
    Photo,
}

/// The file of a number, as its uploader has it.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    number: u64,
}

impl Planned {
    /// The file of this number.
    #[must_use]
    pub fn of(number: u64) -> Self {
        Self { number }
    }

    fn series(self) -> u64 {
        self.number / SERIES
    }

    fn kind(self) -> Kind {
        let kinds = self.series() % KINDS.len() as u64;
        KINDS[usize::try_from(kinds).unwrap_or(0)]
    }

    /// As hospitals name files. One of the first thousand is the needle that a search looks for.
    #[must_use]
    pub fn name(self) -> String {
        let needle = if self.number == 567 { "needle" } else { "" };
        match self.kind() {
            Kind::Dicom(_) => format!("20260105_胸部平扫_{:07}{needle}.dcm", self.number),
            Kind::Photo => format!("照片_{:07}{needle}.jpg", self.number),
        }
    }

    /// The id of the patient.
    #[must_use]
    pub fn patient(self) -> String {
        format!("P-{:05}", self.series() / SERIES_OF_A_PATIENT)
    }

    /// What its uploader says of it.
    #[must_use]
    pub fn description(self) -> Option<String> {
        let text = "患者两周前出现咳嗽,无发热,建议与前次检查对照。";
        (self.number % 2 == 1).then(|| text.to_owned())
    }

    /// The whole file.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        match self.kind() {
            Kind::Dicom(modality) => {
                let series = self.series();
                dicom(&DicomSpec {
                    patient_id: self.patient().into_bytes(),
                    patient_name: "Zhang^San=张^三".as_bytes().to_vec(),
                    character_set: Some("ISO_IR 192"),
                    modality,
                    study_instance_uid: format!("1.2.826.0.1.3680043.8.498.{series}"),
                    series_instance_uid: format!("1.2.826.0.1.3680043.8.498.{series}.1"),
                    sop_instance_uid: self.instance_uid(),
                    instance_number: self.instance_number(),
                    seed: self.number,
                    ..DicomSpec::default()
                })
            }
            // The bytes of a picture end with its end marker; what follows tells files apart and is nothing to a decoder.
            Kind::Photo => {
                let mut bytes = jpeg(16, 16, 1);
                bytes.extend(self.number.to_be_bytes());
                bytes
            }
        }
    }

    fn instance_number(self) -> i64 {
        i64::try_from(self.number % SERIES + 1).unwrap_or(1)
    }

    fn instance_uid(self) -> String {
        let (series, instance) = (self.series(), self.instance_number());
        format!("1.2.826.0.1.3680043.8.498.{series}.1.{instance}")
    }
}

/// Makes the files of `numbers` in `stack`, whose clock goes back by 600 days and then comes forward with them. Several calls make what one
/// would, if each begins with a series.
///
/// # Errors
/// If a file is refused, or is not processed.
#[must_use]
pub fn load(stack: &Stack, numbers: Range<u64>) -> LocalBoxFuture<'_, Result<(), Box<dyn Error>>> {
    load_files(stack, numbers).boxed_local()
}

async fn load_files(stack: &Stack, numbers: Range<u64>) -> Result<(), Box<dyn Error>> {
    if !numbers.start.is_multiple_of(SERIES) {
        return Err(format!("the first file must begin a series of {SERIES}").into());
    }
    let clock = stack.app.clock.clone();
    let now = clock.now();
    let began = now.plus(-BEGAN_DAYS * DAY_MS);
    let loader = Loader {
        stack,
        caller: caller(),
        began,
    };
    let mut first = numbers.start;
    while first < numbers.end {
        let end = numbers.end.min(first + SERIES);
        loader.series(first..end).await?;
        first = end;
    }
    clock.advance(now.since(clock.now()));
    Ok(())
}

/// Patients that are made at once.
const PATIENTS_AT_ONCE: usize = 64;
/// Longer than a list of names waits for anything.
const HOURS_MS: i64 = 2 * 60 * 60 * 1000;
/// Longer than a list of names takes.
const LISTED_WITHIN: Duration = Duration::from_hours(1);

/// The id and the name of the patient of a number. One of the first thousand is the needle.
#[must_use]
pub fn planned_patient(number: u64) -> (String, String) {
    let surname = ["张", "王", "李", "陈"][usize::try_from(number % 4).unwrap_or(0)];
    let name = if number == 567 { "needle" } else { "小明" };
    (format!("N-{number:07}"), format!("{surname}{name}"))
}

/// Makes the patients of `numbers` in `stack`, and lists them by name; its clock goes on by some hours.
///
/// # Errors
/// If one is refused, or their list is not made.
#[must_use]
pub fn load_patients(
    stack: &Stack,
    numbers: Range<u64>,
) -> LocalBoxFuture<'_, Result<(), Box<dyn Error>>> {
    put_patients(stack, numbers).boxed_local()
}

async fn put_patients(stack: &Stack, numbers: Range<u64>) -> Result<(), Box<dyn Error>> {
    let files = &stack.app.files;
    let numbers: Vec<u64> = numbers.collect();
    for together in numbers.chunks(PATIENTS_AT_ONCE) {
        let mut made = JoinSet::new();
        for number in together {
            let (id, name) = planned_patient(*number);
            let (files, caller, id) = (files.clone(), caller(), id.parse::<PatientId>()?);
            made.spawn(async move {
                let put = files.put_patient(&caller, &id, None, |mut new| {
                    new.name.clone_from(&name);
                    Ok(new)
                });
                put.await.map(drop)
            });
        }
        while let Some(one) = made.join_next().await {
            one??;
        }
    }
    for _ in 0..4 {
        let end = Instant::now() + LISTED_WITHIN;
        let tended = files.unattended().tend(People::Patients, end).await?;
        if tended == Tended::Whole {
            stack.bell.copy(&stack.copies).await?;
            return Ok(());
        }
        stack.app.clock.advance(HOURS_MS);
    }
    Err("the list of names was not made".into())
}

/// As a browser's request names its owner.
fn caller() -> Caller {
    Caller {
        id: OWNER,
        name: "王医生".to_owned(),
        admin: false,
        admin_by_token: false,
        request: RequestInfo {
            request_id: "JKJaXmPLvHcESHA=".to_owned(),
            ip: Some("203.0.113.77".to_owned()),
            user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36".to_owned()),
        },
    }
}

struct Loader<'s> {
    stack: &'s Stack,
    caller: Caller,
    began: Timestamp,
}

impl Loader<'_> {
    fn app(&self) -> &App {
        &self.stack.app
    }

    /// A series, or as much of one. Its files are made in their order, because ids only grow.
    async fn series(&self, numbers: Range<u64>) -> Result<(), Box<dyn Error>> {
        let id = self.upload(Planned::of(numbers.start)).await?;
        self.stack.queue.idle().await?;
        let first = self.app().files.unattended().find(id).await?;
        let first = first.filter(|file| file.status == Status::Processed);
        let first = first.ok_or("the first slice of a series was not processed")?;
        let others = (numbers.start + 1..numbers.end).map(Planned::of);
        let others: Vec<_> = others.map(|file| self.like(&first, file)).collect();
        for together in others.chunks(TOGETHER) {
            self.create(together.to_vec()).await?;
        }
        self.stack.bell.answer(&self.stack.folds).await?;
        self.stack.bell.copy(&self.stack.copies).await?;
        Ok(())
    }

    /// The moment at which a file is uploaded.
    fn at(&self, file: Planned) -> Timestamp {
        let number = i64::try_from(file.number).unwrap_or(0);
        self.began.plus(number * EVERY_MS)
    }

    /// Now is this moment.
    fn come_to(&self, at: Timestamp) {
        let clock = &self.app().clock;
        clock.advance(at.since(clock.now()));
    }

    /// The patient exists.
    async fn meet(&self, patient: &PatientId) -> Result<(), Box<dyn Error>> {
        let put = self
            .app()
            .files
            .put_patient(&self.caller, patient, None, |mut new| {
                "张三".clone_into(&mut new.name);
                Ok(new)
            });
        put.await?;
        Ok(())
    }

    /// The whole way of an upload, up to its event.
    async fn upload(&self, file: Planned) -> Result<FileId, Box<dyn Error>> {
        self.come_to(self.at(file));
        let patient: PatientId = file.patient().parse()?;
        self.meet(&patient).await?;
        let bytes = file.bytes();
        let declared = imaging::declared(&file.name(), None);
        let new = NewFile {
            id: self.id_of(file),
            file_uuid: self.app().ids.uuid(),
            uploaded_by: OWNER,
            uploader_name: self.caller.name.clone(),
            original_filename: file.name(),
            file_type: FileType::from(declared),
            mime_type: declared.mime_type().to_owned(),
            file_size: bytes.len() as u64,
        };
        let mut record = new.into_record();
        record.patient_id = Some(patient);
        record.description = file.description();
        let (id, key) = (record.id, record.object_key().to_string());
        self.create(vec![record]).await?;
        let put = self.stack.bucket.put_object().bucket(BUCKET).key(key);
        put.body(bytes.into()).send().await?;
        Ok(id)
    }

    /// The record that `file` would have, if it was processed as `first` was: another slice of its series.
    fn like(&self, first: &FileRecord, file: Planned) -> FileRecord {
        let bytes = file.bytes();
        let md5 = text::hex(&Md5::digest(&bytes));
        let at = self.at(file);
        let mut record = first.clone();
        record.id = self.id_of(file);
        record.file_uuid = self.app().ids.uuid();
        record.original_filename = file.name();
        record.description = file.description();
        (record.file_size, record.declared_size) = (bytes.len() as u64, bytes.len() as u64);
        (record.uploaded_at, record.updated_at) = (Some(at), at);
        record.expires_at = first
            .expires_at
            .map(|expires| at.plus(expires.since(first.id.created_at())));
        // Of pictures only the place is kept: another one of the same length.
        let pictures = [&mut record.thumbnail_path, &mut record.preview_path];
        for (path, of) in pictures
            .into_iter()
            .zip([object_key::thumbnail, object_key::preview])
        {
            *path = path.as_ref().map(|_| of(record.id, &md5));
        }
        if let Some(header) = &mut record.dicom {
            header.sop_instance_uid = Some(file.instance_uid());
            header.instance_number = Some(file.instance_number());
        }
        record.file_hash = Some(md5);
        record
    }

    fn id_of(&self, file: Planned) -> FileId {
        FileId::new(self.at(file), file.number)
    }

    async fn create(&self, records: Vec<FileRecord>) -> Result<(), Box<dyn Error>> {
        if let Some(last) = records.last() {
            self.come_to(last.id.created_at());
        }
        let created = self.app().files.create(&self.caller, records).await;
        match created.into_iter().find_map(Result::err) {
            None => Ok(()),
            Some(NotCreated::IdTaken) => Err("this folder has such a file already".into()),
            Some(NotCreated::Error(error)) => Err(chain(&error).into()),
        }
    }
}
