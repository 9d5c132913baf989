//! Marks: what changes make of studies, from the fold that counted them until somebody takes them.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use crate::db::files::Files;
use crate::db::journal::Head;
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
            .set_item(Some(key(shard.space, &name)))
            .item("schema", records::schema_of_studies())
            .item(STEPS, steps::attribute(steps)?)
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    };
    sums.chunks(STEPS_AT_ONCE).enumerate().map(mark).collect()
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
    pub(super) async fn marks(&self, owner: i64) -> Result<Vec<Mark>, Error> {
        let query = self.named(owner, PREFIX, true).limit(MARKS_AT_ONCE);
        let items = query::first_items(query).await?;
        let marks = items.iter().map(|item| {
            let name = item.get("row").and_then(|name| name.as_s().ok());
            let name = name.ok_or_else(|| Error::internal("a mark without its name"))?;
            Ok(Mark {
                name: name.clone(),
                steps: steps::read(item, STEPS)?,
            })
        });
        marks.collect()
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
