//! Reads the facts of a DICOM header a record keeps.

use super::element::DataSet;
use super::tag::{self, Tag};
use crate::DicomHeader;
use crate::charset::{CharacterSet, Charset};
use crate::position::Position;

/// Longest text a header value keeps, in characters: LT, the longest bounded representation, has 10,240 (PS3.5 6.2);
/// what a record shows needs far less.
const MAX_TEXT: usize = 1024;

/// The texts that are kept, which are all in the character sets of the data set.
const TEXTS: [Tag; 6] = [
    tag::PATIENT_NAME,
    tag::PATIENT_ID,
    tag::STUDY_DESCRIPTION,
    tag::SERIES_DESCRIPTION,
    tag::BODY_PART,
    tag::ACCESSION_NUMBER,
];

impl DicomHeader {
    /// The facts of a header, and whether the character set of its texts was guessed. Texts that declare none are expected
    /// to be in `default`.
    pub(crate) fn new(
        meta: &DataSet,
        data_set: &DataSet,
        default: Option<Charset>,
    ) -> (Self, bool) {
        let (charset, guessed) = character_set(data_set, default);
        let text = |tag: Tag| {
            let text: String = charset
                .decode(data_set.bytes(tag)?)
                .chars()
                .take(MAX_TEXT)
                .collect();
            (!text.is_empty()).then_some(text)
        };
        let code = |tag| short(data_set.ascii(tag));
        let header = Self {
            patient_id: text(tag::PATIENT_ID),
            patient_name: text(tag::PATIENT_NAME),
            patient_birth_date: code(tag::PATIENT_BIRTH_DATE).as_deref().and_then(date),
            patient_sex: code(tag::PATIENT_SEX),
            study_instance_uid: code(tag::STUDY_INSTANCE_UID),
            series_instance_uid: code(tag::SERIES_INSTANCE_UID),
            sop_instance_uid: code(tag::SOP_INSTANCE_UID)
                .or_else(|| short(meta.ascii(tag::MEDIA_SOP_INSTANCE_UID))),
            sop_class_uid: code(tag::SOP_CLASS_UID)
                .or_else(|| short(meta.ascii(tag::MEDIA_SOP_CLASS_UID))),
            transfer_syntax_uid: short(meta.ascii(tag::TRANSFER_SYNTAX_UID)),
            instance_number: data_set.integer(tag::INSTANCE_NUMBER),
            rows: data_set.unsigned(tag::ROWS),
            columns: data_set.unsigned(tag::COLUMNS),
            number_of_frames: data_set.unsigned(tag::NUMBER_OF_FRAMES),
            modality: code(tag::MODALITY),
            body_part: text(tag::BODY_PART),
            study_date: code(tag::STUDY_DATE).as_deref().and_then(date),
            study_time: code(tag::STUDY_TIME).as_deref().and_then(time),
            study_description: text(tag::STUDY_DESCRIPTION),
            series_description: text(tag::SERIES_DESCRIPTION),
            series_number: data_set.integer(tag::SERIES_NUMBER),
            accession_number: text(tag::ACCESSION_NUMBER),
            position: position(data_set),
        };
        (header, guessed)
    }
}

fn position(data_set: &DataSet) -> Option<Position> {
    let corner = data_set.numbers(tag::IMAGE_POSITION);
    let directions = data_set.numbers(tag::IMAGE_ORIENTATION);
    Position::new(
        corner.first_chunk::<3>().copied()?,
        directions.first_chunk::<6>().copied()?,
    )
}

/// The character set of the header's texts, and whether it was guessed.
fn character_set(data_set: &DataSet, default: Option<Charset>) -> (CharacterSet, bool) {
    let texts = TEXTS.map(|tag| data_set.bytes(tag).unwrap_or_default());
    CharacterSet::of(data_set.bytes(tag::CHARACTER_SET), default, &texts)
}

/// The same, if a text that is not ASCII has shown that it is the right one.
pub(super) fn proven_set(data_set: &DataSet, default: Option<Charset>) -> Option<CharacterSet> {
    let texts = TEXTS.iter().filter_map(|tag| data_set.bytes(*tag));
    let mut telling = texts.filter(|text| !text.is_ascii());
    telling.next()?;
    Some(character_set(data_set, default).0)
}

fn short(text: Option<String>) -> Option<String> {
    text.map(|text| text.chars().take(MAX_TEXT).collect())
}

/// DA (`YYYYMMDD`, and `YYYY.MM.DD` of ACR-NEMA) as `YYYY-MM-DD`; `None` when it is no date of the calendar.
fn date(value: &str) -> Option<String> {
    let digits: String = value.chars().filter(|c| *c != '.' && *c != '-').collect();
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (year, month, day): (u32, u32, u32) = (
        digits[..4].parse().ok()?,
        digits[4..6].parse().ok()?,
        digits[6..].parse().ok()?,
    );
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => 0,
    };
    (year > 0 && (1..=days).contains(&day)).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// TM (`HHMMSS.FFFFFF`, shortened from the right, or with colons) as `HH:MM:SS`.
fn time(value: &str) -> Option<String> {
    let digits: String = value
        .split('.')
        .next()?
        .chars()
        .filter(|c| *c != ':')
        .collect();
    if !matches!(digits.len(), 2 | 4 | 6) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2).unwrap_or("00").to_owned();
    let (hours, minutes, seconds) = (part(0), part(2), part(4));
    // Second 60 is a leap second (PS3.5 6.2).
    (hours.as_str() < "24" && minutes.as_str() < "60" && seconds.as_str() <= "60")
        .then(|| format!("{hours}:{minutes}:{seconds}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_when_they_exist() {
        assert_eq!(date("20260105").as_deref(), Some("2026-01-05"));
        assert_eq!(date("1997.04.24").as_deref(), Some("1997-04-24"));
        assert_eq!(date("20240229").as_deref(), Some("2024-02-29"));
        for wrong in [
            "20230229",
            "20261301",
            "20260100",
            "2026",
            "2026010x",
            "２０２６０１０５",
        ] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_read_when_they_exist() {
        assert_eq!(time("143022.123456").as_deref(), Some("14:30:22"));
        assert_eq!(time("14").as_deref(), Some("14:00:00"));
        assert_eq!(time("14:30:22").as_deref(), Some("14:30:22"));
        for wrong in ["250000", "1460", "1", "14302"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
