//! How data sets are answered: as DICOM JSON, an array of them, or as XML, a part each (PS3.18, section 8.7.3.2).

use std::io;

use serde_json::Value;

use super::accept::Media;
use super::dataset::DataSet;
use super::multipart;
use super::native::native;

/// The form of an answer of data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Xml,
}

const JSON: Media = Media::single("application/dicom+json");
const XML: Media = Media {
    kind: "application/dicom+xml",
    in_parts: true,
};
/// What separates the parts. A data set is one line of XML ([`native`]), so it can be in none of them.
const BOUNDARY: &str = "filmroom-data-set";

impl Form {
    /// What there is of several data sets, what is answered to who takes everything first.
    pub(crate) const OF_SEVERAL: [Media; 2] = [JSON, XML];
    /// What there is of one alone.
    pub(crate) const OF_ONE: [Media; 2] = [JSON, Media::single(XML.kind)];

    /// The form that a type of these is.
    pub(crate) fn of(media: Media) -> Self {
        if media.kind == XML.kind {
            Self::Xml
        } else {
            Self::Json
        }
    }

    /// The `Content-Type` of several data sets.
    pub(crate) fn content_type(self) -> String {
        match self {
            Self::Json => JSON.kind.to_owned(),
            Self::Xml => multipart::content_type(XML.kind, BOUNDARY),
        }
    }

    /// What stands before the first data set of several, or between two.
    pub(crate) fn before(self, is_first: bool) -> String {
        match self {
            Self::Json if is_first => "[".to_owned(),
            Self::Json => ",".to_owned(),
            Self::Xml => multipart::head(BOUNDARY, &[("Content-Type", XML.kind)], is_first),
        }
    }

    /// What stands behind the last one.
    pub(crate) fn end(self) -> String {
        match self {
            Self::Json => "]".to_owned(),
            Self::Xml => multipart::end(BOUNDARY),
        }
    }

    /// One data set.
    ///
    /// # Errors
    /// None of a data set of ours: the writer's.
    pub(crate) fn write(self, set: DataSet) -> io::Result<Vec<u8>> {
        match self {
            Self::Json => Ok(Value::Object(set).to_string().into_bytes()),
            Self::Xml => native(&set),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_of_xml_are_read_as_they_were_written_whatever_they_say() {
        let sets = [
            "plain",
            "\r\n--filmroom-data-set--\r\n",
            "--filmroom-data-set",
        ]
        .map(|text| {
            let set = json!({ "00104000": { "vr": "LT", "Value": [text] } });
            set.as_object().cloned().expect("a data set")
        });
        let mut body = Vec::new();
        for (at, set) in sets.iter().enumerate() {
            body.extend_from_slice(Form::Xml.before(at == 0).as_bytes());
            body.extend(Form::Xml.write(set.clone()).expect("it is written"));
        }
        body.extend_from_slice(Form::Xml.end().as_bytes());
        let kind = Form::Xml.content_type();
        let (_, boundary) = kind.split_once("boundary=").expect("a boundary");
        let parts = multipart::read(&body, boundary).expect("it is read");
        assert_eq!(parts.len(), sets.len());
        for (part, set) in parts.iter().zip(&sets) {
            assert_eq!(part.kind, "application/dicom+xml");
            assert_eq!(part.bytes, native(set).expect("it is written"));
        }
    }

    #[test]
    fn the_form_follows_the_type() {
        for (there, forms) in [
            (Form::OF_SEVERAL, [Form::Json, Form::Xml]),
            (Form::OF_ONE, [Form::Json, Form::Xml]),
        ] {
            assert_eq!(there.map(Form::of), forms);
        }
    }
}
