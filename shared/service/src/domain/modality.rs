//! Which modalities have a counter of their own. A caller may write any code string into `modality`: if each got a counter, one user could
//! let the counters of everybody grow without end.

/// The defined terms of Modality (0008,0060), current and retired
/// (PS3.3, C.7.3.1.1.1: <https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.3.html#sect_C.7.3.1.1.1>). Sorted.
pub const COUNTED: [&str; 97] = [
    "ANN",
    "AR",
    "AS",
    "ASMT",
    "AU",
    "BDUS",
    "BI",
    "BMD",
    "CD",
    "CF",
    "CFM",
    "CP",
    "CR",
    "CS",
    "CT",
    "CTPROTOCOL",
    "DD",
    "DF",
    "DG",
    "DM",
    "DMS",
    "DOC",
    "DS",
    "DX",
    "EC",
    "ECG",
    "EEG",
    "EMG",
    "EOG",
    "EPS",
    "ES",
    "FA",
    "FID",
    "FS",
    "GM",
    "HC",
    "HD",
    "IO",
    "IOL",
    "IVOCT",
    "IVUS",
    "KER",
    "KO",
    "LEN",
    "LP",
    "LS",
    "M3D",
    "MA",
    "MG",
    "MR",
    "MS",
    "NM",
    "OAM",
    "OCT",
    "OP",
    "OPM",
    "OPR",
    "OPT",
    "OPTBSV",
    "OPTENF",
    "OPV",
    "OSS",
    "OT",
    "PA",
    "PLAN",
    "POS",
    "PR",
    "PT",
    "PX",
    "REG",
    "RESP",
    "RF",
    "RG",
    "RTDOSE",
    "RTIMAGE",
    "RTINTENT",
    "RTPLAN",
    "RTRAD",
    "RTRECORD",
    "RTSEGANN",
    "RTSTRUCT",
    "RWV",
    "SEG",
    "SM",
    "SMR",
    "SR",
    "SRF",
    "ST",
    "STAIN",
    "TEXTUREMAP",
    "TG",
    "US",
    "VA",
    "VF",
    "XA",
    "XAPROTOCOL",
    "XC",
];

/// What every other modality counts as.
pub const OTHER: &str = "OTHER";

/// Whether a modality has a counter of its own.
#[must_use]
pub fn is_counted(modality: &str) -> bool {
    COUNTED.binary_search(&modality).is_ok()
}

/// The modality under which this one is counted: itself, or [`OTHER`].
#[must_use]
pub fn counted_as(modality: &str) -> &str {
    if is_counted(modality) {
        modality
    } else {
        OTHER
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Modality;

    #[test]
    fn the_list_is_sorted_and_every_term_is_a_modality() {
        assert!(COUNTED.is_sorted_by(|a, b| a < b));
        for term in COUNTED {
            assert!(Modality::parse(term).is_ok(), "{term}");
        }
    }

    #[test]
    fn a_defined_term_counts_as_itself_and_anything_else_as_other() {
        for (modality, counted) in [
            ("CT", "CT"),
            ("XAPROTOCOL", "XAPROTOCOL"),
            ("ST", "ST"),
            ("ct", OTHER),
            ("CT1", OTHER),
            ("", OTHER),
            ("OTHER", OTHER),
        ] {
            assert_eq!(counted_as(modality), counted, "{modality}");
        }
    }
}
