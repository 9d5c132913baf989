//! Text that callers send: what is allowed in it, by construction.

use std::str::FromStr;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use serde::{Deserialize, Serialize};
use unicase::UniCase;

macro_rules! text_type {
    ($(#[doc = $docs:literal])* $name:ident, $parse:expr) => {
        $(#[doc = $docs])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What it is, as the API's description says it.
            pub const ABOUT: &'static str = concat!($($docs),*);

            /// Reads it, or says in words what is wrong with it.
            ///
            /// # Errors
            /// A sentence for the caller that completes "this field …".
            pub fn parse(text: &str) -> Result<Self, String> {
                let parse: fn(&str) -> Result<String, String> = $parse;
                parse(text).map(Self)
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text itself, owned.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::parse(text)
            }
        }
    };
}

/// The longest texts, in characters. What the API's description says of them comes from here too (`views/schema`).
pub mod longest {
    /// Of [`FileName`](super::FileName).
    pub const FILE_NAME: usize = 255;
    /// Of [`Description`](super::Description).
    pub const DESCRIPTION: usize = 2_000;
    /// Of [`BodyPart`](super::BodyPart).
    pub const BODY_PART: usize = 64;
    /// Of [`Modality`](super::Modality).
    pub const MODALITY: usize = 16;
    /// Of [`Line`](super::Line).
    pub const LINE: usize = 200;
    /// Of an [`Md5`](super::Md5), and the shortest.
    pub const MD5: usize = 32;
    /// Of either half of a [`MimeType`](super::MimeType).
    pub const MIME_NAME: usize = 127;
}

text_type!(
    /// A file's name as its owner knows it: 1..255 characters, no control characters, no path separators.
    FileName,
    |text| {
        bounded(text, 1, longest::FILE_NAME)?;
        if text.chars().any(|c| matches!(c, '/' | '\\')) {
            return Err("must be a name without a path: no / and no \\".to_owned());
        }
        if text.chars().any(is_invisible_control) || text == "." || text == ".." {
            return Err("must not contain control characters".to_owned());
        }
        Ok(text.to_owned())
    }
);

text_type!(
    /// Free text about a file, up to 2,000 characters; line breaks and tabs are welcome.
    Description,
    |text| {
        bounded(text, 0, longest::DESCRIPTION)?;
        if text.chars().any(|c| is_invisible_control(c) && !matches!(c, '\n' | '\r' | '\t')) {
            return Err("must not contain control characters".to_owned());
        }
        Ok(text.to_owned())
    }
);

text_type!(
    /// A body part, up to 64 characters (DICOM PS3.3, Body Part Examined (0018,0015)).
    BodyPart,
    |text| plain(text, longest::BODY_PART)
);

text_type!(
    /// A modality: a DICOM code string of at most 16 of `A-Z 0-9 _` (PS3.5, section 6.2, CS).
    Modality,
    |text| {
        let fits = (1..=longest::MODALITY).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        fits.then(|| text.to_owned()).ok_or_else(|| "must be 1 to 16 of A-Z, 0-9 and _".to_owned())
    }
);

text_type!(
    /// A person's name or another single line, up to 200 characters.
    Line,
    |text| plain(text, longest::LINE)
);

text_type!(
    /// An MD5, lower-case hex; upper case is accepted.
    Md5,
    |text| {
        let fits = text.len() == longest::MD5 && text.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| text.to_ascii_lowercase()).ok_or_else(|| "must be an MD5 in hex: 32 of 0-9, a-f".to_owned())
    }
);

