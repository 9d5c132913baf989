//! Which cursors open: a cursor is good for the scope (the caller and the query) that it was sealed for, unchanged, and for no other.

use crate::domain::FileId;

use super::*;

const SCOPE: &str = "user 1, CT";
const POSITION: &str = "9007199254740991";

fn key() -> CursorKey {
    CursorKey::new(b"secret")
}

fn open(scope: &str, cursor: &str) -> Option<String> {
    key().open(scope, &Cursor::untrusted(cursor))
}

#[test]
fn a_cursor_opens_for_its_scope_only() {
    let sealed = key().seal(SCOPE, POSITION);
    for (scope, opens) in [
        (SCOPE, true),
        ("user 2, CT", false),
        ("user 1, MR", false),
        ("user 1, C", false),
        ("user 1, CT ", false),
        ("", false),
    ] {
        let position = opens.then(|| POSITION.to_owned());
        assert_eq!(open(scope, &sealed), position, "{scope:?}");
    }
}

/// The scope's length is sealed too: text cannot move from the end of the scope to the beginning of the position.
#[test]
fn a_scope_does_not_run_into_the_position() {
    let sealed = key().seal("user 1", "23");
    let moved = [
        &URL_SAFE_NO_PAD.decode(&sealed).expect("base64")[..TAG],
        b"3",
    ]
    .concat();
    assert_eq!(open("user 12", &URL_SAFE_NO_PAD.encode(moved)), None);
}

#[test]
fn another_key_opens_nothing() {
    let sealed = Cursor::untrusted(&CursorKey::new(b"other").seal(SCOPE, POSITION));
    assert_eq!(key().open(SCOPE, &sealed), None);
}

#[test]
fn a_changed_cursor_opens_never() {
    let sealed = key().seal(SCOPE, POSITION);
    for place in 0..sealed.len() {
        let mut changed = sealed.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("ASCII");
        assert_eq!(open(SCOPE, &changed), None, "{changed}");
    }
    for length in 0..sealed.len() {
        assert_eq!(open(SCOPE, &sealed[..length]), None, "{length} letters");
    }
    for text in ["", "A", "%%%", "AAAAAAAAAAAAAAAAAAAAAA", "胸部"] {
        assert_eq!(open(SCOPE, text), None, "{text}");
    }
    for more in ["=", "A", " "] {
        assert_eq!(open(SCOPE, &format!("{sealed}{more}")), None, "{more:?}");
    }
}

#[test]
fn a_position_that_is_no_id_is_no_place_in_a_list_of_files() {
    let of = |position: &str| {
        let sealed = Cursor::untrusted(&key().seal(SCOPE, position));
        key().open_as(SCOPE, &sealed)
    };
    assert_eq!(of(POSITION), Some(FileId::LAST));
    for position in ["", "0", "007", "P-0001", "9007199254740992"] {
        assert_eq!(of(position), None, "{position:?}");
    }
}
