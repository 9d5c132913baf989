//! Points in time: milliseconds since the Unix epoch, written as RFC 3339 in UTC.

use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Utc};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// One day in milliseconds.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The first and the last millisecond that RFC 3339 has a spelling for: of the years 0000 and 9999 (section 5.6).
const FIRST_MS: i64 = -62_167_219_200_000;
const LAST_MS: i64 = 253_402_300_799_999;

/// A point in time, to the millisecond. Stored as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// RFC 3339, UTC, `Z`, milliseconds: the only form the API sends.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// The UTC day, `YYYY-MM-DD`.
    #[must_use]
    pub fn day(self) -> String {
        self.utc().format("%Y-%m-%d").to_string()
    }

    /// This time plus `milliseconds`, at the end of what a number can hold if they lead beyond.
    #[must_use]
    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Seconds since the Unix epoch, as DynamoDB's time to live wants it.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// How many milliseconds this is after `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// A time outside the years 0000 to 9999 is shown as the nearest one inside.
    fn utc(self) -> DateTime<Utc> {
        let milliseconds = self.0.clamp(FIRST_MS, LAST_MS);
        DateTime::from_timestamp_millis(milliseconds).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// Which end of a range a date stands for: a plain date means the whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The first millisecond of the day.
    Start,
    /// The last millisecond of the day.
    End,
}

/// Reads `YYYY-MM-DD` (that day in `zone`) or an RFC 3339 time (taken as it is).
///
/// # Errors
/// A sentence for the caller when the text is neither.
pub fn parse_edge(text: &str, edge: Edge, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return day_edge(day, edge, zone).ok_or_else(|| "is out of range".to_owned());
    }
    // A `+` that was not percent-encoded arrives as a space.
    let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).map_err(|_| {
        "must be a date (2026-01-05) or an RFC 3339 time (2026-01-05T14:30:22Z)".to_owned()
    })?;
    // An end given to the second includes that second's milliseconds only when it says so: it is taken as it is.
    Ok(Timestamp(time.timestamp_millis()))
}

/// A day's edge in `zone`. A day that begins inside a daylight-saving gap begins at the first time that exists.
fn day_edge(day: NaiveDate, edge: Edge, zone: &TimeZone) -> Option<Timestamp> {
    match edge {
        Edge::Start => begin_in(day, zone).or_else(|| {
            // After the year 9999 no zone is known.
            let begin = day.and_hms_opt(0, 0, 0)?.and_utc();
            Some(Timestamp(begin.timestamp_millis()))
        }),
        Edge::End => {
            let next = day.succ_opt()?;
            day_edge(next, Edge::Start, zone).map(|time| time.plus(-1))
        }
    }
}

fn begin_in(day: NaiveDate, zone: &TimeZone) -> Option<Timestamp> {
    let (month, date) = (day.month().try_into().ok()?, day.day().try_into().ok()?);
    let day = Date::new(day.year().try_into().ok()?, month, date).ok()?;
    let begin = day.to_zoned(zone.clone()).ok()?;
    Some(Timestamp(begin.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_date_is_the_whole_day_in_the_zone() {
        let zone = &TimeZone::get("Asia/Shanghai").unwrap();
        let start = parse_edge("2026-01-05", Edge::Start, zone).unwrap();
        let end = parse_edge("2026-01-05", Edge::End, zone).unwrap();
        assert_eq!(start.rfc3339(), "2026-01-04T16:00:00.000Z");
        assert_eq!(end.rfc3339(), "2026-01-05T15:59:59.999Z");
    }

    #[test]
    fn a_day_that_starts_in_a_daylight_saving_gap_starts_when_the_clock_does() {
        // Cuba moves its clock at midnight.
        let zone = TimeZone::get("America/Havana").unwrap();
        let start = parse_edge("2026-03-08", Edge::Start, &zone).unwrap();
        assert_eq!(start.rfc3339(), "2026-03-08T05:00:00.000Z");
    }

    #[test]
    fn the_last_day_of_all_is_a_day() {
        let end = parse_edge("9999-12-31", Edge::End, &TimeZone::UTC).unwrap();
        assert_eq!(end.rfc3339(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_time_beyond_all_calendars_is_the_last_one_and_never_an_early_one() {
        let first = Timestamp(i64::MIN).plus(-1);
        let last = Timestamp(i64::MAX).plus(DAY_MS);
        assert_eq!(first.rfc3339(), "0000-01-01T00:00:00.000Z");
        assert_eq!(last.rfc3339(), "9999-12-31T23:59:59.999Z");
        assert_eq!(
            (first.day(), last.day()),
            ("0000-01-01".to_owned(), "9999-12-31".to_owned())
        );
        assert_eq!(last.since(first), i64::MAX);
    }

    #[test]
    fn a_plus_that_became_a_space_is_still_an_offset() {
        let time = parse_edge("2026-01-05T14:30:22 08:00", Edge::Start, &TimeZone::UTC).unwrap();
        assert_eq!(time.rfc3339(), "2026-01-05T06:30:22.000Z");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-01-05T25:00:00Z",
            "20260105",
        ] {
            assert!(
                parse_edge(text, Edge::Start, &TimeZone::UTC).is_err(),
                "{text}"
            );
        }
    }
}
