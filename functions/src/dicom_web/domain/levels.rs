//! The levels of a search, and what is answered of each (PS3.18, section 10.6.3.3).

use serde_json::{Value, json};

use super::asked::Asked;
use super::attribute::Tag;
use super::dataset::DataSet;

/// What a search finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Study,
    Series,
    Instance,
}

/// An attribute that is always answered: its tag, representation, and whether it is there without a value, too.
type Returned = (u32, &'static str, bool);

/// Of a study (table 10.6.3-3), and its description.
const OF_STUDY: &[Returned] = &[
    (0x0008_0005, "CS", false),
    (0x0008_0020, "DA", true),
    (0x0008_0030, "TM", true),
    (0x0008_0050, "SH", true),
    (0x0008_0056, "CS", false),
    (0x0008_0061, "CS", false),
    (0x0008_0090, "PN", true),
    (0x0008_0201, "SH", false),
    (0x0008_1030, "LO", false),
    (0x0008_1190, "UR", false),
    (0x0010_0010, "PN", true),
    (0x0010_0020, "LO", true),
    (0x0010_0030, "DA", true),
    (0x0010_0040, "CS", true),
    (0x0020_000D, "UI", false),
    (0x0020_0010, "SH", true),
    (0x0020_1206, "IS", false),
    (0x0020_1208, "IS", false),
];

/// Of a series (table 10.6.3-4).
const OF_SERIES: &[Returned] = &[
    (0x0008_0005, "CS", false),
    (0x0008_0060, "CS", true),
    (0x0008_0201, "SH", false),
    (0x0008_103E, "LO", false),
    (0x0008_1190, "UR", false),
    (0x0020_000D, "UI", false),
    (0x0020_000E, "UI", false),
    (0x0020_0011, "IS", true),
    (0x0020_1209, "IS", false),
    (0x0040_0244, "DA", false),
    (0x0040_0245, "TM", false),
    (0x0040_0275, "SQ", false),
];

/// Of an instance (table 10.6.3-5).
const OF_INSTANCE: &[Returned] = &[
    (0x0008_0005, "CS", false),
    (0x0008_0016, "UI", false),
    (0x0008_0018, "UI", false),
    (0x0008_0056, "CS", false),
    (0x0008_0201, "SH", false),
    (0x0008_1190, "UR", false),
    (0x0020_000D, "UI", false),
    (0x0020_000E, "UI", false),
    (0x0020_0013, "IS", true),
    (0x0028_0008, "IS", false),
    (0x0028_0010, "US", false),
    (0x0028_0011, "US", false),
    (0x0028_0100, "US", false),
];

/// What else belongs to a study and its patient (PS3.3, sections C.7.1 and C.7.2): `includefield=all` has it.
const MORE_OF_STUDY: &[u32] = &[
    0x0008_0051,
    0x0008_1032,
    0x0008_1048,
    0x0008_1060,
    0x0008_1080,
    0x0010_0021,
    0x0010_0024,
    0x0010_0032,
    0x0010_1000,
    0x0010_1001,
    0x0010_1002,
    0x0010_1010,
    0x0010_1020,
    0x0010_1030,
    0x0010_2160,
    0x0010_4000,
    0x0032_1060,
    0x0032_1064,
];

/// What else belongs to a series and its equipment (C.7.3 and C.7.5).
const MORE_OF_SERIES: &[u32] = &[
    0x0008_0021,
    0x0008_0031,
    0x0008_0070,
    0x0008_0080,
    0x0008_0081,
    0x0008_1010,
    0x0008_103F,
    0x0008_1040,
    0x0008_1050,
    0x0008_1070,
    0x0008_1090,
    0x0008_1111,
    0x0018_0015,
    0x0018_1000,
    0x0018_1020,
    0x0018_1030,
    0x0018_5100,
    0x0020_0052,
    0x0020_0060,
    0x0040_0254,
];

/// What is answered of each result.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Everything that the file says.
    everything: bool,
    returned: Vec<Returned>,
    more: Vec<Tag>,
}

