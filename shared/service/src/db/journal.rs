//! The journal of changes: a row for each change that counts, until it is folded into the head of its shard.
//!
//! Rows are in the table of changes, heads in the table of folds. A space is an owner, or 0 for everybody; each has several shards. What is counted
//! in a shard is always the counters of its head and the rows that its head does not name as `pending`:
//!
//! - A change writes its record and one row in one transaction ([`Changes`]). The row's key is made of the file's id, its new version and a draw. The record
//!   gets a version once, so no other row ever has this key, and nobody else writes it: changes of different files do not meet.
//! - A [fold](super::fold) adds rows to the head, which names them as pending from the same write on, and deletes them afterwards.
//! - [`heads`] and [`tail`] are read for statistics ([`super::stats`]).
//!
//! A row also says what the changed files look like to lists, for the packed search ([`super::packed`]).

mod head;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use super::{Item, columns, query, records, steps, text};
use crate::chance;
use crate::config::Config;
use crate::domain::stats::Delta;
use crate::domain::tally::{self, Step};
use crate::domain::{FileId, FileRecord};
use crate::error::Error;

pub(super) use self::head::{Head, Tailed, counters_of};

/// The space of everybody together.
pub(super) const EVERYBODY: i64 = 0;
/// Shards of an owner. A change costs 3 of the 1,000 write units a second of its shard's partition (2 to write, 1 to delete), a file changes twice:
/// 2 shards take 330 files a second of one owner. With more, each fold would count fewer changes, so a file would cost more, and statistics too.
/// More shards take two releases: one reads them, the next writes them.
const OF_AN_OWNER: u64 = 2;
/// Shards of everybody. A fold of an owner's shard costs one of them 3 units as well, and folds that shard once a second: 16 take 5,300 owners' shards
/// that are busy in the same second.
const OF_EVERYBODY: u64 = 16;
/// Versions of one file. Keys show the file's id and then, in nine digits, its version.
const VERSIONS: u128 = 1_000_000_000;
/// What is drawn for a key, in six digits.
const DRAWS: u64 = 1_000_000;
/// What a change makes of studies, in its row.
const STEPS: &str = "steps";
/// Folds of one shard. Keys of everybody's rows show the shard and then, in twelve digits, the fold.
const FOLDS: u128 = 1_000_000_000_000;

/// One shard of the journal: its partition in the table of changes is `5#0`, its head is the row `head#0` of the partition `5` in the table of folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    pub(super) space: i64,
    pub(super) number: u64,
}

impl Shard {
    /// All shards of a space.
    pub(super) fn all(space: i64) -> impl Iterator<Item = Self> {
        (0..shards_of(space)).map(move |number| Self { space, number })
    }

    /// The first shard of a space.
    pub(super) fn first(space: i64) -> Self {
        Self { space, number: 0 }
    }

    /// Where everybody's counters learn of a fold of this shard: always the same shard, so that its folds stay in their order.
    pub(super) fn of_everybody(self) -> Self {
        let spread = self.space.unsigned_abs().wrapping_add(self.number);
        Self {
            space: EVERYBODY,
            number: spread % OF_EVERYBODY,
        }
    }
}

/// How many shards a space has.
pub(super) fn shards_of(space: i64) -> u64 {
    if space == EVERYBODY {
        OF_EVERYBODY
    } else {
        OF_AN_OWNER
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.space, self.number)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once('#');
        let shard = parts.and_then(|(space, number)| {
            Some(Self {
                space: space.parse().ok()?,
                number: number.parse().ok()?,
            })
        });
        shard.ok_or_else(|| Error::internal("a text that names no shard of the journal"))
    }
}

/// The key of a row in its shard: a number of up to 38 digits, as DynamoDB keeps them
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number>).
pub(super) type Key = String;

/// The key of the change that gives a file this version. What is drawn at its end tells it from the change of a record that somebody has removed by
/// hand, and that had the same version.
pub(super) fn of_change(id: FileId, version: u64) -> Key {
    let change = u128::from(id.number()) * VERSIONS + u128::from(version);
    let drawn = chance::drawn_of(0..=DRAWS - 1);
    (change * u128::from(DRAWS) + u128::from(drawn)).to_string()
}

