//! What a search asks for: the parameters of its query (PS3.18, section 8.3.4).

use std::collections::BTreeSet;

use service::domain::{UserId, number};
use service::error::FieldError;

use super::attribute::Attribute;
use super::condition::Condition;

/// Results of one answer, at most. If there are more, the answer says so.
pub(crate) const MOST_RESULTS: usize = 1000;
/// Conditions and fields of one query. A line of a request has room for 8 KB, so nobody needs more.
const MOST_NAMED: usize = 100;
/// The parameter that may be given several times.
const INCLUDE: &str = "includefield";

/// What a search asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// All of them have to hold.
    pub(crate) conditions: Vec<Condition>,
    pub(crate) include: Include,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
    /// What this service does not do, and says so.
    pub(crate) ignored: BTreeSet<Ignored>,
    pub(crate) options: Options,
}

/// What a client asks for that this service does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ignored {
    /// Names that sound alike (PS3.18, section 8.3.4.2).
    Fuzzy,
    /// An empty value that matches only what is empty (PS3.4, section C.2.2.2.7).
    EmptyValues,
    /// One of several values is enough (PS3.4, section C.2.2.2.8).
    MultipleValues,
    /// A parameter that it does not know.
    Unknown,
}

/// Attributes that a client asks for beside those that are always answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Include {
    /// All attributes of the level.
    pub(crate) all: bool,
    pub(crate) attributes: Vec<Attribute>,
}

impl Asked {
    /// Reads the parameters of a query. An empty value counts as absent.
    ///
    /// # Errors
    /// Every parameter that is wrong, and why.
    pub(crate) fn read(parameters: &[(String, String)]) -> Result<Self, Vec<FieldError>> {
        if parameters.len() > MOST_NAMED {
            let many = format!(
                "has {} parameters, and may have {MOST_NAMED}",
                parameters.len()
            );
            return Err(vec![FieldError::new("query", many)]);
        }
        let mut asked = Self {
            limit: MOST_RESULTS,
            ..Self::default()
        };
        read_each(parameters, Some(INCLUDE), |name, value| {
            asked.take(name, value)
        })?;
        Ok(asked)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        if self.options.take(name, value)? {
            return Ok(());
        }
        match name {
            INCLUDE => self.include.add(value)?,
            "limit"
            | "offset"
            | "fuzzymatching"
            | "emptyvaluematching"
            | "multiplevaluematching"
                if value.is_empty() => {}
            "limit" => self.limit = count(value)?.min(MOST_RESULTS),
            "offset" => self.offset = count(value)?,
            "fuzzymatching" => self.ignore(Ignored::Fuzzy, flag(value)?),
            "emptyvaluematching" => self.ignore(Ignored::EmptyValues, flag(value)?),
            "multiplevaluematching" => self.ignore(Ignored::MultipleValues, flag(value)?),
            attribute => match attribute.parse::<Attribute>() {
                Ok(attribute) => self.conditions.extend(Condition::new(attribute, value)?),
                Err(_) if may_be_ignored(attribute) => self.ignore(Ignored::Unknown, true),
                Err(message) => return Err(message.to_owned()),
            },
        }
        Ok(())
    }

    fn ignore(&mut self, what: Ignored, is_asked: bool) {
        self.ignored.extend(is_asked.then_some(what));
    }
}

/// Whether a search ignores a parameter that it does not know. PS3.18, section 8.3, says that a server shall, because clients send parameters that only
/// another server knows. But if a name looks like an attribute, the answer is a 400: otherwise a search with a misspelt condition would show everything.
fn may_be_ignored(name: &str) -> bool {
    let mut letters = name.chars();
    let Some(first) = letters.next().filter(char::is_ascii_lowercase) else {
        return false;
    };
    let keyword = first.to_ascii_uppercase().to_string() + letters.as_str();
    keyword.parse::<Attribute>().is_err()
}

/// As many results as a client can name exactly.
fn count(value: &str) -> Result<usize, String> {
    let count = number::parse(value).filter(|count| *count < number::EXACT_END);
    count
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| format!("must be a whole number from 0 to {}", number::EXACT_END - 1))
}

fn flag(value: &str) -> Result<bool, String> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

/// What searches and retrievals take beside their path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whose studies, if an administrator says so.
    pub(crate) of: Option<UserId>,
    /// What stands for the header `Accept`.
    pub(crate) accept: Option<String>,
}

impl Options {
    /// Reads the parameters of a retrieval, which takes no others. An empty value counts as absent.
    ///
    /// # Errors
    /// Every parameter that is wrong, and why.
    pub(crate) fn read(parameters: &[(String, String)]) -> Result<Self, Vec<FieldError>> {
        Self::read_with(parameters, |_, _| Ok(false))
    }

    /// The same for a retrieval that takes others, too: `take` says whether a parameter is one of them.
    ///
    /// # Errors
    /// Every parameter that is wrong, and why.
    pub(crate) fn read_with(
        parameters: &[(String, String)],
        mut take: impl FnMut(&str, &str) -> Result<bool, String>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut options = Self::default();
        read_each(parameters, None, |name, value| {
            let is_one = options.take(name, value)? || take(name, value)?;
            is_one
                .then_some(())
                .ok_or_else(|| "is no parameter here".to_owned())
        })?;
        Ok(options)
    }

