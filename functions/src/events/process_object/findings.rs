//! What the bytes say: from a stored object to the result of a run.

use imaging::dicom::Charset;
use imaging::{DicomHeader, Inspection, Instance, Limits, Outcome, Reason};
use md5::{Digest as _, Md5};
use service::db::studies::{Choice, SeriesHeader, StudyHeader};
use service::domain::header::{MAX_TEXT, Plane};
use service::domain::transition::StoredObject;
use service::domain::{
    Dicom, FailureCode, FileId, FileRecord, FileType, Findings, Header, StatusReason, Warning,
    WarningCode, object_key, text,
};
use service::error::Error;

use super::Processor;
use super::spool::{Spooled, read};
use crate::mismatch::mismatch;
use crate::scratch;
use crate::scratch::on_disk;

impl Processor {
    /// Reads the object and makes everything that is made from it. Doing it again makes the same.
    pub(super) async fn find_out(
        &self,
        file: &FileRecord,
        object: &StoredObject,
    ) -> Result<Findings, Error> {
        let (spooled, inspection) = self.look_inside(file).await?;
        let pictures = self.store_pictures(file.id, &inspection.outcome);
        // Of an object that was not read whole, the frames are not known.
        let instance = inspection.instance.as_ref().filter(|_| spooled.whole);
        let instance = self.store_instance(file.id, instance);
        let study = self.find_study(file.uploaded_by, inspection.dicom.as_ref());
        let files = self.app.files.unattended();
        let older = files.duplicate_of(file.uploaded_by, &spooled.md5, object.size, file.id);
        let facts = inspection.dicom.as_ref().map(dicom);
        let mismatched = async {
            match &file.patient_id {
                Some(patient_id) => mismatch(&self.app, facts.as_ref(), patient_id).await,
                None => Ok(None),
            }
        };
        // Only the record names the stored objects, and it is written last. So if one of these fails, nobody sees the others.
        let ((thumbnail_path, preview_path), instance, found, duplicate, mismatched) =
            tokio::try_join!(pictures, instance, study, older, mismatched)?;
        let mut warnings: Vec<Warning> = inspection.warnings.iter().map(warning).collect();
        warnings.extend(mismatched);
        warnings.extend(type_mismatch(file, &inspection));
        if let (true, Outcome::NoPicture(reason)) = (spooled.whole, &inspection.outcome) {
            // Nothing is wrong with the file, but a person will ask where its picture is.
            warnings.extend(inspection.dicom.as_ref().map(|_| warning(reason)));
        }
        let header = inspection.dicom.as_ref();
        Ok(Findings {
            failure: failure(file, &spooled.md5, spooled.whole, &inspection),
            file_hash: spooled.md5,
            file_type: inspection.file_type.into(),
            mime_type: mime_type(file, &inspection),
            modality: header
                .and_then(|header| header.modality.clone())
                .filter(|modality| text::Modality::parse(modality).is_ok()),
            body_part: header
                .and_then(|header| header.body_part.clone())
                .filter(|part| text::BodyPart::parse(part).is_ok()),
            study_date: header
                .and_then(|header| header.study_date.clone())
                .filter(|date| text::StudyDate::parse(date).is_ok()),
            study_id: found.study,
            series_id: found.series,
            thumbnail_path,
            preview_path,
            instance,
            duplicate_of: duplicate.map(|file| file.id),
            dicom: facts,
            header: header.map(of_studies),
            warnings,
        })
    }

    /// Reads the object, hashes it, and has its copy inspected.
    async fn look_inside(&self, file: &FileRecord) -> Result<(Spooled, Inspection), Error> {
        let scratch = scratch::folder()?;
        let copy = scratch.path().join("object");
        let reading = self.turns.to_read(file.file_size).await;
        let original = read(&self.app, file, &copy).await?;
        drop(reading);
        let worker = self.worker.clone();
        let limits = Limits {
            charset: self.app.config.dicom_charset.and_then(Charset::named),
            ..Limits::default()
        };
        let _turn = self.turns.to_decode().await;
        let inspecting = tokio::task::spawn_blocking(move || {
            let spooled = original.copied(&copy)?;
            let inspection = imaging::isolated::inspect(&worker, &copy, scratch.path(), &limits)?;
            Ok((spooled, inspection))
        });
        inspecting.await.map_err(Error::internal)?.map_err(on_disk)
    }

    async fn store_pictures(
        &self,
        id: FileId,
        outcome: &Outcome,
    ) -> Result<(Option<String>, Option<String>), Error> {
        let Outcome::Picture(picture) = outcome else {
            return Ok((None, None));
        };
        let thumbnail = object_key::thumbnail(id, &content_hash(&picture.thumbnail));
        let preview = object_key::preview(id, &content_hash(&picture.preview));
        tokio::try_join!(
            self.app
                .bucket
                .put_picture(&thumbnail, picture.thumbnail.clone()),
            self.app
                .bucket
                .put_picture(&preview, picture.preview.clone())
        )?;
        Ok((Some(thumbnail), Some(preview)))
    }