/// The key of everybody's row about the fold that gives the head of `shard` this version.
pub(super) fn of_fold(shard: Shard, version: u64) -> Key {
    let owner = u128::from(shard.space.unsigned_abs()) * 100 + u128::from(shard.number);
    (owner * FOLDS + u128::from(version)).to_string()
}

/// Sums what one transaction changes, so that it has one row for each owner: the first file's key is the row's.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<i64, Change>);

/// What one transaction changes for one owner.
#[derive(Debug)]
struct Change {
    shard: Shard,
    key: Key,
    counted: Delta,
    rows: Vec<packed::Row>,
    steps: Vec<Step>,
}

impl Changes {
    /// Adds the change of one record.
    pub(super) fn add(&mut self, before: Option<&FileRecord>, after: Option<&FileRecord>) {
        let delta = Delta::between(before, after);
        let version = after
            .map(|file| file.version)
            .or(before.map(|file| file.version + 1));
        let (Some(file), Some(version)) = (after.or(before), version) else {
            return;
        };
        let row = columns::changed(before, after);
        let steps = tally::steps(before, after);
        if delta.is_empty() && row.is_none() && steps.is_empty() {
            return;
        }
        let shard = Shard {
            space: file.uploaded_by,
            number: file.id.shard(OF_AN_OWNER),
        };
        let change = self.0.entry(file.uploaded_by).or_insert_with(|| Change {
            shard,
            key: of_change(file.id, version),
            counted: Delta::default(),
            rows: Vec::new(),
            steps: Vec::new(),
        });
        change.counted.add(&delta);
        change.rows.extend(row);
        for step in steps {
            match change.steps.iter_mut().find(|sum| sum.is_of(&step)) {
                Some(sum) => sum.add(step),
                None => change.steps.push(step),
            }
        }
    }

    /// A put for each row. What counts nothing, and looks as before, has none.
    pub(super) fn writes(&self, table: &str) -> Result<Vec<TransactWriteItem>, Error> {
        let rows = self.0.values();
        rows.filter(|change| !change.is_empty())
            .map(|change| {
                row(
                    table,
                    change.shard,
                    &change.key,
                    &change.counted,
                    Some(&change.rows),
                    &change.steps,
                )
            })
            .collect()
    }
}

impl Change {
    fn is_empty(&self) -> bool {
        self.counted.is_empty() && self.rows.is_empty() && self.steps.is_empty()
    }
}

/// The put of one row; `rows` are what the changed files look like, if somebody knows it, `steps` what the change makes of studies.
pub(super) fn row(
    table: &str,
    shard: Shard,
    key: &str,
    delta: &Delta,
    rows: Option<&[packed::Row]>,
    steps: &[Step],
) -> Result<TransactWriteItem, Error> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(row_key(shard, key)))
        .item("counted", counters_of(delta.iter()));
    let put = match rows {
        None => put,
        Some(rows) => put.item(columns::ATTRIBUTE, columns::attribute(rows)),
    };
    let put = if steps.is_empty() {
        put.item("schema", records::current_schema())
    } else {
        // A fold of a version that does not know of studies leaves it to one that does.
        put.item("schema", records::schema_of_studies())
            .item(STEPS, steps::attribute(steps)?)
    };
    let put = put.build().map_err(Error::internal)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

pub(super) fn row_key(shard: Shard, key: &str) -> Item {
    [
        ("shard".to_owned(), text(&shard.to_string())),
        ("change".to_owned(), AttributeValue::N(key.to_owned())),
    ]
    .into()
}

/// A change that is not deleted yet.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) key: Key,
    pub(super) counted: Delta,
    /// What the changed files look like; `None` if it does not say so, because an older version of the service wrote it, or in a way that is not
    /// understood.
    pub(super) rows: Option<Vec<packed::Row>>,
    /// What the change makes of studies.
    pub(super) steps: Vec<Step>,
    /// Whether a newer version of the service wrote it: it counts, and is left for that one to fold.
    pub(super) is_of_newer_version: bool,
    /// Whether it says what nobody can read: then it counts nothing, and the fold that meets it [sets it aside](super::aside).
    pub(super) is_unreadable: bool,
}

