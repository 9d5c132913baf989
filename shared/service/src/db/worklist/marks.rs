//! Marks: what changes make of studies, from the fold that counted them until somebody takes them.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};

use crate::db::files::Files;
use crate::db::journal::Head;
use crate::db::transaction::{commit, is_written};
use crate::db::{Item, query, records, steps, text};
use crate::domain::tally::Step;
use crate::error::Error;

const PREFIX: &str = "mark#";
const STEPS: &str = "steps";
/// Steps of one mark: with the rows of as many studies and series, it is taken by one transaction, which may have 100 writes.
const STEPS_AT_ONCE: usize = 25;
/// Marks that are read at once.
const MARKS_AT_ONCE: i32 = 30;

/// A mark of an owner.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

/// The first marks of an owner. Those that a newer version of the service wrote are left to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub(super) marks: Vec<Mark>,
    /// What nobody can read, by name.
    pub(super) unreadable: Vec<(String, Item)>,
}

/// The puts of the marks of the fold after `head`.
pub(in crate::db) fn marks<'a>(
    table: &str,
    head: &Head,
    steps: impl Iterator<Item = &'a Step>,
) -> Result<Vec<TransactWriteItem>, Error> {
    let mut sums: Vec<Step> = Vec::new();
    for step in steps {
        match sums.iter_mut().find(|sum| sum.is_of(step)) {
            Some(sum) => sum.add(step.clone()),
            None => sums.push(step.clone()),
        }
    }
    for sum in &mut sums {
        sum.thin_out();
    }
    let (shard, version) = (head.shard, head.version + 1);
    let mark = |(number, steps): (usize, &[Step])| {
        let name = format!("{PREFIX}{}#{version:012}#{number:02}", shard.number);
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item(shard.space, &name, steps)?))
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    };
    sums.chunks(STEPS_AT_ONCE).enumerate().map(mark).collect()
}

/// The row of a mark.
pub(super) fn item(owner: i64, name: &str, steps: &[Step]) -> Result<Item, Error> {
    let mut item = key(owner, name);
    item.insert("schema".to_owned(), records::schema_of_studies());
    item.insert(STEPS.to_owned(), steps::attribute(steps)?);
    Ok(item)
}

pub(super) fn key(owner: i64, name: &str) -> Item {
    [
        ("shard".to_owned(), text(&owner.to_string())),
        ("row".to_owned(), text(name)),
    ]
    .into()
}

impl Files {
    /// The first marks of an owner, those of a shard in the order of its folds.
    pub(super) async fn marks(&self, owner: i64) -> Result<Marks, Error> {
        let query = self.named(owner, PREFIX, true).limit(MARKS_AT_ONCE);
        let mut found = Marks::default();
        for item in query::first_items(query).await? {
            let name = item.get("row").and_then(|name| name.as_s().ok());
            let name = name.ok_or_else(|| Error::internal("a mark without its name"))?;
            let name = name.clone();
            if records::is_newer(&item) {
                continue;
            }
            match steps::read(&item, STEPS) {
                Ok(steps) => found.marks.push(Mark { name, steps }),
                Err(_) => found.unreadable.push((name, item)),
            }
        }
        Ok(found)
    }

    /// Sets a mark aside that nobody can read; somebody else may have been faster.
    pub(super) async fn set_mark_aside(
        &self,
        owner: i64,
        name: &str,
        mark: &Item,
    ) -> Result<(), Error> {
        let writes = [self.aside(owner, name, mark)?, self.taken(owner, name)?];
        is_written(commit(&self.client, &writes).await).map(drop)
    }

    /// The deletion of a mark that is there.
    pub(super) fn taken(&self, owner: i64, name: &str) -> Result<TransactWriteItem, Error> {
        let delete = Delete::builder()
            .table_name(&self.config.folds_table)
            .set_key(Some(key(owner, name)))
            .condition_expression("attribute_exists(#row)")
            .expression_attribute_names("#row", "row");
        let delete = delete.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// The rows of an owner in the table of folds whose names begin like this.
    pub(super) fn named(
        &self,
        owner: i64,
        prefix: &str,
        consistent: bool,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.config.folds_table)
            .key_condition_expression("#shard = :owner AND begins_with(#row, :prefix)")
            .expression_attribute_names("#shard", "shard")
            .expression_attribute_names("#row", "row")
            .expression_attribute_values(":owner", text(&owner.to_string()))
            .expression_attribute_values(":prefix", text(prefix))
            .consistent_read(consistent)
    }
}