    /// Stores what the file says of itself; which version of it there is now.
    async fn store_instance(
        &self,
        id: FileId,
        instance: Option<&Instance>,
    ) -> Result<Option<u32>, Error> {
        let Some(instance) = instance else {
            return Ok(None);
        };
        let made = object_key::INSTANCE;
        let bucket = &self.app.bucket;
        let key = object_key::instance(id, made);
        let json = bucket.put_instance(&key, instance.json.clone());
        let index = async {
            let Some(index) = instance.frames.clone() else {
                return Ok(());
            };
            let key = object_key::frame_index(id, made);
            bucket.put_frame_index(&key, index).await
        };
        tokio::try_join!(json, index)?;
        Ok(Some(made))
    }

    /// The study and series of the header's UIDs, found or created, for the file's owner.
    async fn find_study(&self, owner: i64, header: Option<&DicomHeader>) -> Result<Choice, Error> {
        let Some((header, uid)) =
            header.and_then(|header| Some((header, header.study_instance_uid.clone()?)))
        else {
            return Ok(Choice::default());
        };
        let study = StudyHeader {
            uid,
            study_date: header.study_date.clone(),
            description: header.study_description.clone(),
            modality: header.modality.clone(),
        };
        let series = header.series_instance_uid.clone().map(|uid| SeriesHeader {
            uid,
            modality: header.modality.clone(),
            number: header.series_number,
            description: header.series_description.clone(),
        });
        self.app
            .references
            .find_or_create(owner, &study, series.as_ref())
            .await
    }
}

/// Why the file FAILED, worst first.
fn failure(
    file: &FileRecord,
    md5: &str,
    whole: bool,
    inspection: &Inspection,
) -> Option<StatusReason> {
    let (declared, came) = (file.declared_size, file.file_size);
    if declared != came {
        return Some(StatusReason::new(
            FailureCode::SizeMismatch,
            format!("{declared} bytes were declared and {came} came: upload the file again."),
        ));
    }
    if file
        .declared_md5
        .as_deref()
        .is_some_and(|declared| declared != md5)
    {
        return Some(FailureCode::ChecksumMismatch.into());
    }
    if file.declared_type.is_image() && inspection.file_type == imaging::FileType::Other {
        let message = format!(
            "This is not a {} file, and no other image that can be read.",
            file.declared_type.name()
        );
        return Some(StatusReason::new(FailureCode::NotAnImage, message));
    }
    match &inspection.outcome {
        Outcome::Failed(reason) if whole => Some(StatusReason::found(reason.code, &reason.message)),
        _ => None,
    }
}

fn type_mismatch(file: &FileRecord, inspection: &Inspection) -> Option<Warning> {
    let (declared, actual) = (file.declared_type, FileType::from(inspection.file_type));
    let differs = declared.is_image() && actual.is_image() && declared != actual;
    differs.then(|| {
        Warning::new(
            WarningCode::TypeMismatch,
            format!(
                "It was declared as {} and is {}.",
                declared.name(),
                actual.name()
            ),
        )
    })
}

/// From the bytes. If imaging does not know the type, what the uploader declared stays.
fn mime_type(file: &FileRecord, inspection: &Inspection) -> String {
    if inspection.file_type == imaging::FileType::Other && file.declared_type == FileType::Other {
        file.mime_type.clone()
    } else {
        inspection.mime_type.clone()
    }
}

fn warning(reason: &Reason) -> Warning {
    Warning::found(reason.code, &reason.message)
}

fn content_hash(bytes: &[u8]) -> String {
    text::hex(&Md5::digest(bytes))
}

/// What studies need of a header.
fn of_studies(header: &DicomHeader) -> Header {
    let cut = |text: &Option<String>| -> Option<String> {
        let text = text.as_ref()?;
        Some(text.chars().take(MAX_TEXT).collect())
    };
    Header {
        study_date: header.study_date.clone(),
        study_time: header.study_time.clone(),
        study_description: cut(&header.study_description),
        accession_number: cut(&header.accession_number),
        patient_sex: cut(&header.patient_sex),
        patient_birth_date: header.patient_birth_date.clone(),
        series_number: header.series_number,
        series_description: cut(&header.series_description),
        plane: header.position.map(|position| match position.plane {
            imaging::Plane::Transverse => Plane::Transverse,
            imaging::Plane::Coronal => Plane::Coronal,
            imaging::Plane::Sagittal => Plane::Sagittal,
        }),
        along: header.position.map(|position| position.along),
    }
}

fn dicom(header: &DicomHeader) -> Dicom {
    let header = header.clone();
    Dicom {
        patient_id: header.patient_id,
        patient_name: header.patient_name,
        study_instance_uid: header.study_instance_uid,
        series_instance_uid: header.series_instance_uid,
        sop_instance_uid: header.sop_instance_uid,
        sop_class_uid: header.sop_class_uid,
        transfer_syntax_uid: header.transfer_syntax_uid,
        instance_number: header.instance_number,
        rows: header.rows,
        columns: header.columns,
        number_of_frames: header.number_of_frames,
    }
}