text_type!(
    /// A MIME type, `type/subtype` without parameters (RFC 6838, section 4.2).
    MimeType,
    |text| {
        let name = |part: &str| {
            (1..=longest::MIME_NAME).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        match text.split_once('/') {
            Some((kind, subtype)) if name(kind) && name(subtype) => Ok(text.to_ascii_lowercase()),
            _ => Err("must be a MIME type such as image/jpeg".to_owned()),
        }
    }
);

text_type!(
    /// A date, or an RFC 3339 time: the day or the time of a study.
    StudyDate,
    |text| {
        use chrono::{DateTime, NaiveDate};
        let fits = (text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok())
            || (text.len() <= 40 && DateTime::parse_from_rfc3339(text).is_ok());
        fits.then(|| text.to_owned())
            .ok_or_else(|| "must be a date (2026-01-05) or an RFC 3339 time (2026-01-05T14:30:22Z)".to_owned())
    }
);

text_type!(
    /// A calendar date, `YYYY-MM-DD`.
    Date,
    |text| {
        let fits = text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
        fits.then(|| text.to_owned()).ok_or_else(|| "must be a date such as 1970-12-31".to_owned())
    }
);

/// What others say of themselves (a name in a token, a program's name), made fit to be stored and shown as one line of at most `max`
/// characters: they cannot be asked to write it again, so what a caller's own text is refused for is taken out here. Empty when nothing is left.
#[must_use]
pub fn clean_line(text: &str, max: usize) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let line: String = text
        .chars()
        .map(|c| if breaks(c) { ' ' } else { c })
        .filter(|&c| !is_invisible_control(c) && !shows_nothing(c))
        .collect();
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    // At the ends of a line a joiner joins nothing.
    let ends = |c: char| c.is_whitespace() || is_joiner(c);
    let line: String = words
        .join(" ")
        .trim_matches(ends)
        .chars()
        .take(max)
        .collect();
    line.trim_end_matches(ends).to_owned()
}

/// Folds text for a search: what is stored for searching and what is searched go through this. Whoever changes it has every record written
/// again (docs/OPERATIONS.md, "Change an index").
///
/// Letters are alike whatever their case (Unicode, section 3.13, D146: a word-final sigma is a sigma), composed or decomposed, and at full or
/// half width (NFKC, Unicode Annex 15). The two Turkish i are an i, with and without a dot.
#[must_use]
pub fn fold(text: &str) -> String {
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let folded = UniCase::unicode(decomposed.as_ref()).to_folded_case();
    let folded = folded.replace("i\u{307}", "i").replace('ı', "i");
    ComposingNormalizerBorrowed::new_nfkc()
        .normalize(&folded)
        .into_owned()
}

/// Bytes in lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
            for digit in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(digit.into(), 16).unwrap_or_default());
            }
            hex
        })
}