    /// Takes a parameter, if it is one of these.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, String> {
        match name {
            "uploaded_by" | "accept" if value.is_empty() => {}
            "uploaded_by" => {
                let user = number::parse(value).and_then(UserId::from_number);
                self.of = Some(user.ok_or("must be the id of a user")?);
            }
            "accept" => self.accept = Some(value.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Gives each parameter to `take`. Only `repeated` may be given several times.
///
/// # Errors
/// Every parameter that is wrong, and why.
fn read_each(
    parameters: &[(String, String)],
    repeated: Option<&str>,
    mut take: impl FnMut(&str, &str) -> Result<(), String>,
) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    for (index, (name, value)) in parameters.iter().enumerate() {
        let is_twice =
            repeated != Some(name) && parameters[..index].iter().any(|(other, _)| other == name);
        let taken = if is_twice {
            Err("is given twice".to_owned())
        } else {
            take(name, value)
        };
        if let Err(message) = taken {
            errors.push(FieldError::new(name.as_str(), message));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

impl Include {
    /// Adds what one `includefield` names: `all`, or attributes with commas between.
    fn add(&mut self, fields: &str) -> Result<(), String> {
        for field in fields.split(',').filter(|field| !field.is_empty()) {
            if field == "all" {
                self.all = true;
                continue;
            }
            if self.attributes.len() == MOST_NAMED {
                return Err(format!("may name {MOST_NAMED} attributes"));
            }
            let attribute: Attribute = field.parse().map_err(|_| {
                let field: String = field.chars().take(64).collect();
                format!("names {field}, which is no attribute: write its tag, such as 00100010")
            })?;
            self.attributes.push(attribute);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Asked, Vec<String>> {
        let pairs: Vec<(String, String)> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Asked::read(&pairs).map_err(|errors| errors.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn parameters_are_read_and_others_are_attributes() {
        let asked = read(&[
            ("limit", "5000"),
            ("offset", "20"),
            ("fuzzymatching", "true"),
            ("uploaded_by", "7"),
            ("includefield", "StudyDescription,00181030"),
            ("includefield", "all"),
            ("PatientName", "Z*"),
            ("StudyDate", ""),
        ])
        .expect("a query");
        assert_eq!(
            (asked.limit, asked.offset, asked.ignored),
            (MOST_RESULTS, 20, [Ignored::Fuzzy].into())
        );
        assert_eq!(asked.options.of, UserId::from_number(7));
        assert!(asked.include.all);
        assert_eq!(asked.include.attributes.len(), 2);
        assert_eq!(asked.conditions.len(), 1);
        let matching = read(&[
            ("emptyvaluematching", "true"),
            ("multiplevaluematching", "true"),
            ("limit", "0"),
        ])
        .expect("a query");
        assert_eq!(
            matching.ignored,
            [Ignored::EmptyValues, Ignored::MultipleValues].into()
        );
        assert_eq!((matching.limit, matching.conditions.len()), (0, 0));
        let unknown = read(&[("includedefaults", "false")]).expect("a query");
        assert_eq!(unknown.ignored, [Ignored::Unknown].into());
        assert!(unknown.conditions.is_empty());
        let empty = read(&[
            ("limit", ""),
            ("offset", ""),
            ("includefield", ""),
            ("accept", ""),
        ])
        .expect("a query");
        assert_eq!(
            (empty.limit, empty.offset, empty.options.accept),
            (MOST_RESULTS, 0, None)
        );
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        for (query, wrong) in [
            (
                &[("limit", "-1"), ("offset", "x")][..],
                &["limit", "offset"][..],
            ),
            (
                &[
                    ("limit", "9007199254740992"),
                    ("offset", "9007199254740992"),
                ],
                &["limit", "offset"],
            ),
            (&[("fuzzymatching", "yes")], &["fuzzymatching"]),
            (&[("emptyvaluematching", "1")], &["emptyvaluematching"]),
            (&[("uploaded_by", "0")], &["uploaded_by"]),
            (&[("Staus", "FAILED")], &["Staus"]),
            (&[("patientName", "Z*")], &["patientName"]),
            (
                &[("StudyDate", "today"), ("PatientID", "P")],
                &["StudyDate"],
            ),
            (&[("PatientID", "a"), ("PatientID", "b")], &["PatientID"]),
            (&[("includefield", "NoSuchThing")], &["includefield"]),
        ] {
            assert_eq!(read(query).expect_err("it is refused"), wrong, "{query:?}");
        }
    }

    #[test]
    fn a_retrieval_takes_two_parameters() {
        let read = |query: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            Options::read(&pairs).map_err(|errors| {
                errors
                    .into_iter()
                    .map(|error| error.field)
                    .collect::<Vec<_>>()
            })
        };
        let options = read(&[("uploaded_by", "7"), ("accept", "image/jpeg")]).expect("options");
        assert_eq!(
            (options.of, options.accept.as_deref()),
            (UserId::from_number(7), Some("image/jpeg"))
        );
        assert_eq!(
            read(&[("uploaded_by", ""), ("accept", "")]),
            Ok(Options::default())
        );
        let wrong = read(&[
            ("uploaded_by", "x"),
            ("staus", "1"),
            ("accept", "a/b"),
            ("accept", "a/b"),
        ]);
        assert_eq!(
            wrong.expect_err("it is refused"),
            ["uploaded_by", "staus", "accept"]
        );
    }

    #[test]
    fn a_thousand_attributes_are_too_many() {
        let tags: Vec<String> = (0..1000)
            .map(|number| format!("{:08X}", 0x0018_0000 + number))
            .collect();
        let query: Vec<(&str, &str)> = tags.iter().map(|tag| (tag.as_str(), "1")).collect();
        assert_eq!(read(&query).expect_err("it is refused"), ["query"]);
        let fields = tags.join(",");
        assert_eq!(
            read(&[("includefield", &fields)]).expect_err("it is refused"),
            ["includefield"]
        );
    }
}
