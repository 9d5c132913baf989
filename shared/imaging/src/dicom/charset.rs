//! Text of DICOM headers: specific character sets (PS3.3 C.12.1.1.2) with and without code extensions (PS3.5 6.1.2).

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5,
    ISO_8859_6, ISO_8859_7, ISO_8859_8, ISO_8859_15, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1252,
    WINDOWS_1254,
};

/// The character sets a data set declares.
#[derive(Clone, Debug)]
pub(crate) struct CharacterSet {
    /// `None`: nothing but ASCII was declared.
    whole: Option<&'static Encoding>,
    /// The sets before any escape sequence; `Some` when code extensions may occur.
    extended: Option<State>,
}

/// A coded character set an escape sequence can select.
#[derive(Clone, Copy, Debug)]
enum Set {
    /// One byte a character.
    Single(&'static Encoding),
    /// JIS X 0201 katakana: one byte, as in Shift JIS.
    Katakana,
    /// Two bytes of a 94 × 94 set, decoded through an encoding that holds it in its upper half.
    Double(&'static Encoding),
    /// JIS X 0212, which EUC-JP holds behind a prefix.
    Supplementary,
}

/// G0 serves bytes below 0x80, G1 those above (ISO/IEC 2022).
#[derive(Clone, Copy, Debug)]
struct State {
    g0: Set,
    g1: Set,
}

const ASCII: Set = Set::Single(WINDOWS_1252);

/// Escape sequences (without ESC), the half they select and the set (PS3.3 tables C.12-3 and C.12-4).
const ESCAPES: &[(&[u8], bool, Set)] = &[
    (b"(B", false, ASCII),
    (b"(J", false, ASCII),
    (b")I", true, Set::Katakana),
    (b"-A", true, Set::Single(WINDOWS_1252)),
    (b"-B", true, Set::Single(ISO_8859_2)),
    (b"-C", true, Set::Single(ISO_8859_3)),
    (b"-D", true, Set::Single(ISO_8859_4)),
    (b"-L", true, Set::Single(ISO_8859_5)),
    (b"-G", true, Set::Single(ISO_8859_6)),
    (b"-F", true, Set::Single(ISO_8859_7)),
    (b"-H", true, Set::Single(ISO_8859_8)),
    (b"-M", true, Set::Single(WINDOWS_1254)),
    (b"-T", true, Set::Single(WINDOWS_874)),
    (b"-b", true, Set::Single(ISO_8859_15)),
    (b"$B", false, Set::Double(EUC_JP)),
    (b"$@", false, Set::Double(EUC_JP)),
    (b"$(D", false, Set::Supplementary),
    (b"$)C", true, Set::Double(EUC_KR)),
    (b"$)A", true, Set::Double(GB18030)),
];

impl CharacterSet {
    /// From the values of (0008,0005), in any of the spellings found in the wild.
    pub(crate) fn from_terms(value: &[u8]) -> Self {
        let value = String::from_utf8_lossy(value);
        let terms: Vec<String> = value.split('\\').map(normalise).collect();
        let first = terms.first().map_or("", String::as_str);
        // Code extensions: several values, or one whose name says so. Otherwise the first value rules alone, also when
        // others follow a set that PS3.3 forbids to combine (UTF-8, GB18030, GBK).
        let alone = whole(first).is_some_and(|encoding| encoding == UTF_8 || encoding == GB18030);
        let extended =
            (!alone && (terms.len() > 1 || first.starts_with("ISO_2022"))).then(|| initial(first));
        Self {
            whole: whole(first),
            extended,
        }
    }

    /// What a data set without (0008,0005) may contain: ASCII, officially.
    pub(crate) fn undeclared() -> Self {
        Self {
            whole: None,
            extended: None,
        }
    }

    /// The text of a value, without its padding.
    pub(crate) fn decode(&self, bytes: &[u8]) -> String {
        let text = match (self.extended, self.whole) {
            (Some(initial), _) if bytes.contains(&ESC) || self.whole.is_none() => {
                decode_extended(bytes, initial)
            }
            (_, Some(encoding)) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            (_, None) => decode_undeclared(bytes),
        };
        text.trim_matches(|c: char| c == '\0' || c.is_whitespace())
            .replace('\0', "")
    }
}

const ESC: u8 = 0x1B;

/// `ISO-IR 100`, `iso_ir_100` and `ISO_IR 100` are one.
fn normalise(term: &str) -> String {
    term.trim_matches(|c: char| c == '\0' || c.is_whitespace())
        .to_ascii_uppercase()
        .replace([' ', '-'], "_")
}

/// The encoding of a set used without code extensions.
fn whole(term: &str) -> Option<&'static Encoding> {
    let number = term
        .strip_prefix("ISO_IR_")
        .or_else(|| term.strip_prefix("ISO_2022_IR_"));
    match number.unwrap_or(term) {
        "100" | "LATIN_1" | "ISO8859_1" => Some(WINDOWS_1252),
        "101" => Some(ISO_8859_2),
        "109" => Some(ISO_8859_3),
        "110" => Some(ISO_8859_4),
        "144" => Some(ISO_8859_5),
        "127" => Some(ISO_8859_6),
        "126" => Some(ISO_8859_7),
        "138" => Some(ISO_8859_8),
        "148" => Some(WINDOWS_1254),
        "203" => Some(ISO_8859_15),
        "166" => Some(WINDOWS_874),
        "13" => Some(SHIFT_JIS),
        "149" => Some(EUC_KR),
        "58" | "GB18030" | "GBK" | "GB2312" => Some(GB18030),
        "192" | "UTF_8" | "UTF8" => Some(UTF_8),
        "BIG5" => Some(BIG5),
        _ => None,
    }
}

/// The sets in force at the start of each component (PS3.5 6.1.2.5.3): those of the first value.
fn initial(first: &str) -> State {
    let g1 = match whole(first) {
        Some(encoding) if encoding == SHIFT_JIS => Set::Katakana,
        Some(encoding) if encoding == EUC_KR => Set::Double(EUC_KR),
        Some(encoding) => Set::Single(encoding),
        None => Set::Single(WINDOWS_1252),
    };
    State { g0: ASCII, g1 }
}

/// Follows escape sequences; delimiters put the initial sets back in force.
fn decode_extended(bytes: &[u8], initial: State) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut state = initial;
    let mut rest = bytes;
    while let Some(&byte) = rest.first() {
        if byte == ESC {
            rest = &rest[1..];
            if let Some((sequence, upper, set)) = ESCAPES
                .iter()
                .find(|(sequence, ..)| rest.starts_with(sequence))
            {
                *(if *upper { &mut state.g1 } else { &mut state.g0 }) = *set;
                rest = &rest[sequence.len()..];
            }
            continue;
        }
        let upper = byte >= 0x80;
        let set = if upper { state.g1 } else { state.g0 };
        let run = rest
            .iter()
            .take_while(|&&b| b != ESC && (b >= 0x80) == upper && !resets(b, set))
            .count()
            .max(1);
        let (segment, after) = rest.split_at(run);
        if resets(byte, set) {
            state = initial;
            text.push(char::from(byte));
        } else {
            decode_run(segment, set, &mut text);
        }
        rest = after;
    }
    text
}

