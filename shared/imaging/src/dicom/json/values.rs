//! The values of one element as JSON (PS3.18 F.2.3).

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What the values of a representation are in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Numbers of so many bytes each.
    Binary(usize),
    /// Texts with `\` between them.
    Texts,
    /// One text, in which `\` is a character.
    Text,
    /// Numbers as text.
    Decimals,
    Names,
    /// Bytes, in words of so many, as base64.
    Bytes(usize),
    Sequence,
}

impl Kind {
    pub(super) fn of(vr: [u8; 2]) -> Self {
        match &vr {
            b"SQ" => Self::Sequence,
            b"US" | b"SS" => Self::Binary(2),
            b"UL" | b"SL" | b"FL" | b"AT" => Self::Binary(4),
            b"FD" | b"SV" | b"UV" => Self::Binary(8),
            b"OW" => Self::Bytes(2),
            b"OF" | b"OL" => Self::Bytes(4),
            b"OD" | b"OV" => Self::Bytes(8),
            b"OB" | b"UN" => Self::Bytes(1),
            b"DS" | b"IS" => Self::Decimals,
            b"PN" => Self::Names,
            b"ST" | b"LT" | b"UT" | b"UR" => Self::Text,
            _ => Self::Texts,
        }
    }

    /// The most bytes that stand in the JSON itself; what is longer is bulk data.
    pub(super) fn most(self) -> u32 {
        match self {
            Self::Bytes(_) => 1 << 10,
            Self::Binary(_) => 16 << 10,
            // Viewers expect texts, and points of contours are decimals: hundreds of kilobytes in one element.
            Self::Texts | Self::Text | Self::Decimals | Self::Names => 1 << 20,
            Self::Sequence => 0,
        }
    }
}

/// Writes numbers of `word` bytes each, with commas between them.
pub(super) fn binary(out: &mut Vec<u8>, vr: [u8; 2], bytes: &[u8], big_endian: bool, word: usize) {
    for (index, bytes) in bytes.chunks_exact(word).enumerate() {
        comma(out, index);
        // To the end of eight bytes, so that each is a number of 64 bits.
        let mut all = [0; 8];
        all[..word].copy_from_slice(bytes);
        if big_endian {
            let unit = if vr == *b"AT" { 2 } else { word };
            all[..word].chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        }
        let bits = u64::from_le_bytes(all);
        number(out, vr, bits, all);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the number has no more bits than its representation"
)]
fn number(out: &mut Vec<u8>, vr: [u8; 2], bits: u64, all: [u8; 8]) {
    // What JavaScript holds exactly.
    const MOST: u64 = 1 << 53;
    match &vr {
        b"SS" => put(out, &(bits as u16).cast_signed()),
        b"SL" => put(out, &(bits as u32).cast_signed()),
        // A number that JSON does not know, such as an infinite one, is null.
        b"FL" => put(out, &f32::from_bits(bits as u32)),
        b"FD" => put(out, &f64::from_bits(bits)),
        b"SV" if bits.cast_signed().unsigned_abs() > MOST => {
            put(out, &bits.cast_signed().to_string());
        }
        b"SV" => put(out, &bits.cast_signed()),
        b"UV" if bits > MOST => put(out, &bits.to_string()),
        // A group and an element, each a word of its own.
        b"AT" => {
            let [a, b, c, d, ..] = all;
            put(out, &format!("{b:02X}{a:02X}{d:02X}{c:02X}"));
        }
        _ => put(out, &bits),
    }
}

/// Bytes as base64, little endian.
pub(super) fn inline(out: &mut Vec<u8>, mut bytes: Vec<u8>, big_endian: bool, word: usize) {
    if big_endian && word > 1 {
        bytes.chunks_exact_mut(word).for_each(<[u8]>::reverse);
    }
    put(out, &STANDARD.encode(bytes));
}

/// Writes the values of a text, with commas between them; nothing if there is none.
pub(super) fn texts(out: &mut Vec<u8>, kind: Kind, vr: [u8; 2], text: &str) {
    if kind == Kind::Text {
        let text = text.trim_end_matches(is_padding);
        if !text.is_empty() {
            put(out, text);
        }
        return;
    }
    if text.chars().all(is_padding) {
        return;
    }
    for (index, value) in text.split('\\').enumerate() {
        comma(out, index);
        let value = match &vr {
            // Spaces before them mean something (PS3.5 6.2).
            b"UC" | b"PN" => value.trim_end_matches(is_padding),
            _ => value.trim_matches(is_padding),
        };
        match kind {
            _ if value.is_empty() => out.extend(b"null"),
            Kind::Names => name(out, value),
            Kind::Decimals => decimal(out, value),
            _ => put(out, value),
        }
    }
}

fn is_padding(c: char) -> bool {
    c == ' ' || c == '\0'
}

/// A number as text: a number, unless it is written in a way that is none.
fn decimal(out: &mut Vec<u8>, value: &str) {
    let whole = value.strip_prefix('+').unwrap_or(value).parse::<i64>();
    match (whole, value.parse::<f64>()) {
        (Ok(whole), _) if whole.unsigned_abs() <= 1 << 53 => put(out, &whole),
        (_, Ok(number)) if number.is_finite() => put(out, &number),
        _ => put(out, value),
    }
}

