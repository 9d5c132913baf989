//! Text of DICOM headers: specific character sets (PS3.3 C.12.1.1.2) with and without code extensions (PS3.5 6.1.2).

mod guess;

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5,
    ISO_8859_6, ISO_8859_7, ISO_8859_8, ISO_8859_15, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1252,
    WINDOWS_1254,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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

    /// The sets of a data set's `texts`, and whether they were guessed: because what the header `declared` gives no
    /// words, or because it declares nothing and `default`, the set expected of such files, gives none either.
    pub(crate) fn of(
        declared: Option<&[u8]>,
        default: Option<Charset>,
        texts: &[&[u8]],
    ) -> (Self, bool) {
        let set = declared.map_or_else(Self::undeclared, Self::from_terms);
        let texts: Vec<&[u8]> = texts.iter().copied().filter(|t| !t.is_ascii()).collect();
        if texts.is_empty() || declared.is_some() && set.gives_words(&texts) {
            return (set, false);
        }
        let default = default.map(|Charset(encoding)| encoding);
        let named = default.filter(|encoding| {
            let whole = |text: &&[u8]| decodes(text, encoding);
            declared.is_none() && texts.iter().all(whole)
        });
        if let Some(encoding) = named {
            return (Self::from(encoding), false);
        }
        // Escapes left out: the sets that were announced come first.
        let announced = declared.and_then(announced).or(default);
        let is_latin = || texts.iter().all(|text| guess::is_latin(text, WINDOWS_1252));
        match guess::best(&texts, announced) {
            Some(encoding) if encoding == UTF_8 || declared.is_some() || !is_latin() => {
                (Self::from(encoding), true)
            }
            // The file declares no set, so every set that explains its bytes beyond ASCII is a guess.
            None | Some(_) if declared.is_none() => (Self::from(WINDOWS_1252), true),
            _ => (set, false),
        }
    }

    /// What a data set without (0008,0005) may contain: ASCII, officially.
    fn undeclared() -> Self {
        Self {
            whole: None,
            extended: None,
        }
    }

    /// Whether `texts`, none of them ASCII, can be what the set says they are.
    fn gives_words(&self, texts: &[&[u8]]) -> bool {
        if texts.iter().any(|text| text.contains(&ESC)) {
            return self.extended.is_some();
        }
        let encoding = match (self.extended, self.whole) {
            (
                Some(State {
                    g1: Set::Katakana, ..
                }),
                _,
            ) => return true,
            (
                Some(State {
                    g1: Set::Single(encoding) | Set::Double(encoding),
                    ..
                }),
                _,
            )
            | (_, Some(encoding)) => encoding,
            _ => return false,
        };
        let is_latin = [
            WINDOWS_1252,
            ISO_8859_2,
            ISO_8859_3,
            ISO_8859_4,
            ISO_8859_15,
            WINDOWS_1254,
        ]
        .contains(&encoding);
        let is_wide = [GB18030, BIG5, EUC_KR, SHIFT_JIS].contains(&encoding);
        texts.iter().all(|text| decodes(text, encoding))
            && if is_latin {
                !guess::is_utf_8(texts) && texts.iter().all(|text| guess::is_latin(text, encoding))
            } else {
                !is_wide || !guess::is_utf_8(texts)
            }
    }

    /// The text of a value, without its padding.
    pub(crate) fn decode(&self, bytes: &[u8]) -> String {
        self.text(bytes)
            .trim_matches(|c: char| c == '\0' || c.is_whitespace())
            .replace('\0', "")
    }

    /// The text of a value as it stands.
    pub(crate) fn text(&self, bytes: &[u8]) -> String {
        match (self.extended, self.whole) {
            (Some(initial), _) if bytes.contains(&ESC) || self.whole.is_none() => {
                decode_extended(bytes, initial)
            }
            (_, Some(encoding)) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            (_, None) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

/// A set that a whole data set is in.
impl From<&'static Encoding> for CharacterSet {
    fn from(encoding: &'static Encoding) -> Self {
        Self {
            whole: Some(encoding),
            extended: None,
        }
    }
}

/// The character set of texts that declare none: a setting for places where scanners leave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// The set of a term of (0008,0005), such as `GB18030` or `ISO_IR 100`, or of a name of the web, such as `gbk` or
    /// `shift_jis`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let encoding = whole(&normalise(name)).or_else(|| Encoding::for_label(name.as_bytes()))?;
        Some(Self(encoding))
    }
}

impl Serialize for Charset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for Charset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| de::Error::custom("no known character set"))
    }
}

