//! The order in which the files of a study are read, as text: the order of its bytes is the reading order.
//!
//! First the series by their numbers, and series of one number one after the other. Within a series images of one plane stand together, along the
//! normal of the plane, and what has no place follows. Images of one place (phases, echoes) follow each other by their instance numbers, and what has
//! the same number in the order in which it came.

use super::header::Plane;
use super::{FileRecord, SeriesId};

/// Behind every digit and letter: what has no value comes last.
const NONE: &str = "~";

/// The place of a file in its study.
#[must_use]
pub fn of(file: &FileRecord) -> String {
    let header = file.header.as_ref();
    let series_number = header.and_then(|header| header.series_number);
    let place = header.and_then(|header| header.plane.zip(header.along));
    let instance = file.dicom.as_ref().and_then(|dicom| dicom.instance_number);
    format!(
        "{}{}#{}#{:014x}",
        of_series(series_number, file.series()),
        place.map_or_else(|| NONE.to_owned(), placed),
        instance.map_or_else(|| NONE.to_owned(), of_number),
        file.id.number(),
    )
}

/// How the places of a series' files begin whose headers say this number.
#[must_use]
pub fn of_series(number: Option<i64>, series: Option<SeriesId>) -> String {
    let number = number.map_or_else(|| NONE.to_owned(), of_number);
    let series = series.map_or_else(
        || NONE.to_owned(),
        |series| format!("{:014x}", series.number()),
    );
    format!("{number}#{series}#")
}

/// IS has 32 bits (PS3.5 6.2); a number beyond stands with the largest or smallest.
fn of_number(number: i64) -> String {
    let number = number.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    format!("{:08x}", number - i64::from(i32::MIN))
}

/// Twelve digits are more than any place needs (`imaging::dicom::Position`).
fn placed((plane, along): (Plane, i64)) -> String {
    const MIDDLE: i64 = 1 << 47;
    let plane = match plane {
        Plane::Transverse => 'a',
        Plane::Coronal => 'b',
        Plane::Sagittal => 'c',
    };
    format!("{plane}{:012x}", along.clamp(-MIDDLE, MIDDLE - 1) + MIDDLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::header::Header;
    use crate::domain::new_file::tests::record;
    use crate::domain::{Dicom, FileId, Status};

    type Place = Option<(Plane, i64)>;

    fn file(
        id: u64,
        (number, series): (Option<i64>, Option<u64>),
        place: Place,
        instance: Option<i64>,
    ) -> FileRecord {
        let mut file = record(Status::Processed);
        file.id = FileId::from_number(id).expect("an id");
        file.belong_to(None, series.and_then(SeriesId::from_number));
        file.header = Some(Header {
            series_number: number,
            plane: place.map(|(plane, _)| plane),
            along: place.map(|(_, along)| along),
            ..Header::default()
        });
        file.dicom = Some(Dicom {
            instance_number: instance,
            ..Dicom::default()
        });
        file
    }

    /// Each line is read before the next one.
    #[test]
    fn files_are_read_by_series_then_place_then_number_then_arrival() {
        let one = (Some(1), Some(9));
        let transverse = |along| Some((Plane::Transverse, along));
        let in_order = vec![
            // Series by their numbers, negative ones first, huge ones behind all others.
            file(90, (Some(i64::MIN), Some(9)), None, None),
            file(91, (Some(-3), Some(9)), transverse(5), Some(5)),
            file(92, (Some(0), Some(9)), None, Some(5)),
            // Images of a plane along its normal, negative places first, whatever their numbers say.
            file(50, one, transverse(i64::MIN), Some(9)),
            file(51, one, transverse(-1000), Some(9)),
            file(52, one, transverse(-999), Some(8)),
            file(53, one, transverse(0), Some(7)),
            // One place: by instance number, and the same number twice as they came.
            file(60, one, transverse(250), Some(-1)),
            file(54, one, transverse(250), Some(2)),
            file(55, one, transverse(250), Some(2)),
            file(56, one, transverse(250), Some(10)),
            file(57, one, transverse(250), None),
            file(58, one, transverse(i64::MAX), Some(1)),
            // Other planes of a scout stand together.
            file(40, one, Some((Plane::Coronal, -7)), Some(1)),
            file(41, one, Some((Plane::Coronal, 7)), Some(1)),
            file(42, one, Some((Plane::Sagittal, 0)), Some(1)),
            // No place: by number, and without a number as they came.
            file(32, one, None, Some(1)),
            file(31, one, None, Some(2)),
            file(30, one, None, Some(i64::MAX)),
            file(33, one, None, None),
            file(34, one, None, None),
            // Another series of the same number is not mixed with the first one.
            file(20, (Some(1), Some(10)), transverse(-9000), Some(1)),
            file(21, (Some(1), None), None, Some(1)),
            file(10, (Some(2), Some(8)), None, None),
            file(11, (Some(10), Some(7)), None, None),
            file(12, (Some(i64::MAX), Some(6)), None, None),
            // Without a number.
            file(1, (None, Some(5)), transverse(1), Some(1)),
            file(2, (None, None), None, None),
        ];
        let places: Vec<String> = in_order.iter().map(of).collect();
        for (pair, files) in places.windows(2).zip(in_order.windows(2)) {
            assert!(pair[0] < pair[1], "{pair:?} of {:?}", files[1].id);
        }
        let plain = record(Status::Uploading);
        assert_eq!(of(&plain), "~#~#~#~#00000000000001");
    }

    #[test]
    fn the_files_of_a_series_begin_alike() {
        let series = SeriesId::from_number(9);
        for number in [None, Some(-1), Some(0), Some(7), Some(i64::MAX)] {
            let place = of(&file(5, (number, Some(9)), None, Some(1)));
            assert!(place.starts_with(&of_series(number, series)), "{place}");
        }
    }
}
