use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn name(key: &str, text: &str) -> Name {
    Name {
        key: key.to_owned(),
        text: text.to_owned(),
    }
}

fn many(count: usize) -> Vec<Name> {
    let names = (0..count).map(|number| {
        let key = format!("P-{number:06}");
        let text = format!("{}\n王小明 {number}", key.to_lowercase());
        Name { key, text }
    });
    names.collect()
}

#[test]
fn names_come_back_from_bytes_as_they_were() {
    for count in [0, 1, 1000] {
        let names = many(count);
        let piece = Names::from_bytes(&Names::pack(Order::Key, &names).to_bytes());
        let back: Vec<Name> = piece.expect("a piece").names().collect();
        assert_eq!(back, names);
    }
    let pieces = Pieces(vec![("a".to_owned(), 5), ("b".to_owned(), 7)]);
    assert_eq!(Pieces::from_bytes(&pieces.to_bytes()), Ok(pieces.clone()));
    assert_eq!(pieces.names(), 12);
}

#[test]
fn no_damage_is_taken_for_a_piece() {
    let bytes = Names::pack(Order::Text, &[name("1", "anna"), name("2", "anna")]).to_bytes();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 0x40;
        assert!(Names::from_bytes(&changed).is_err(), "changed at {place}");
        assert!(
            Names::from_bytes(&bytes[..place]).is_err(),
            "cut at {place}"
        );
    }
    let mut disordered = Names::pack(Order::Key, &[name("2", "b"), name("3", "a")]);
    disordered.order = Order::Text;
    assert!(Names::from_bytes(&disordered.to_bytes()).is_err());
}

/// The list, as whoever reads every row would answer.
#[derive(Debug, Default)]
struct Plain(BTreeMap<String, String>);

impl Plain {
    fn find(&self, order: Order, search: &str, after: Option<&Name>) -> Vec<Name> {
        let mut names: Vec<Name> = self.0.iter().map(|(key, text)| name(key, text)).collect();
        names.sort_unstable_by(|a, b| order.compare(a, b));
        names.retain(|name| {
            let is_behind = after.is_none_or(|after| order.compare(name, after).is_gt());
            is_behind && name.text.contains(search)
        });
        names
    }
}

fn ask(directory: &Directory, search: &str, most: usize) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    loop {
        let page = directory.find(search, found.last(), most);
        assert!(page.len() <= most);
        let is_last = page.len() < most;
        found.extend(page);
        if is_last {
            return found;
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Call(u8, &'static str),
    Leave(u8),
    Merge,
}

const TEXTS: [&str; 6] = ["anna", "anna\nschmidt", "王 小明", "%_*.[^$(", "ss", ""];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..60u8, select(&TEXTS)).prop_map(|(key, text)| Step::Call(key, text)),
        2 => (0..60u8).prop_map(Step::Leave),
        1 => Just(Step::Merge),
    ];
    prop::collection::vec(step, 1..120)
}

fn of(merged: Vec<Merged>, old: &[Names]) -> Vec<Names> {
    let pieces = merged.into_iter().map(|piece| match piece {
        Merged::Old(number) => old[number].clone(),
        Merged::New(names) => names,
    });
    pieces.collect()
}

proptest! {
    #[test]
    fn a_directory_answers_as_whoever_reads_every_name(steps in steps(), is_by_text in any::<bool>(), most in 1..5usize) {
        let order = if is_by_text { Order::Text } else { Order::Key };
        let mut plain = Plain::default();
        let mut pieces: Vec<Names> = Vec::new();
        let mut changed: HashMap<String, Option<String>> = HashMap::new();
        for step in steps {
            match step {
                Step::Call(key, text) => {
                    plain.0.insert(key.to_string(), text.to_owned());
                    changed.insert(key.to_string(), Some(text.to_owned()));
                }
                Step::Leave(key) => {
                    plain.0.remove(&key.to_string());
                    changed.insert(key.to_string(), None);
                }
                Step::Merge => {
                    pieces = of(merged(order, &pieces, &changed), &pieces);
                    // Some stay in the tail after they were packed: the merge was interrupted.
                    changed.retain(|key, _| key.ends_with('7'));
                    // Small pieces, so that there are many.
                    pieces = pieces.iter().flat_map(|piece| {
                        let names: Vec<Name> = piece.names().collect();
                        names.chunks(7).map(|names| Names::pack(order, names)).collect::<Vec<_>>()
                    }).collect();
                }
            }
        }
        let shared = pieces.iter().cloned().map(Arc::new).collect();
        let directory = Directory::new(order, shared, changed);
        for search in ["a", "anna", "小", "%_*.[^$(", "s", "nobody", "7", "\n"] {
            let found = ask(&directory, search, most);
            let expected = plain.find(order, search, None);
            // Of those that changed a key is found, too.
            let is_key = |name: &&Name| name.key != search || name.text.contains(search);
            prop_assert_eq!(found.iter().filter(is_key).cloned().collect::<Vec<_>>(), expected, "{}", search);
        }
    }
}

#[test]
fn a_merge_leaves_pieces_alone_in_which_nothing_changes() {
    let names = many(3 * MAX_NAMES);
    let pieces: Vec<Names> = packed_in_pieces(Order::Key, &names).collect();
    assert_eq!(pieces.len(), 3);
    let new = HashMap::from([
        ("P-000001".to_owned(), None),
        (
            "P-000002x".to_owned(),
            Some("p-000002x\nsomebody".to_owned()),
        ),
        ("P-000003x".to_owned(), Some("p-000003x\nnew".to_owned())),
    ]);
    let merged = merged(Order::Key, &pieces, &new);
    let kinds: Vec<Option<usize>> = merged
        .iter()
        .map(|piece| match piece {
            Merged::Old(number) => Some(*number),
            Merged::New(_) => None,
        })
        .collect();
    // One name more than fits into the first.
    assert_eq!(kinds, [None, None, Some(1), Some(2)]);
    let gone: HashMap<String, Option<String>> =
        names.iter().map(|name| (name.key.clone(), None)).collect();
    assert_eq!(super::merged(Order::Key, &pieces, &gone), []);
}

#[test]
fn somebody_who_is_inserted_is_found_by_their_key() {
    let mut directory = Directory::new(Order::Text, Vec::new(), HashMap::new());
    directory.insert(name("17", "anna"));
    assert_eq!(directory.find("17", None, 5), [name("17", "anna")]);
    assert_eq!(directory.find("1", None, 5), []);
}