impl Wanted {
    /// What a client that `asked` wants to know of a result of `level`. If its path does not name the study, the answer has the attributes of the study as well,
    /// and likewise those of the series.
    pub(crate) fn of(
        asked: &Asked,
        level: Level,
        (names_study, names_series): (bool, bool),
    ) -> Self {
        let mut returned: Vec<Returned> = match level {
            Level::Study => OF_STUDY.to_vec(),
            Level::Series => OF_SERIES.to_vec(),
            Level::Instance => OF_INSTANCE.to_vec(),
        };
        if level > Level::Series && !names_series {
            returned.extend(OF_SERIES);
        }
        if level > Level::Study && !names_study {
            returned.extend(OF_STUDY);
        }
        returned.sort_by_key(|(tag, ..)| *tag);
        returned.dedup_by_key(|(tag, ..)| *tag);
        let mut more: Vec<Tag> = asked
            .conditions
            .iter()
            .map(|condition| condition.attribute.root())
            .collect();
        more.extend(
            asked
                .include
                .attributes
                .iter()
                .map(super::attribute::Attribute::root),
        );
        if asked.include.all {
            more.extend(MORE_OF_STUDY.iter().copied().map(Tag));
            if level > Level::Study {
                more.extend(MORE_OF_SERIES.iter().copied().map(Tag));
            }
        }
        Self {
            everything: asked.include.all && level == Level::Instance,
            returned,
            more,
        }
    }

    /// Whether a file says what its record does not.
    pub(crate) fn keeps(&self, tag: &str) -> bool {
        let is = |wanted: &Tag| wanted.to_string() == tag;
        self.everything
            || self.returned.iter().any(|(wanted, ..)| is(&Tag(*wanted)))
            || self.more.iter().any(is)
    }

    /// What is answered: of what a file `said` and what is `known`, the latter counting more.
    pub(crate) fn answer(&self, said: DataSet, known: DataSet) -> DataSet {
        let mut all = said;
        all.extend(known);
        all.retain(|tag, _| self.keeps(tag));
        for (tag, representation, _) in self.returned.iter().filter(|(.., always)| *always) {
            let element = all.entry(Tag(*tag).to_string());
            element.or_insert_with(|| json!({ "vr": representation }));
        }
        // Sorted by tag, as a data set is.
        let mut sorted: Vec<(String, Value)> = all.into_iter().collect();
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        sorted.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::dataset::put_text;
    use super::*;

    fn asked(query: &[(&str, &str)]) -> Asked {
        let pairs: Vec<(String, String)> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Asked::read(&pairs).expect("a query")
    }

    #[test]
    fn what_is_answered_depends_on_what_is_asked_and_named() {
        for (query, level, names, tag, is_kept) in [
            (&[][..], Level::Study, (false, false), "00100010", true),
            (&[], Level::Study, (false, false), "00181030", false),
            (
                &[("includefield", "ProtocolName")],
                Level::Study,
                (false, false),
                "00181030",
                true,
            ),
            (
                &[("ProtocolName", "x")],
                Level::Study,
                (false, false),
                "00181030",
                true,
            ),
            (
                &[("includefield", "all")],
                Level::Study,
                (false, false),
                "00101010",
                true,
            ),
            (
                &[("includefield", "all")],
                Level::Study,
                (false, false),
                "00181030",
                false,
            ),
            (
                &[("includefield", "all")],
                Level::Series,
                (true, false),
                "00181030",
                true,
            ),
            (&[], Level::Series, (true, false), "00100010", false),
            (&[], Level::Series, (false, false), "00100010", true),
            (&[], Level::Instance, (true, true), "0008103E", false),
            (&[], Level::Instance, (true, false), "0008103E", true),
            (
                &[("includefield", "all")],
                Level::Instance,
                (true, true),
                "00091001",
                true,
            ),
        ] {
            let wanted = Wanted::of(&asked(query), level, names);
            assert_eq!(
                wanted.keeps(tag),
                is_kept,
                "{query:?} {level:?} {names:?} {tag}"
            );
        }
    }

    #[test]
    fn what_is_known_counts_more_than_what_one_file_says_and_what_nobody_knows_is_empty() {
        let wanted = Wanted::of(&asked(&[]), Level::Series, (true, false));
        let mut said = DataSet::new();
        put_text(&mut said, 0x0008_0060, "CS", Some("SR"));
        put_text(&mut said, 0x0009_1001, "LO", Some("private"));
        let mut known = DataSet::new();
        put_text(&mut known, 0x0008_0060, "CS", Some("CT"));
        let answer = Value::Object(wanted.answer(said, known));
        assert_eq!(
            answer,
            json!({"00080060": {"vr": "CS", "Value": ["CT"]}, "00200011": {"vr": "IS"}})
        );
    }
}