/// Whether every byte of `text` is part of a character.
fn decodes(text: &[u8], encoding: &'static Encoding) -> bool {
    encoding
        .decode_without_bom_handling_and_without_replacement(text)
        .is_some()
}

/// The set of several bytes a character among those a header announces.
fn announced(value: &[u8]) -> Option<&'static Encoding> {
    let value = String::from_utf8_lossy(value);
    value
        .split('\\')
        .find_map(|term| match normalise(term).as_str() {
            "ISO_2022_IR_87" | "ISO_2022_IR_159" => Some(SHIFT_JIS),
            term => whole(term).filter(|e| [GB18030, EUC_KR, BIG5, SHIFT_JIS].contains(e)),
        })
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
        assert_eq!(of(None, "王小东".as_bytes()), ("王小东".to_owned(), true));
        let gb = b"\xcd\xf5^\xd0\xa1\xb6\xab";
        assert_eq!(of(None, gb), ("王^小东".to_owned(), true));
        assert_eq!(of(None, b"M\xfcller"), ("Müller".to_owned(), true));
        assert_eq!(of(None, b"Smith"), ("Smith".to_owned(), false));
    }

    fn of(declared: Option<&str>, text: &[u8]) -> (String, bool) {
        let (set, guessed) = CharacterSet::of(declared.map(str::as_bytes), None, &[text]);
        (set.decode(text), guessed)
    }

    #[test]
    fn declared_sets_that_give_no_words_are_replaced() {
        let gb = b"\xd5\xc5\xc8\xfd\xb7\xe1^\xb2\xe2\xca\xd4";
        for lie in [
            "ISO_IR 100",
            "ISO_IR 192",
            "\\ISO 2022 IR 58",
            "ISO_IR 101",
            "no such set",
        ] {
            assert_eq!(of(Some(lie), gb), ("张三丰^测试".to_owned(), true), "{lie}");
        }
        let utf_8 = "张三丰^Müller".as_bytes();
        for lie in ["ISO_IR 100", "GB18030", "ISO 2022 IR 6\\ISO 2022 IR 149"] {
            let right = (String::from_utf8_lossy(utf_8).into_owned(), true);
            assert_eq!(of(Some(lie), utf_8), right, "{lie}");
        }
        let korean = EUC_KR.encode("홍^길동").0;
        assert_eq!(
            of(Some("\\ISO 2022 IR 149"), &korean),
            ("홍^길동".to_owned(), true)
        );
        let japanese = SHIFT_JIS.encode("山田^太郎").0;
        assert_eq!(
            of(Some("\\ISO 2022 IR 87"), &japanese),
            ("山田^太郎".to_owned(), true)
        );
        let big5 = BIG5.encode("王小明").0;
        assert_eq!(of(Some("ISO_IR 100"), &big5), ("王小明".to_owned(), true));
    }

    #[test]
    fn declared_sets_that_give_words_stay() {
        assert_eq!(
            of(Some("ISO_IR 100"), b"M\xfcller"),
            ("Müller".to_owned(), false)
        );
        assert_eq!(
            of(Some("ISO_IR 13"), b"\xd4\xcf\xc0\xde"),
            ("ﾔﾏﾀﾞ".to_owned(), false)
        );
        let russian = ISO_8859_5.encode("Люкceмбypг").0;
        assert_eq!(
            of(Some("ISO_IR 144"), &russian),
            ("Люкceмбypг".to_owned(), false)
        );
        let escaped = b"Zhang=\x1b$)A\xd5\xc5";
        assert_eq!(
            of(Some("\\ISO 2022 IR 58"), escaped),
            ("Zhang=张".to_owned(), false)
        );
    }

    #[test]
    fn a_default_set_is_that_of_texts_that_declare_none() {
        let big5 = BIG5.encode("罕見字").0;
        let set = |declared: Option<&[u8]>| {
            let (set, guessed) = CharacterSet::of(declared, Charset::named("big5"), &[&big5]);
            (set.decode(&big5), guessed)
        };
        assert_eq!(set(None), ("罕見字".to_owned(), false));
        assert_eq!(set(Some(b"ISO_IR 100")), ("罕見字".to_owned(), true));
        assert_eq!(Charset::named("GBK"), Charset::named("ISO 2022 IR 58"));
        assert_eq!(Charset::named("klingon"), None);
    }

    #[test]
    fn padding_is_no_part_of_a_value() {
        assert_eq!(
            CharacterSet::undeclared().decode(b" DOE^JOHN \0"),
            "DOE^JOHN"
        );
    }
}