/// Line ends and the delimiters of person names, unless they are half of a two-byte character.
fn resets(byte: u8, set: Set) -> bool {
    matches!(byte, b'\r' | b'\n' | b'\t' | 0x0C)
        || (matches!(byte, b'^' | b'=' | b'\\') && matches!(set, Set::Single(_) | Set::Katakana))
}

/// Decodes bytes of one half, all in one set.
fn decode_run(segment: &[u8], set: Set, text: &mut String) {
    let upper = segment.iter().map(|byte| byte | 0x80);
    match set {
        Set::Single(encoding) => text.push_str(&encoding.decode_without_bom_handling(segment).0),
        Set::Katakana => text.push_str(&SHIFT_JIS.decode_without_bom_handling(segment).0),
        Set::Double(encoding) => {
            let bytes: Vec<u8> = upper.collect();
            text.push_str(&encoding.decode_without_bom_handling(&bytes).0);
        }
        Set::Supplementary => {
            let bytes: Vec<u8> = upper
                .collect::<Vec<u8>>()
                .chunks(2)
                .flat_map(|pair| [&[0x8F], pair].concat())
                .collect();
            text.push_str(&EUC_JP.decode_without_bom_handling(&bytes).0);
        }
    }
}

/// Without a declared set only ASCII is legal. What is found in practice is told apart where that is safe: valid UTF-8,
/// then text whose upper bytes all come in pairs of the GB 2312 range; the rest is read as Latin-1.
fn decode_undeclared(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let is_pairs = bytes
        .split(u8::is_ascii)
        .all(|run| run.len() % 2 == 0 && run.iter().all(|&b| b >= 0xA1));
    let encoding = if is_pairs { GB18030 } else { WINDOWS_1252 };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(terms: &str, bytes: &[u8]) -> String {
        CharacterSet::from_terms(terms.as_bytes()).decode(bytes)
    }

    // The names are the examples of PS3.5 annexes H, I, J and K.
    #[test]
    fn japanese_names_with_escapes_read_right() {
        let name =
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
        assert_eq!(
            decode("\\ISO 2022 IR 87", name),
            "Yamada^Tarou=山田^太郎=やまだ^たろう"
        );
    }

    #[test]
    fn japanese_katakana_reads_right() {
        let name = b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J";
        assert_eq!(
            decode("ISO 2022 IR 13\\ISO 2022 IR 87", name),
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"
        );
    }

    #[test]
    fn korean_names_with_escapes_read_right() {
        let name = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
        assert_eq!(
            decode("\\ISO 2022 IR 149", name),
            "Hong^Gildong=洪^吉洞=홍^길동"
        );
    }

    #[test]
    fn chinese_names_read_right_in_every_set() {
        let gb = b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=";
        assert_eq!(decode("GB18030", gb), "Wang^XiaoDong=王^小东=");
        assert_eq!(decode("GBK", gb), "Wang^XiaoDong=王^小东=");
        assert_eq!(
            decode("ISO_IR 192", "Wang^XiaoDong=王^小东=".as_bytes()),
            "Wang^XiaoDong=王^小东="
        );
        let iso = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=";
        assert_eq!(decode("\\ISO 2022 IR 58", iso), "Zhang^XiaoDong=张^小东=");
    }

    #[test]
    fn single_byte_sets_and_misspelt_terms_read_right() {
        assert_eq!(decode("ISO_IR 100", b"Buc^J\xe9r\xf4me"), "Buc^Jérôme");
        assert_eq!(
            decode("iso-ir 144", b"\xbb\xee\xdace\xdc\xd1yp\xd3"),
            "ЛюкceмбypГ".replace('Г', "г")
        );
        assert_eq!(decode("ISO_IR 166", b"\xb9\xd2\xc1"), "นาม");
    }

    #[test]
    fn undeclared_text_is_read_as_what_it_surely_is() {
        let undeclared = CharacterSet::undeclared();
        assert_eq!(undeclared.decode("王小东".as_bytes()), "王小东");
        assert_eq!(undeclared.decode(b"\xcd\xf5^\xd0\xa1\xb6\xab"), "王^小东");
        assert_eq!(undeclared.decode(b"M\xfcller"), "Müller");
    }

    #[test]
    fn padding_is_no_part_of_a_value() {
        assert_eq!(
            CharacterSet::undeclared().decode(b" DOE^JOHN \0"),
            "DOE^JOHN"
        );
    }
}
