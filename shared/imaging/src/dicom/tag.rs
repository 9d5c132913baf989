//! Data element tags this crate reads (DICOM PS3.6), and which of them are kept where.

/// `(group, element)` as one number: `0x0008_0005` is (0008,0005).
pub(crate) type Tag = u32;

pub(crate) const TRANSFER_SYNTAX_UID: Tag = 0x0002_0010;
pub(crate) const MEDIA_SOP_CLASS_UID: Tag = 0x0002_0002;
pub(crate) const MEDIA_SOP_INSTANCE_UID: Tag = 0x0002_0003;
pub(crate) const CHARACTER_SET: Tag = 0x0008_0005;
pub(crate) const SOP_CLASS_UID: Tag = 0x0008_0016;
pub(crate) const SOP_INSTANCE_UID: Tag = 0x0008_0018;
pub(crate) const STUDY_DATE: Tag = 0x0008_0020;
pub(crate) const STUDY_TIME: Tag = 0x0008_0030;
pub(crate) const ACCESSION_NUMBER: Tag = 0x0008_0050;
pub(crate) const MODALITY: Tag = 0x0008_0060;
pub(crate) const STUDY_DESCRIPTION: Tag = 0x0008_1030;
pub(crate) const SERIES_DESCRIPTION: Tag = 0x0008_103E;
pub(crate) const PATIENT_NAME: Tag = 0x0010_0010;
pub(crate) const PATIENT_ID: Tag = 0x0010_0020;
pub(crate) const PATIENT_BIRTH_DATE: Tag = 0x0010_0030;
pub(crate) const PATIENT_SEX: Tag = 0x0010_0040;
pub(crate) const BODY_PART: Tag = 0x0018_0015;
pub(crate) const IMAGER_PIXEL_SPACING: Tag = 0x0018_1164;
pub(crate) const NOMINAL_SCANNED_PIXEL_SPACING: Tag = 0x0018_2010;
pub(crate) const STUDY_INSTANCE_UID: Tag = 0x0020_000D;
pub(crate) const SERIES_INSTANCE_UID: Tag = 0x0020_000E;
pub(crate) const SERIES_NUMBER: Tag = 0x0020_0011;
pub(crate) const INSTANCE_NUMBER: Tag = 0x0020_0013;
pub(crate) const IMAGE_POSITION: Tag = 0x0020_0032;
pub(crate) const IMAGE_ORIENTATION: Tag = 0x0020_0037;
pub(crate) const SAMPLES_PER_PIXEL: Tag = 0x0028_0002;
pub(crate) const PHOTOMETRIC_INTERPRETATION: Tag = 0x0028_0004;
pub(crate) const PLANAR_CONFIGURATION: Tag = 0x0028_0006;
pub(crate) const NUMBER_OF_FRAMES: Tag = 0x0028_0008;
pub(crate) const ROWS: Tag = 0x0028_0010;
pub(crate) const COLUMNS: Tag = 0x0028_0011;
pub(crate) const PIXEL_SPACING: Tag = 0x0028_0030;
pub(crate) const PIXEL_ASPECT_RATIO: Tag = 0x0028_0034;
pub(crate) const BITS_ALLOCATED: Tag = 0x0028_0100;
pub(crate) const BITS_STORED: Tag = 0x0028_0101;
pub(crate) const HIGH_BIT: Tag = 0x0028_0102;
pub(crate) const PIXEL_REPRESENTATION: Tag = 0x0028_0103;
pub(crate) const PIXEL_PADDING_VALUE: Tag = 0x0028_0120;
pub(crate) const PIXEL_PADDING_LIMIT: Tag = 0x0028_0121;
pub(crate) const WINDOW_CENTER: Tag = 0x0028_1050;
pub(crate) const WINDOW_WIDTH: Tag = 0x0028_1051;
pub(crate) const RESCALE_INTERCEPT: Tag = 0x0028_1052;
pub(crate) const RESCALE_SLOPE: Tag = 0x0028_1053;
pub(crate) const VOI_LUT_FUNCTION: Tag = 0x0028_1056;
/// Red; green and blue follow at `+ 1` and `+ 2`.
pub(crate) const RED_PALETTE_DESCRIPTOR: Tag = 0x0028_1101;
/// Red; green and blue follow at `+ 1` and `+ 2`.
pub(crate) const RED_PALETTE_DATA: Tag = 0x0028_1201;
/// Red; green and blue follow at `+ 1` and `+ 2`.
pub(crate) const RED_PALETTE_SEGMENTS: Tag = 0x0028_1221;
pub(crate) const ICC_PROFILE: Tag = 0x0028_2000;
pub(crate) const MODALITY_LUT_SEQUENCE: Tag = 0x0028_3000;
pub(crate) const LUT_DESCRIPTOR: Tag = 0x0028_3002;
pub(crate) const LUT_DATA: Tag = 0x0028_3006;
pub(crate) const VOI_LUT_SEQUENCE: Tag = 0x0028_3010;
pub(crate) const PIXEL_MEASURES_SEQUENCE: Tag = 0x0028_9110;
pub(crate) const FRAME_VOI_LUT_SEQUENCE: Tag = 0x0028_9132;
pub(crate) const PIXEL_VALUE_TRANSFORMATION_SEQUENCE: Tag = 0x0028_9145;
/// The lights of a microscope (PS3.3 C.8.12.5).
pub(crate) const OPTICAL_PATH_SEQUENCE: Tag = 0x0048_0105;
pub(crate) const SHARED_FUNCTIONAL_GROUPS: Tag = 0x5200_9229;
pub(crate) const PER_FRAME_FUNCTIONAL_GROUPS: Tag = 0x5200_9230;
pub(crate) const SEGMENTATION_TYPE: Tag = 0x0062_0001;
pub(crate) const SEGMENT_SEQUENCE: Tag = 0x0062_0002;
pub(crate) const SEGMENT_NUMBER: Tag = 0x0062_0004;
pub(crate) const RECOMMENDED_DISPLAY_CIELAB: Tag = 0x0062_000D;
/// Rows, columns, origin and so on of the first overlay; the others have the groups 6002 to 601E.
pub(crate) const OVERLAY_ROWS: Tag = 0x6000_0010;
pub(crate) const OVERLAY_COLUMNS: Tag = 0x6000_0011;
pub(crate) const OVERLAY_FRAMES: Tag = 0x6000_0015;
pub(crate) const OVERLAY_ORIGIN: Tag = 0x6000_0050;
pub(crate) const OVERLAY_FRAME_ORIGIN: Tag = 0x6000_0051;
pub(crate) const OVERLAY_BIT_POSITION: Tag = 0x6000_0102;
pub(crate) const OVERLAY_DATA: Tag = 0x6000_3000;
pub(crate) const EXTENDED_OFFSET_TABLE: Tag = 0x7FE0_0001;
pub(crate) const FLOAT_PIXEL_DATA: Tag = 0x7FE0_0008;
pub(crate) const DOUBLE_PIXEL_DATA: Tag = 0x7FE0_0009;
pub(crate) const PIXEL_DATA: Tag = 0x7FE0_0010;
pub(crate) const ITEM: Tag = 0xFFFE_E000;
pub(crate) const ITEM_END: Tag = 0xFFFE_E00D;
pub(crate) const SEQUENCE_END: Tag = 0xFFFE_E0DD;

