//! Media types that a client accepts (RFC 9110, section 12.5.1; PS3.18, sections 8.7.4 and 8.7.5).

/// A media type that there is: alone, or as the parts of a `multipart/related`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) kind: &'static str,
    pub(crate) in_parts: bool,
}

impl Media {
    /// An answer of this type.
    pub(crate) const fn single(kind: &'static str) -> Self {
        Self {
            kind,
            in_parts: false,
        }
    }
}

impl std::fmt::Display for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.in_parts {
            write!(f, "multipart/related; type=\"{}\"", self.kind)
        } else {
            f.write_str(self.kind)
        }
    }
}

/// One range of an `Accept`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// In lower case.
    kind: String,
    parameters: Vec<(String, String)>,
    /// Thousandths.
    weight: u16,
}

/// All that a client accepts, what it wants most first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted(Vec<Range>);

/// Ranges that are looked at.
const MOST_RANGES: usize = 50;

impl Accepted {
    /// Reads an `Accept`; nothing at all accepts everything. What cannot be read is none of the ranges.
    pub(crate) fn read(text: &str) -> Self {
        if text.trim().is_empty() {
            return Self(Range::read("*/*").into_iter().collect());
        }
        let ranges = split(text, ',').into_iter().take(MOST_RANGES);
        let mut ranges: Vec<Range> = ranges.filter_map(|range| Range::read(&range)).collect();
        ranges.retain(|range| range.weight > 0);
        // Of equal weight the one that says more counts first, and then the one that stands first.
        ranges.sort_by_key(|range| (std::cmp::Reverse(range.weight), range.breadth()));
        Self(ranges)
    }

    /// The one of `there` that is wanted most, and the range that wants it. Of what a range leaves open the first is taken.
    pub(crate) fn choose<'a>(&'a self, there: &[Media]) -> Option<(Media, &'a Range)> {
        self.0.iter().find_map(|range| {
            let found = there.iter().find(|media| range.takes(**media));
            found.map(|media| (*media, range))
        })
    }
}

impl Accepted {
    /// The one of `there` that the client wants most, if it takes it in each of these transfer syntaxes: those that the instances are stored in, and nobody
    /// stores them in others (PS3.18, section 8.7.3.5.2).
    pub(crate) fn choose_stored(&self, there: &[Media], syntaxes: &[&str]) -> Option<Media> {
        let takes = |media: Media, syntax: &str| {
            let mut ranges = self.0.iter().filter(|range| range.takes(media));
            ranges.any(|range| {
                matches!(range.syntax(), None | Some("*")) || range.syntax() == Some(syntax)
            })
        };
        self.0.iter().find_map(|range| {
            let mut found = there.iter().filter(|media| range.takes(**media));
            found
                .find(|media| syntaxes.iter().all(|syntax| takes(**media, syntax)))
                .copied()
        })
    }

    /// The one of `there` that the client wants most, of those to which `form` gives a form, with that. `form` gets the transfer syntax that the client names
    /// for the type, or `*` if the client takes everything.
    pub(crate) fn choose_by<F>(
        &self,
        there: &[Media],
        form: impl Fn(Media, Option<&str>) -> Option<F>,
    ) -> Option<(Media, F)> {
        self.0.iter().find_map(|range| {
            let mut found = there.iter().filter(|media| range.takes(**media));
            found.find_map(|media| form(*media, range.syntax()).map(|form| (*media, form)))
        })
    }
}

impl Range {
    /// The transfer syntax that it names, `*` for any.
    fn syntax(&self) -> Option<&str> {
        self.parameter("transfer-syntax")
            .or((self.kind == "*/*").then_some("*"))
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = split(text, ';').into_iter();
        let kind = parts.next()?.trim().to_ascii_lowercase();
        let (main, sub) = kind.split_once('/')?;
        let is_token = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|c| c.is_ascii_alphanumeric() || b"!#$&^_.+-*".contains(&c))
        };
        if !is_token(main) || !is_token(sub) || (main == "*" && sub != "*") {
            return None;
        }
        let mut parameters = Vec::new();
        let mut weight = 1000;
        for parameter in parts {
            let (name, value) = named(&parameter)?;
            if name == "q" {
                let parsed = value
                    .parse::<f32>()
                    .ok()
                    .filter(|weight| (0.0..=1.0).contains(weight))?;
                weight = format!("{:.0}", parsed * 1000.0).parse().ok()?;
            } else {
                parameters.push((name, value));
            }
        }
        Some(Self {
            kind,
            parameters,
            weight,
        })
    }

    /// What it says of itself under `name`.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn breadth(&self) -> u8 {
        match self.kind.as_str() {
            "*/*" => 2,
            kind if kind.ends_with("/*") => 1,
            _ => 0,
        }
    }

    fn takes(&self, media: Media) -> bool {
        if self.kind == "*/*" {
            return true;
        }
        if media.in_parts {
            let wanted = self.parameter("type").unwrap_or("*/*").to_ascii_lowercase();
            return matches!(self.kind.as_str(), "multipart/related" | "multipart/*")
                && is_of(media.kind, &wanted);
        }
        // PS3.18 has types of its own for JSON; whoever asks for JSON means them.
        let is_json = self.kind == "application/json" && media.kind.ends_with("+json");
        is_json || is_of(media.kind, &self.kind)
    }
}