impl Row {
    pub(super) fn read(item: &Item) -> Result<Self, Error> {
        let key = item.get("change").and_then(|key| key.as_n().ok());
        let key = key.ok_or_else(|| Error::internal("a change without its key"))?;
        let is_of_newer_version = records::is_newer(item);
        let read = head::delta(item.get("counted")).and_then(|counted| {
            let steps = if is_of_newer_version {
                Vec::new()
            } else {
                steps::read(item, STEPS)?
            };
            Ok((counted, steps))
        });
        let is_unreadable = read.is_err() && !is_of_newer_version;
        let (counted, steps) = read.unwrap_or_default();
        Ok(Self {
            key: key.clone(),
            counted,
            rows: columns::read(item),
            steps,
            is_of_newer_version,
            is_unreadable,
        })
    }
}

/// The rows of a shard, in the order of their keys.
pub(super) fn rows(client: &Client, config: &Config, shard: Shard) -> QueryFluentBuilder {
    client
        .query()
        .table_name(&config.changes_table)
        .key_condition_expression("#shard = :shard")
        .expression_attribute_names("#shard", "shard")
        .expression_attribute_values(":shard", text(&shard.to_string()))
        .consistent_read(true)
}

/// Every row of a shard.
pub(super) async fn tail(
    client: &Client,
    config: &Config,
    shard: Shard,
) -> Result<Vec<Row>, Error> {
    let items = query::items(rows(client, config, shard)).await?;
    items.iter().map(Row::read).collect()
}

/// The heads of a space.
pub(super) type Heads = BTreeMap<Shard, Head>;

/// The heads of a space; of a shard that was never folded there is none.
pub(super) async fn heads(client: &Client, config: &Config, space: i64) -> Result<Heads, Error> {
    let query = client
        .query()
        .table_name(&config.folds_table)
        .key_condition_expression("#shard = :space AND begins_with(#row, :head)")
        .expression_attribute_names("#shard", "shard")
        .expression_attribute_names("#row", "row")
        .expression_attribute_values(":space", text(&space.to_string()))
        .expression_attribute_values(":head", text(head::PREFIX))
        .consistent_read(true);
    let items = query::items(query).await?;
    let heads = items.iter().map(|item| {
        let head = Head::read(item)?;
        Ok((head.shard, head))
    });
    heads.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Status;
    use crate::domain::new_file::tests::record;

    #[test]
    fn no_two_changes_and_no_two_folds_have_the_same_key() {
        let largest = FileId::from_number((1 << 53) - 1).expect("an id");
        let smallest = FileId::from_number(1).expect("an id");
        let key = of_change(largest, 2);
        assert!(key.starts_with("9007199254740991000000002"), "{key}");
        assert!(key.len() <= 38, "{key}");
        assert_ne!(of_change(smallest, 12), of_change(smallest, 1));
        let shard = |space, number| Shard { space, number };
        assert_eq!(of_fold(shard(5, 3), 7), "503000000000007");
        assert_eq!(of_fold(shard(i64::MAX, 3), 1).len(), 33);
    }

    #[test]
    fn a_shard_is_read_as_it_is_written() {
        for shard in Shard::all(5).chain(Shard::all(EVERYBODY)) {
            assert_eq!(shard.to_string().parse::<Shard>().expect("a shard"), shard);
        }
        for text in ["", "5", "#", "5#", "a#1"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn changes_of_one_owner_in_one_transaction_share_a_row_and_what_counts_nothing_has_none() {
        let mut changes = Changes::default();
        let file = record(Status::Uploading);
        let moved = FileRecord {
            body_part: Some("CHEST".to_owned()),
            version: file.version + 1,
            ..file.clone()
        };
        changes.add(Some(&file), Some(&moved));
        assert!(changes.writes("t").expect("writes").is_empty());
        for _ in 0..3 {
            changes.add(None, Some(&file));
        }
        let writes = changes.writes("t").expect("writes");
        let [write] = &writes[..] else {
            panic!("one row: {writes:?}");
        };
        let item = write.put().expect("a put").item();
        let row = Row::read(item).expect("a row");
        let drawn = row.key.len() - 6;
        assert_eq!(row.key[..drawn], of_change(file.id, file.version)[..drawn]);
        let sum: Vec<_> = row.counted.iter().collect();
        assert!(sum.contains(&("total_files", 3)), "{sum:?}");
    }
}
