//! How somebody wants to see a picture: the parameters of a rendered resource (PS3.18, section 8.3.5).

use std::num::NonZeroU32;

use imaging::dicom::{Function, Region, Viewport, Window};

/// How a picture is to be shown; the default is what processing made.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rendering {
    /// The values between black and white.
    pub(crate) window: Option<Window>,
    /// What the picture has to fill.
    pub(crate) viewport: Option<Viewport>,
    /// Of a JPEG, 1 to 100.
    pub(crate) quality: Option<u8>,
    /// Parameters of the standard that nothing is done with.
    pub(crate) ignored: Vec<String>,
}

/// Parameters that a server need not know (PS3.18, section 8.3.5.1).
const OTHERS: [&str; 3] = ["annotation", "iccprofile", "charset"];

impl Rendering {
    /// Takes a parameter, if it is one of these. An empty value counts as absent.
    ///
    /// # Errors
    /// A sentence that completes its name.
    pub(crate) fn take(&mut self, name: &str, value: &str) -> Result<bool, String> {
        match name {
            "window" | "viewport" | "quality" if value.is_empty() => {}
            "window" => self.window = Some(window(value)?),
            "viewport" => self.viewport = Some(viewport(value)?),
            "quality" => {
                let quality = value
                    .parse()
                    .ok()
                    .filter(|quality| (1..=100).contains(quality));
                self.quality = Some(quality.ok_or("must be a whole number, 1 to 100")?);
            }
            other if OTHERS.contains(&other) => self.ignored.push(other.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether a picture need not be made anew for it.
    pub(crate) fn is_usual(&self) -> bool {
        self.window.is_none() && self.viewport.is_none() && self.quality.is_none()
    }
}

fn window(value: &str) -> Result<Window, String> {
    const FORM: &str = "must be centre, width and function with commas between them; functions are linear, linear-exact and sigmoid";
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    let [center, width, function] = parts[..] else {
        return Err(FORM.to_owned());
    };
    let function = match function.to_ascii_lowercase().as_str() {
        "linear" => Function::Linear,
        "linear-exact" => Function::LinearExact,
        "sigmoid" => Function::Sigmoid,
        _ => return Err(FORM.to_owned()),
    };
    let (center, width) = (number(center).ok_or(FORM)?, number(width).ok_or(FORM)?);
    Window::new(center, width, function).map_err(|_| {
        "must have a width above 0, and of at least 1 with the function linear".to_owned()
    })
}

fn viewport(value: &str) -> Result<Viewport, String> {
    const FORM: &str = "must be columns and rows, 1 to 4096, and may go on with left, top, width and height of a part of the picture, all with commas between them";
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    if !(2..=6).contains(&parts.len()) {
        return Err(FORM.to_owned());
    }
    let side = |text: &str| {
        let side = text.parse::<NonZeroU32>().ok();
        side.filter(|side| side.get() <= Viewport::MOST).ok_or(FORM)
    };
    let part = |at: usize| match parts.get(at) {
        None | Some(&"") => Ok(None),
        Some(text) => number(text).map(Some).ok_or(FORM),
    };
    let (x, y, width, height) = (part(2)?, part(3)?, part(4)?, part(5)?);
    let is_before = [x, y].iter().flatten().any(|start| *start < 0.0);
    let is_empty = [width, height].iter().flatten().any(|side| *side == 0.0);
    if is_before || is_empty {
        return Err("must name a part that begins in the picture and is not empty".to_owned());
    }
    let is_part = [x, y, width, height].iter().any(Option::is_some);
    Ok(Viewport {
        width: side(parts[0])?,
        height: side(parts[1])?,
        region: is_part.then(|| Region {
            x: x.unwrap_or_default(),
            y: y.unwrap_or_default(),
            width,
            height,
        }),
    })
}

/// A decimal number.
fn number(text: &str) -> Option<f64> {
    let is_one = text
        .bytes()
        .all(|c| c.is_ascii_digit() || b"+-.eE".contains(&c));
    let number = is_one.then(|| text.parse::<f64>().ok()).flatten();
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(name: &str, value: &str) -> Result<Rendering, String> {
        let mut rendering = Rendering::default();
        rendering.take(name, value).map(|_| rendering)
    }

    #[test]
    fn a_window_is_two_numbers_and_a_function() {
        let window = |center, width, function| Window::new(center, width, function).ok();
        for (value, read) in [
            ("40,400,linear", window(40.0, 400.0, Function::Linear)),
            (
                "-600,1500.5,linear-exact",
                window(-600.0, 1500.5, Function::LinearExact),
            ),
            ("4e1, 1e2, SIGMOID", window(40.0, 100.0, Function::Sigmoid)),
            ("40,400", None),
            ("40,400,linear,1", None),
            ("40,0,linear", None),
            ("40,0.5,linear", None),
            ("40,-1,sigmoid", None),
            ("inf,1,linear", None),
            ("1e999,1,linear", None),
            ("nan,1,linear", None),
            ("a,b,linear", None),
            ("40,400,cubic", None),
        ] {
            assert_eq!(
                taken("window", value).ok().and_then(|read| read.window),
                read,
                "{value}"
            );
        }
    }

    #[test]
    fn a_viewport_is_a_size_and_may_have_a_part_of_the_picture() {
        for (value, is_one, has_part) in [
            ("512,256", true, false),
            ("512,256,10,20,30,40", true, true),
            ("512,256,,,30,40", true, true),
            ("512,256,10.5,20", true, true),
            ("512,256,0,0,-30,-40", true, true),
            ("512", false, false),
            ("0,256", false, false),
            ("5000,256", false, false),
            ("512,256,-1,0,3,4", false, false),
            ("512,256,0,0,0,4", false, false),
            ("512,256,x", false, false),
            ("1,2,3,4,5,6,7", false, false),
        ] {
            let read = taken("viewport", value).ok().and_then(|read| read.viewport);
            assert_eq!(read.is_some(), is_one, "{value}");
            assert_eq!(
                read.is_some_and(|read| read.region.is_some()),
                has_part,
                "{value}"
            );
        }
    }

    #[test]
    fn a_quality_is_1_to_100() {
        for (value, quality) in [
            ("1", Some(1)),
            ("100", Some(100)),
            ("0", None),
            ("101", None),
            ("x", None),
        ] {
            assert_eq!(
                taken("quality", value).ok().and_then(|read| read.quality),
                quality,
                "{value}"
            );
        }
    }

    #[test]
    fn what_a_server_need_not_know_is_remembered_and_what_is_unknown_is_not_taken() {
        let ignored = taken("annotation", "patient").expect("taken");
        assert_eq!(ignored.ignored, ["annotation"]);
        assert!(ignored.is_usual());
        let mut rendering = Rendering::default();
        assert_eq!(rendering.take("size", "1"), Ok(false));
        assert_eq!(rendering.take("window", ""), Ok(true));
        assert!(rendering.is_usual());
    }
}
