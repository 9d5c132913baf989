//! Attributes in queries: by keyword or by tag, and inside sequences with a dot between (PS3.18, section 8.3.4.1).

use std::fmt;
use std::str::FromStr;

use dicom_core::dictionary::{
    DataDictionary as _, DataDictionaryEntry as _, DataDictionaryEntryRef,
};
use dicom_dictionary_std::StandardDataDictionary;

/// The tag of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tag(pub(crate) u32);

/// An attribute, outermost sequence first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute(pub(crate) Vec<Tag>);

/// Deepest attribute that may be asked for.
const MOST_LEVELS: usize = 8;

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}", self.0)
    }
}

impl Tag {
    /// The tag of these halves.
    pub(crate) fn of(group: u16, element: u16) -> Self {
        Self(u32::from(group) << 16 | u32::from(element))
    }

    /// The upper half.
    pub(crate) const fn group(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The lower half.
    pub(crate) const fn element(self) -> u16 {
        (self.0 & 0xFFFF) as u16
    }

    /// Its keyword in the standard (PS3.6, chapter 6).
    pub(crate) fn keyword(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.alias)
    }

    /// Its value representation in the standard. Of those that depend on others it is the one that is more common.
    pub(crate) fn representation(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.vr.relaxed().to_string())
    }

    /// What the standard says of it. It says nothing of private attributes.
    fn entry(self) -> Option<&'static DataDictionaryEntryRef<'static>> {
        let is_public = self.group().is_multiple_of(2);
        let tag = (self.group(), self.element()).into();
        is_public
            .then(|| StandardDataDictionary.by_tag(tag))
            .flatten()
    }
}

impl FromStr for Tag {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(entry) = StandardDataDictionary.by_name(text) {
            let dicom_core::Tag(group, element) = entry.tag();
            return Ok(Self::of(group, element));
        }
        let is_tag = text.len() == 8 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = is_tag.then(|| u32::from_str_radix(text, 16).ok());
        number.flatten().map(Self).ok_or(())
    }
}

impl Attribute {
    /// The attribute of the data set that it is in, or that it is.
    pub(crate) fn root(&self) -> Tag {
        self.0[0]
    }

    /// Its own tag.
    pub(crate) fn last(&self) -> Tag {
        self.0[self.0.len() - 1]
    }
}

impl FromStr for Attribute {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "is no parameter here, and neither an attribute's keyword nor its tag, such as PatientName or 00100010";
        let parts = text.split('.').take(MOST_LEVELS + 1);
        let tags: Vec<Tag> = parts
            .map(str::parse)
            .collect::<Result<_, ()>>()
            .map_err(|()| EXPECTED)?;
        if tags.len() > MOST_LEVELS {
            return Err("is inside more than 8 sequences");
        }
        Ok(Self(tags))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_a_keyword_or_a_tag_and_may_be_inside_sequences() {
        for (text, tags) in [
            ("PatientName", Some(vec![0x0010_0010])),
            ("00100010", Some(vec![0x0010_0010])),
            ("7fe00010", Some(vec![0x7FE0_0010])),
            (
                "RequestAttributesSequence.ScheduledProcedureStepID",
                Some(vec![0x0040_0275, 0x0040_0009]),
            ),
            (
                "00400275.RequestedProcedureID",
                Some(vec![0x0040_0275, 0x0040_1001]),
            ),
            ("patientname", None),
            ("staus", None),
            ("0010001", None),
            ("+0100010", None),
            ("PatientName.", None),
            ("", None),
        ] {
            let read = text.parse::<Attribute>().ok();
            let expected = tags.map(|tags| Attribute(tags.into_iter().map(Tag).collect()));
            assert_eq!(read, expected, "{text:?}");
        }
        let deep = ["00400275"; 9].join(".");
        assert!(deep.parse::<Attribute>().is_err());
    }

    #[test]
    fn a_tag_is_written_as_json_names_it() {
        assert_eq!(Tag(0x0008_103E).to_string(), "0008103E");
        assert_eq!(Tag(0x0008_0020).representation(), Some("DA"));
        assert_eq!(Tag(0x0009_0020).representation(), None);
    }
}
