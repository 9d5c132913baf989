//! Whole numbers as text: one number has one spelling, so that what is compared, counted or logged as text is what was meant.

/// The largest integer that every JSON reader keeps exact, plus one (RFC 8259, section 6): the end of all ids.
pub const EXACT_END: u64 = 1 << 53;

/// Reads a whole number in its one spelling: digits, no sign, no point, no space, and no zero before them.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let is_canonical =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    // Of such text `u64::from_str` refuses the empty one, and numbers that are too large.
    is_canonical.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_spelling() {
        assert_eq!(parse("0"), Some(0));
        assert_eq!(parse("10"), Some(10));
        assert_eq!(parse("18446744073709551615"), Some(u64::MAX));
        for text in [
            "",
            "00",
            "010",
            "+1",
            "-1",
            "-0",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "0x1",
            "1_000",
            "١",
            "１",
            "18446744073709551616",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