fn plain(text: &str, max: usize) -> Result<String, String> {
    bounded(text, 1, max)?;
    if text.chars().any(is_invisible_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// Control characters, and those that reorder or hide text on a screen (Unicode TR36, section 3.1: a name that lies).
fn is_invisible_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Format characters and fillers that a reader does not see (Unicode 16.0, `Default_Ignorable_Code_Point` without variation selectors, which
/// choose the form of a Chinese character). In a file's name they stay: whoever uploads it cannot see what they would have to take out.
fn shows_nothing(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{200e}'
        | '\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

/// Persian, Urdu or Malayalam names cannot be written without (Unicode UAX #31, section 2.3).
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

pub(crate) fn bounded(text: &str, min: usize, max: usize) -> Result<(), String> {
    let length = text.chars().count();
    if (min..=max).contains(&length) {
        return Ok(());
    }
    Err(if min == 0 {
        format!("must be at most {max} characters")
    } else {
        format!("must be {min} to {max} characters")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_letters_however_they_are_written() {
        for (stored, searched) in [
            ("Wirbelsa\u{308}ule_Mu\u{308}ller_e\u{301}.png", "müller"),
            ("Müller", "mu\u{308}LLER"),
            ("É", "e\u{301}"),
            ("ΚΟΣΜΟΣΑ_ΝΙΚΟΣ.png", "κοσμοσ"),
            ("ΚΟΣΜΟΣΑ_ΝΙΚΟΣ.png", "νικος"),
            ("İSTANBUL", "istanbul"),
            ("istanbul", "İstanbul"),
            ("ISPARTA", "ısparta"),
            ("Straße", "STRASSE"),
            ("脊柱侧弯_Ｘ光.png", "x光"),
            ("ﾚﾝﾄｹﾞﾝ", "レントゲン"),
            ("한글", "\u{1112}\u{1161}\u{11ab}글"),
        ] {
            assert!(
                fold(stored).contains(&fold(searched)),
                "{stored}: {searched}"
            );
        }
        for (stored, searched) in [("Müller", "muller"), ("100 %", "_"), ("复查", "復查")] {
            assert!(
                !fold(stored).contains(&fold(searched)),
                "{stored}: {searched}"
            );
        }
    }

    #[test]
    fn what_is_folded_already_stays_as_it_is() {
        for text in [
            "Wirbelsäule",
            "İıIi",
            "ΚΟΣΜΟΣ",
            "ẞß",
            "ﬁ",
            "\u{345}α",
            "Ａ％＿＊",
        ] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }

    #[test]
    fn names_in_any_script_are_welcome() {
        for name in [
            "a",
            "胸部 CT 平扫.dcm",
            "räntgen #1 (final) 100%.jpg",
            "..dcm",
            "😀.png",
        ] {
            assert!(FileName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_are_paths_or_hide_something_are_refused() {
        for name in [
            "",
            ".",
            "..",
            "../a",
            "a/b",
            "a\\b",
            "a\0b",
            "a\nb",
            "a\u{7f}",
            "exe.\u{202e}gpj",
            &"x".repeat(256),
        ] {
            assert!(FileName::parse(name).is_err(), "{name:?}");
        }
        assert!(
            FileName::parse(&"影".repeat(255)).is_ok(),
            "the limit counts characters, not bytes"
        );
    }

    #[test]
    fn a_line_about_oneself_is_cleaned_and_not_refused() {
        for (text, line) in [
            ("王医生", "王医生"),
            ("  Dr.\tAnna \r\n Müller\0", "Dr. Anna Müller"),
            ("山田\u{3000}太郎", "山田\u{3000}太郎"),
            ("\u{202e}nimda\u{202c}", "nimda"),
            (
                "a\u{2066}b\u{2069}c\u{2028}d\u{200f}\u{feff}\u{e0041}",
                "abc d",
            ),
            ("علی\u{200c}رضا\u{200d}", "علی\u{200c}رضا"),
            ("葛\u{e0100}城", "葛\u{e0100}城"),
            ("", ""),
            (" \u{3000}\n\u{200b}\u{200d}\u{3164} ", ""),
        ] {
            assert_eq!(clean_line(text, 200), line, "{text:?}");
            assert_eq!(clean_line(line, 200), line, "twice is as once");
        }
        assert_eq!(clean_line(&"影".repeat(300), 200), "影".repeat(200));
        assert_eq!(clean_line("abc def", 4), "abc");
    }

    #[test]
    fn hex_is_lower_case_and_complete() {
        assert_eq!(hex(&[0, 0x0a, 0xff]), "000aff");
    }

    #[test]
    fn a_modality_is_a_code_string() {
        for good in ["CT", "MR", "XA_1", "A234567890123456"] {
            assert!(Modality::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "ct", "C T", "CT\\MR", "A2345678901234567"] {
            assert!(Modality::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_fields_say_what_they_want() {
        assert!(MimeType::parse("image/svg+xml").is_ok());
        assert!(MimeType::parse("image/jpeg\r\nx: y").is_err());
        assert!(Md5::parse("D41D8CD98F00B204E9800998ECF8427E").is_ok());
        assert!(Md5::parse("d41d8").is_err());
        assert!(StudyDate::parse("2026-01-05T14:30:22+08:00").is_ok());
        assert!(StudyDate::parse("2026-02-30").is_err());
        assert!(Date::parse("1970-1-1").is_err());
    }
}