/// Whether `tag` holds the pixels.
pub(crate) fn is_pixels(tag: Tag) -> bool {
    matches!(tag, PIXEL_DATA | FLOAT_PIXEL_DATA | DOUBLE_PIXEL_DATA)
}

/// The delimiter that `tag` is when its bytes are read in the wrong order.
pub(crate) fn swapped_delimiter(tag: Tag) -> Option<Tag> {
    let [a, b, c, d] = tag.to_be_bytes();
    let swapped = u32::from_be_bytes([b, a, d, c]);
    matches!(swapped, ITEM | ITEM_END | SEQUENCE_END).then_some(swapped)
}

/// Most bytes kept of a text or number: a name is at most 64 characters a component group (PS3.5 6.2), free text here
/// is cut by the caller.
const SHORT: u32 = 16 << 10;
/// A lookup table has at most 65,536 entries of 16 bits (PS3.3 C.11.1.1); some writers use 32 bits.
const TABLE: u32 = 256 << 10;
/// Colour profiles of scanners have up to some hundred kilobytes.
const PROFILE: u32 = 1 << 20;

/// What to do with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Step over it.
    Skip,
    /// Keep its value when it has at most this many bytes.
    Value(u32),
    /// Keep its items.
    Items,
}

/// Whether `tag` is kept, at the root and in the kept sequences alike.
pub(crate) fn want(tag: Tag) -> Want {
    match tag {
        MODALITY_LUT_SEQUENCE
        | VOI_LUT_SEQUENCE
        | FRAME_VOI_LUT_SEQUENCE
        | PIXEL_VALUE_TRANSFORMATION_SEQUENCE
        | PIXEL_MEASURES_SEQUENCE
        | SEGMENT_SEQUENCE
        | OPTICAL_PATH_SEQUENCE
        | SHARED_FUNCTIONAL_GROUPS
        | PER_FRAME_FUNCTIONAL_GROUPS => Want::Items,
        0x0028_1201..=0x0028_1203 | 0x0028_1221..=0x0028_1223 | LUT_DATA => Want::Value(TABLE),
        ICC_PROFILE => Want::Value(PROFILE),
        TRANSFER_SYNTAX_UID
        | MEDIA_SOP_CLASS_UID
        | MEDIA_SOP_INSTANCE_UID
        | CHARACTER_SET
        | SOP_CLASS_UID
        | SOP_INSTANCE_UID
        | STUDY_DATE
        | STUDY_TIME
        | ACCESSION_NUMBER
        | MODALITY
        | STUDY_DESCRIPTION
        | SERIES_DESCRIPTION
        | PATIENT_NAME
        | PATIENT_ID
        | PATIENT_BIRTH_DATE
        | PATIENT_SEX
        | BODY_PART
        | IMAGER_PIXEL_SPACING
        | NOMINAL_SCANNED_PIXEL_SPACING
        | SEGMENTATION_TYPE
        | SEGMENT_NUMBER
        | RECOMMENDED_DISPLAY_CIELAB
        | STUDY_INSTANCE_UID
        | SERIES_INSTANCE_UID
        | SERIES_NUMBER
        | INSTANCE_NUMBER
        | IMAGE_POSITION
        | IMAGE_ORIENTATION => Want::Value(SHORT),
        // The image pixel module and everything about windows: group 0028, all small.
        0x0028_0000..=0x0028_0121 | 0x0028_1050..=0x0028_1103 | LUT_DESCRIPTOR => {
            Want::Value(SHORT)
        }
        // What overlays say of themselves; their bits are only read when they are shown.
        0x6000_0000..=0x601E_0FFF if tag & 0xFFFF <= 0x0102 && tag & 0x1_0000 == 0 => {
            Want::Value(SHORT)
        }
        _ => Want::Skip,
    }
}