/// The groups of a person's name (PS3.18 F.2.2).
fn name(out: &mut Vec<u8>, value: &str) {
    let groups = ["Alphabetic", "Ideographic", "Phonetic"];
    let groups = groups.into_iter().zip(value.splitn(3, '='));
    let groups = groups.map(|(name, group)| (name, group.trim_end_matches(is_padding)));
    let mut groups = groups.filter(|(_, group)| !group.is_empty()).peekable();
    if groups.peek().is_none() {
        out.extend(b"null");
        return;
    }
    out.push(b'{');
    for (index, (name, group)) in groups.enumerate() {
        comma(out, index);
        put(out, name);
        out.push(b':');
        put(out, group);
    }
    out.push(b'}');
}

fn comma(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b',');
    }
}

fn put<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Memory takes all, and these are values that JSON has.
    if serde_json::to_writer(&mut *out, value).is_err() {
        let _ = out.write_all(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(vr: [u8; 2], text: &str) -> String {
        let mut out = Vec::new();
        texts(&mut out, Kind::of(vr), vr, text);
        String::from_utf8(out).expect("UTF-8")
    }

    fn of_bytes(vr: [u8; 2], bytes: &[u8], big_endian: bool) -> String {
        let mut out = Vec::new();
        match Kind::of(vr) {
            Kind::Binary(word) => binary(&mut out, vr, bytes, big_endian, word),
            Kind::Bytes(word) => inline(&mut out, bytes.to_vec(), big_endian, word),
            kind => panic!("{kind:?}"),
        }
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn texts_are_strings_and_empty_ones_are_null_or_nothing() {
        for (vr, text, expected) in [
            (b"CS", "ORIGINAL\\PRIMARY ", r#""ORIGINAL","PRIMARY""#),
            (b"CS", " A \\\\B\0", r#""A",null,"B""#),
            (b"LO", "  ", ""),
            (b"LO", "\\", "null,null"),
            (b"LT", " a\\b\r\n ", r#"" a\\b\r\n""#),
            (b"UT", " \0", ""),
            (b"UC", " a \\b", r#"" a","b""#),
            (b"UI", "1.2.3\0", r#""1.2.3""#),
            (b"SH", "say \"no\"", r#""say \"no\"""#),
            (b"DA", "20260105", r#""20260105""#),
        ] {
            assert_eq!(of_text(*vr, text), expected, "{text:?}");
        }
    }

    #[test]
    fn decimals_are_numbers_and_what_is_none_stays_a_text() {
        for (vr, text, expected) in [
            (b"IS", "12 ", "12"),
            (b"IS", "+7\\-3", "7,-3"),
            (b"DS", "1.50\\ 2", "1.5,2"),
            (b"DS", "1e3\\-0.5E-2", "1000.0,-0.005"),
            (b"DS", "1,5", r#""1,5""#),
            (b"DS", "inf\\nan\\", r#""inf","nan",null"#),
            (b"IS", "9007199254740993", "9007199254740992.0"),
        ] {
            assert_eq!(of_text(*vr, text), expected, "{text:?}");
        }
    }

    #[test]
    fn names_have_up_to_three_groups() {
        for (text, expected) in [
            ("Doe^Jane", r#"{"Alphabetic":"Doe^Jane"}"#),
            (
                "Wang^XiaoDong=王^小东=",
                r#"{"Alphabetic":"Wang^XiaoDong","Ideographic":"王^小东"}"#,
            ),
            ("==やまだ", r#"{"Phonetic":"やまだ"}"#),
            ("A\\", r#"{"Alphabetic":"A"},null"#),
            ("==", "null"),
        ] {
            assert_eq!(of_text(*b"PN", text), expected, "{text:?}");
        }
    }

    #[test]
    fn binary_numbers_are_read_in_either_order() {
        for (vr, bytes, expected) in [
            (b"US", &[1, 0, 0xFF, 0xFF][..], "1,65535"),
            (b"SS", &[0xFE, 0xFF], "-2"),
            (b"UL", &[0, 0, 0, 0x80, 9], "2147483648"),
            (b"SL", &[0xFF, 0xFF, 0xFF, 0xFF], "-1"),
            (b"FL", &[0xCD, 0xCC, 0xCC, 0x3D], "0.1"),
            (b"FL", &[0, 0, 0x80, 0x7F], "null"),
            (b"FD", &[0, 0, 0, 0, 0, 0, 0xF8, 0x3F], "1.5"),
            (b"AT", &[0x28, 0, 0x10, 0x30], r#""00283010""#),
            (b"UV", &[0xFF; 8], r#""18446744073709551615""#),
            (b"SV", &[0xFF; 8], "-1"),
        ] {
            assert_eq!(of_bytes(*vr, bytes, false), expected, "{bytes:?}");
        }
        assert_eq!(of_bytes(*b"US", &[0, 1, 0xFF, 0xFE], true), "1,65534");
        assert_eq!(
            of_bytes(*b"AT", &[0, 0x28, 0x30, 0x10], true),
            r#""00283010""#
        );
        assert_eq!(of_bytes(*b"FL", &[0x3D, 0xCC, 0xCC, 0xCD], true), "0.1");
    }

    #[test]
    fn bytes_are_base64_and_little_endian() {
        assert_eq!(of_bytes(*b"OB", b"abc", false), r#""YWJj""#);
        assert_eq!(of_bytes(*b"OB", b"abc", true), r#""YWJj""#);
        assert_eq!(of_bytes(*b"OW", b"bacb", true), r#""YWJiYw==""#);
        assert_eq!(of_bytes(*b"UN", b"", false), r#""""#);
    }
}
