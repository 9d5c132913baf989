//! Studies and series of records that an older version wrote: text derived from the UID becomes the number of that UID.

use sha2::{Digest as _, Sha256};

use super::old_tables::{Kind, Old};
use super::references::References;
use super::studies::{SeriesHeader, StudyHeader};
use crate::domain::{Dicom, FileRecord, StoredId, text};
use crate::error::Error;

impl References {
    /// The record with numbers for studies and series: those of their UIDs, with rows of its owner about them. Only UIDs are taken from the rows
    /// that all owners shared, because what else they say may come from another owner's header. Text stays if its UID is not known.
    ///
    /// Doing it again changes nothing. The caller writes the record.
    pub async fn renumber(&self, mut file: FileRecord) -> Result<FileRecord, Error> {
        let owner = file.uploaded_by;
        if let Some(StoredId::Derived(old)) = file.series_id.clone() {
            if let Some((study_uid, series_uid)) = self.uids_of_series(&old, &file).await? {
                let found = self
                    .find_or_create(
                        owner,
                        &study_of(&file, study_uid.clone()),
                        Some(&series_of(&file, series_uid)),
                    )
                    .await?;
                file.series_id = found.series.map(StoredId::Drawn).or(file.series_id);
                let is_its_study = file
                    .study_id
                    .as_ref()
                    .is_none_or(|study| study.derived() == Some(&derived(&study_uid)));
                if is_its_study {
                    file.study_id = found.study.map(StoredId::Drawn).or(file.study_id);
                }
            } else {
                warn(&file, Kind::Series);
            }
        }
        if let Some(StoredId::Derived(old)) = file.study_id.clone() {
            if let Some(uid) = self.uid_of_study(&old, &file).await? {
                let header = study_of(&file, uid);
                let found = self.find_or_create(owner, &header, None).await?;
                file.study_id = found.study.map(StoredId::Drawn).or(file.study_id);
            } else {
                warn(&file, Kind::Study);
            }
        }
        Ok(file)
    }

    /// What an older version kept of these studies or series, in no order.
    pub async fn old_rows(&self, kind: Kind, ids: &[String]) -> Result<Vec<Old>, Error> {
        match &self.old {
            Some(old) => old.references(kind, ids).await,
            None => Ok(Vec::new()),
        }
    }

    async fn uid_of_study(&self, old: &str, file: &FileRecord) -> Result<Option<String>, Error> {
        if let Some(uid) = own_uid(file, |dicom| dicom.study_instance_uid.as_deref())
            && derived(uid) == old
        {
            return Ok(Some(uid.to_owned()));
        }
        let row = self.old_row(Kind::Study, old).await?;
        Ok(row.and_then(|row| row.study_instance_uid))
    }

    /// The UIDs of its study and of itself.
    async fn uids_of_series(
        &self,
        old: &str,
        file: &FileRecord,
    ) -> Result<Option<(String, String)>, Error> {
        let own = own_uid(file, |dicom| dicom.study_instance_uid.as_deref())
            .zip(own_uid(file, |dicom| dicom.series_instance_uid.as_deref()));
        if let Some((study, series)) = own
            && derived(series) == old
        {
            return Ok(Some((study.to_owned(), series.to_owned())));
        }
        let Some(row) = self.old_row(Kind::Series, old).await? else {
            return Ok(None);
        };
        let study = match &row.study_id {
            Some(study) => self.uid_of_study(study, file).await?,
            None => None,
        };
        Ok(study.zip(row.series_instance_uid))
    }

    async fn old_row(&self, kind: Kind, id: &str) -> Result<Option<Old>, Error> {
        match &self.old {
            Some(old) => old.reference(kind, id).await,
            None => Ok(None),
        }
    }
}

/// What an older version made of a UID.
fn derived(uid: &str) -> String {
    text::hex(&Sha256::digest(uid.as_bytes())[..10])
}

fn own_uid(file: &FileRecord, uid: fn(&Dicom) -> Option<&str>) -> Option<&str> {
    file.dicom.as_ref().and_then(uid)
}

fn study_of(file: &FileRecord, uid: String) -> StudyHeader {
    StudyHeader {
        uid,
        study_date: file.study_date.clone(),
        description: None,
        modality: file.modality.clone(),
    }
}

fn series_of(file: &FileRecord, uid: String) -> SeriesHeader {
    SeriesHeader {
        uid,
        modality: file.modality.clone(),
        number: None,
        description: None,
    }
}

fn warn(file: &FileRecord, kind: Kind) {
    tracing::warn!(
        file_id = file.id.number(),
        kind = kind.name(),
        "the UID of an older version's id is not known"
    );
}