/// Whether a type is in a range of types.
fn is_of(kind: &str, range: &str) -> bool {
    match range.strip_suffix('*') {
        Some("*/") => true,
        Some(main) => kind.starts_with(main),
        None => kind == range,
    }
}

/// The parts of a header between separators that are in no quotes.
pub(crate) fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in text.chars() {
        if c == separator && !is_quoted {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        if c == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = c == '\\' && is_quoted && !is_escaped;
        part.push(c);
    }
    parts.push(part);
    parts
}

/// The name of a parameter, in lower case, and its value; `None` if it is none.
pub(crate) fn named(parameter: &str) -> Option<(String, String)> {
    let (name, value) = parameter.split_once('=')?;
    Some((name.trim().to_ascii_lowercase(), unquoted(value.trim())))
}

/// A value without its quotes.
fn unquoted(value: &str) -> String {
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let Some(inner) = inner else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Media = Media::single("application/dicom+json");
    const ONE: Media = Media::single("application/dicom");
    const MANY: Media = Media {
        kind: "application/dicom",
        in_parts: true,
    };

    #[test]
    fn the_type_that_is_wanted_most_is_chosen() {
        let there = [MANY, ONE];
        for (accept, chosen) in [
            ("", Some(MANY)),
            ("*/*", Some(MANY)),
            ("application/dicom", Some(ONE)),
            ("application/*", Some(ONE)),
            ("multipart/related; type=\"application/dicom\"", Some(MANY)),
            ("multipart/related;type=application/dicom", Some(MANY)),
            ("multipart/related", Some(MANY)),
            (
                "MULTIPART/Related; TYPE=\"Application/DICOM\"; transfer-syntax=*",
                Some(MANY),
            ),
            ("multipart/related; type=\"application/octet-stream\"", None),
            (
                "application/dicom; q=0.5, multipart/related; type=\"application/dicom\"; q=0.9",
                Some(MANY),
            ),
            ("multipart/related; q=0, application/dicom", Some(ONE)),
            ("text/html, */*; q=0.1", Some(MANY)),
            ("*/*, application/dicom", Some(ONE)),
            ("text/html", None),
            ("nonsense", None),
            (";;;,,,", None),
            ("*/dicom", None),
            ("application/dicom; q=2", None),
            ("a/b; x=\"application/dicom, */*\"", None),
        ] {
            let accepted = Accepted::read(accept);
            assert_eq!(
                accepted.choose(&there).map(|(media, _)| media),
                chosen,
                "{accept:?}"
            );
        }
    }

    #[test]
    fn who_asks_for_json_gets_that_of_dicom() {
        for (accept, is_taken) in [
            ("application/json", true),
            ("application/dicom+json", true),
            ("application/dicom+xml", false),
            ("multipart/related; type=\"application/dicom+xml\"", false),
        ] {
            assert_eq!(
                Accepted::read(accept).choose(&[JSON]).is_some(),
                is_taken,
                "{accept}"
            );
        }
    }

    #[test]
    fn what_is_stored_is_chosen_if_all_its_syntaxes_are_taken() {
        let many = |syntax: &str| {
            format!("multipart/related; type=\"application/dicom\"; transfer-syntax={syntax}")
        };
        for (accept, syntaxes, is_taken) in [
            (many("1.2"), &["1.2"][..], true),
            (many("1.2"), &["1.2", "1.3"], false),
            (many("*"), &["1.2", "1.3"], true),
            (
                format!("{}, {}", many("1.2"), many("1.3")),
                &["1.2", "1.3"],
                true,
            ),
            (many("1.4"), &["1.2"], false),
            ("*/*".to_owned(), &["1.2"], true),
        ] {
            let chosen = Accepted::read(&accept).choose_stored(&[MANY, ONE], syntaxes);
            assert_eq!(chosen, is_taken.then_some(MANY), "{accept} {syntaxes:?}");
        }
    }

    #[test]
    fn parameters_are_read_without_their_quotes() {
        let accepted = Accepted::read(
            "multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.4.50; x=\"a\\\"b\"",
        );
        let (_, range) = accepted.choose(&[MANY]).expect("it is taken");
        assert_eq!(
            range.parameter("transfer-syntax"),
            Some("1.2.840.10008.1.2.4.50")
        );
        assert_eq!(range.parameter("x"), Some("a\"b"));
        assert_eq!(
            MANY.to_string(),
            "multipart/related; type=\"application/dicom\""
        );
    }
}
