//! Attributes in queries: by keyword or by tag, and inside sequences with a dot between (PS3.18, section 8.3.4.1).

use std::fmt;
use std::str::FromStr;

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
    /// Its value representation, if its keyword is known here.
    pub(crate) fn representation(self) -> Option<&'static str> {
        let known = KNOWN.iter().find(|(tag, ..)| *tag == self.0);
        known.map(|(_, representation, _)| *representation)
    }
}

impl FromStr for Tag {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some((tag, ..)) = KNOWN.iter().find(|(.., keyword)| *keyword == text) {
            return Ok(Self(*tag));
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
        const EXPECTED: &str = "is no parameter here, and no attribute by a keyword that this service knows: write its tag, such as 00100010";
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

/// Attributes that may be named by their keywords (PS3.6, chapter 6): those of patients, studies, series and images that archives are asked for.
/// All others have tags.
const KNOWN: &[(u32, &str, &str)] = &[
    (0x0008_0005, "CS", "SpecificCharacterSet"),
    (0x0008_0008, "CS", "ImageType"),
    (0x0008_0012, "DA", "InstanceCreationDate"),
    (0x0008_0013, "TM", "InstanceCreationTime"),
    (0x0008_0016, "UI", "SOPClassUID"),
    (0x0008_0018, "UI", "SOPInstanceUID"),
    (0x0008_0020, "DA", "StudyDate"),
    (0x0008_0021, "DA", "SeriesDate"),
    (0x0008_0022, "DA", "AcquisitionDate"),
    (0x0008_0023, "DA", "ContentDate"),
    (0x0008_002A, "DT", "AcquisitionDateTime"),
    (0x0008_0030, "TM", "StudyTime"),
    (0x0008_0031, "TM", "SeriesTime"),
    (0x0008_0032, "TM", "AcquisitionTime"),
    (0x0008_0033, "TM", "ContentTime"),
    (0x0008_0050, "SH", "AccessionNumber"),
    (0x0008_0051, "SQ", "IssuerOfAccessionNumberSequence"),
    (0x0008_0056, "CS", "InstanceAvailability"),
    (0x0008_0060, "CS", "Modality"),
    (0x0008_0061, "CS", "ModalitiesInStudy"),
    (0x0008_0062, "UI", "SOPClassesInStudy"),
    (0x0008_0068, "CS", "PresentationIntentType"),
    (0x0008_0070, "LO", "Manufacturer"),
    (0x0008_0080, "LO", "InstitutionName"),
    (0x0008_0081, "ST", "InstitutionAddress"),
    (0x0008_0090, "PN", "ReferringPhysicianName"),
    (0x0008_0100, "SH", "CodeValue"),
    (0x0008_0102, "SH", "CodingSchemeDesignator"),
    (0x0008_0104, "LO", "CodeMeaning"),
    (0x0008_0201, "SH", "TimezoneOffsetFromUTC"),
    (0x0008_1010, "SH", "StationName"),
    (0x0008_1030, "LO", "StudyDescription"),
    (0x0008_1032, "SQ", "ProcedureCodeSequence"),
    (0x0008_103E, "LO", "SeriesDescription"),
    (0x0008_103F, "SQ", "SeriesDescriptionCodeSequence"),
    (0x0008_1040, "LO", "InstitutionalDepartmentName"),
    (0x0008_1048, "PN", "PhysiciansOfRecord"),
    (0x0008_1050, "PN", "PerformingPhysicianName"),
    (0x0008_1060, "PN", "NameOfPhysiciansReadingStudy"),
    (0x0008_1070, "PN", "OperatorsName"),
    (0x0008_1080, "LO", "AdmittingDiagnosesDescription"),
    (0x0008_1090, "LO", "ManufacturerModelName"),
    (0x0008_1110, "SQ", "ReferencedStudySequence"),
    (
        0x0008_1111,
        "SQ",
        "ReferencedPerformedProcedureStepSequence",
    ),
    (0x0008_1115, "SQ", "ReferencedSeriesSequence"),
    (0x0008_1140, "SQ", "ReferencedImageSequence"),
    (0x0008_1150, "UI", "ReferencedSOPClassUID"),
    (0x0008_1155, "UI", "ReferencedSOPInstanceUID"),
    (0x0008_1190, "UR", "RetrieveURL"),
    (0x0008_2111, "ST", "DerivationDescription"),
    (0x0010_0010, "PN", "PatientName"),
    (0x0010_0020, "LO", "PatientID"),
    (0x0010_0021, "LO", "IssuerOfPatientID"),
    (0x0010_0024, "SQ", "IssuerOfPatientIDQualifiersSequence"),
    (0x0010_0030, "DA", "PatientBirthDate"),
    (0x0010_0032, "TM", "PatientBirthTime"),
    (0x0010_0040, "CS", "PatientSex"),
    (0x0010_1000, "LO", "OtherPatientIDs"),
    (0x0010_1001, "PN", "OtherPatientNames"),
    (0x0010_1002, "SQ", "OtherPatientIDsSequence"),
    (0x0010_1010, "AS", "PatientAge"),
    (0x0010_1020, "DS", "PatientSize"),
    (0x0010_1030, "DS", "PatientWeight"),
    (0x0010_2160, "SH", "EthnicGroup"),
    (0x0010_4000, "LT", "PatientComments"),
    (0x0018_0010, "LO", "ContrastBolusAgent"),
    (0x0018_0015, "CS", "BodyPartExamined"),
    (0x0018_0050, "DS", "SliceThickness"),
    (0x0018_0060, "DS", "KVP"),
    (0x0018_0081, "DS", "EchoTime"),
    (0x0018_0080, "DS", "RepetitionTime"),
    (0x0018_0087, "DS", "MagneticFieldStrength"),
    (0x0018_0088, "DS", "SpacingBetweenSlices"),
    (0x0018_1000, "LO", "DeviceSerialNumber"),
    (0x0018_1020, "LO", "SoftwareVersions"),
    (0x0018_1030, "LO", "ProtocolName"),
    (0x0018_1164, "DS", "ImagerPixelSpacing"),
    (0x0018_5100, "CS", "PatientPosition"),
    (0x0018_5101, "CS", "ViewPosition"),
    (0x0020_000D, "UI", "StudyInstanceUID"),
    (0x0020_000E, "UI", "SeriesInstanceUID"),
    (0x0020_0010, "SH", "StudyID"),
    (0x0020_0011, "IS", "SeriesNumber"),
    (0x0020_0012, "IS", "AcquisitionNumber"),
    (0x0020_0013, "IS", "InstanceNumber"),
    (0x0020_0032, "DS", "ImagePositionPatient"),
    (0x0020_0037, "DS", "ImageOrientationPatient"),
    (0x0020_0052, "UI", "FrameOfReferenceUID"),
    (0x0020_0060, "CS", "Laterality"),
    (0x0020_0062, "CS", "ImageLaterality"),
    (0x0020_1041, "DS", "SliceLocation"),
    (0x0020_1206, "IS", "NumberOfStudyRelatedSeries"),
    (0x0020_1208, "IS", "NumberOfStudyRelatedInstances"),
    (0x0020_1209, "IS", "NumberOfSeriesRelatedInstances"),
    (0x0020_4000, "LT", "ImageComments"),
    (0x0028_0002, "US", "SamplesPerPixel"),
    (0x0028_0004, "CS", "PhotometricInterpretation"),
    (0x0028_0008, "IS", "NumberOfFrames"),
    (0x0028_0010, "US", "Rows"),
    (0x0028_0011, "US", "Columns"),
    (0x0028_0030, "DS", "PixelSpacing"),
    (0x0028_0100, "US", "BitsAllocated"),
    (0x0028_0101, "US", "BitsStored"),
    (0x0028_0102, "US", "HighBit"),
    (0x0028_0103, "US", "PixelRepresentation"),
    (0x0028_1050, "DS", "WindowCenter"),
    (0x0028_1051, "DS", "WindowWidth"),
    (0x0028_1052, "DS", "RescaleIntercept"),
    (0x0028_1053, "DS", "RescaleSlope"),
    (0x0032_1060, "LO", "RequestedProcedureDescription"),
    (0x0032_1064, "SQ", "RequestedProcedureCodeSequence"),
    (0x0040_0009, "SH", "ScheduledProcedureStepID"),
    (0x0040_0244, "DA", "PerformedProcedureStepStartDate"),
    (0x0040_0245, "TM", "PerformedProcedureStepStartTime"),
    (0x0040_0254, "LO", "PerformedProcedureStepDescription"),
    (0x0040_0275, "SQ", "RequestAttributesSequence"),
    (0x0040_1001, "SH", "RequestedProcedureID"),
    (0x0040_A043, "SQ", "ConceptNameCodeSequence"),
    (0x0040_A491, "CS", "CompletionFlag"),
    (0x0040_A493, "CS", "VerificationFlag"),
    (0x0042_0010, "ST", "DocumentTitle"),
    (0x0070_0080, "CS", "ContentLabel"),
    (0x0070_0081, "LO", "ContentDescription"),
    (0x0070_0084, "PN", "ContentCreatorName"),
];

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
    fn no_keyword_and_no_tag_is_there_twice() {
        for (index, (tag, _, keyword)) in KNOWN.iter().enumerate() {
            let mut others = KNOWN[index + 1..].iter();
            assert!(
                !others.any(|other| other.0 == *tag || other.2 == *keyword),
                "{keyword}"
            );
        }
    }

    #[test]
    fn a_tag_is_written_as_json_names_it() {
        assert_eq!(Tag(0x0008_103E).to_string(), "0008103E");
        assert_eq!(Tag(0x0008_0020).representation(), Some("DA"));
        assert_eq!(Tag(0x0009_0020).representation(), None);
    }
}
