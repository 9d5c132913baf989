//! Takes marks: adds what they say to the rows of their studies.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use super::marks::{Mark, Marks, item};
use super::pack::{self, MANY, is_many};
use super::rows::{StudyRow, tally_of, write_series};
use crate::db::Item;
use crate::db::batch::items;
use crate::db::files::Files;
use crate::db::studies::{entry_key, key_in_study};
use crate::db::transaction::{commit, is_written};
use crate::domain::tally::{Step, Tally};
use crate::domain::worklist::Entry;
use crate::domain::{SeriesId, StudyId};
use crate::error::{Error, chain};

/// Transactions of one call, those that another call was faster with among them.
const AT_MOST: usize = 200;
/// Rows that one transaction changes, beside the marks it deletes: a study is two, its row and its entry.
const ROWS: usize = 80;

/// The rows that some steps change.
#[derive(Debug, Default)]
struct Rows {
    studies: BTreeMap<StudyId, StudyRow>,
    series: BTreeMap<(StudyId, SeriesId), Tally>,
    /// Studies of which a row cannot be read.
    unreadable: BTreeSet<StudyId>,
}

impl Files {
    /// Takes all marks of an owner, also those that others left.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: what is left, the next call takes.
    pub(in crate::db) async fn count_in_studies(&self, owner: i64) -> Result<(), Error> {
        let mut taken = 0;
        for _ in 0..AT_MOST {
            let Marks { marks, unreadable } = self.marks(owner).await?;
            for (name, mark) in &unreadable {
                self.set_mark_aside(owner, name, mark).await?;
            }
            if marks.is_empty() && !unreadable.is_empty() {
                continue;
            }
            if marks.is_empty() {
                if taken > 0 {
                    self.pack_if_many(owner).await;
                }
                return Ok(());
            }
            let marks = what_fits(marks);
            if self.take(owner, &marks).await? {
                taken += marks.len();
                if taken > MANY {
                    self.pack_if_many(owner).await;
                    taken = 1;
                }
            }
        }
        Err(Error::Unavailable("the marks do not end".into()))
    }

    async fn pack_if_many(&self, owner: i64) {
        let packed = async {
            if is_many(self, owner).await? {
                self.pack_worklist(owner).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = Box::pin(packed).await {
            // The next call packs it.
            tracing::warn!(cause = chain(&error), "a worklist was not packed");
        }
    }

    /// Takes marks, all or none; `false` if somebody else was faster. Steps of a study whose row, or that of a series, nobody can read are set aside.
    async fn take(&self, owner: i64, marks: &[Mark]) -> Result<bool, Error> {
        let steps: Vec<&Step> = marks.iter().flat_map(|mark| &mark.steps).collect();
        let mut rows = self.rows_of(owner, &steps).await?;
        let is_lost = |step: &&Step| rows.unreadable.contains(&step.study);
        let (lost, steps): (Vec<&Step>, Vec<&Step>) = steps.into_iter().partition(is_lost);
        let before: Vec<Entry> = rows.studies.values().map(StudyRow::entry).collect();
        rows.take(&steps);
        Box::pin(self.find_pictures(owner, &steps, &mut rows)).await?;
        let now = self.clock.now();
        let mut writes = Vec::new();
        let after = rows.studies.values().map(StudyRow::entry);
        let mut studies = before.iter().zip(after);
        if studies.any(|(before, after)| before.version > 0 && before.shows_more_than(&after)) {
            writes.push(self.note_texts(owner)?);
        }
        for row in rows.studies.values_mut() {
            (row.version, row.folded_at) = (row.version + 1, now);
            writes.push(row.write(self, owner)?);
            writes.push(self.put_entry_of(owner, row)?);
        }
        for ((study, series), sum) in &rows.series {
            writes.push(write_series(self, owner, *study, *series, sum)?);
        }
        for mark in marks {
            writes.push(self.taken(owner, &mark.name)?);
        }
        if let (Some(first), false) = (marks.first(), lost.is_empty()) {
            let lost: Vec<Step> = lost.into_iter().cloned().collect();
            writes.push(self.aside(owner, &first.name, &item(owner, &first.name, &lost)?)?);
        }
        is_written(commit(&self.client, &writes).await)
    }

    /// Finds other pictures for those whose sample has gone with these steps.
    async fn find_pictures(
        &self,
        owner: i64,
        steps: &[&Step],
        rows: &mut Rows,
    ) -> Result<(), Error> {
        for (study, row) in &mut rows.studies {
            let own = steps.iter().copied().filter(|step| step.study == *study);
            if row.tally.lost_its_pictures(own) {
                let pictures = self.pictures(owner, *study, None).await?;
                row.tally.show(&pictures);
            }
        }
        for ((study, series), sum) in &mut rows.series {
            let of = (*study, Some(*series));
            let is_of = |step: &&Step| (step.study, step.series) == of;
            let own = steps.iter().copied().filter(is_of);
            if sum.lost_its_pictures(own) {
                let pictures = self.pictures(owner, *study, Some(*series)).await?;
                sum.show(&pictures);
            }
        }
        Ok(())
    }

    /// The rows that these steps change, read consistently.
    async fn rows_of(&self, owner: i64, steps: &[&Step]) -> Result<Rows, Error> {
        let studies: BTreeSet<StudyId> = steps.iter().map(|step| step.study).collect();
        let series: BTreeSet<(StudyId, SeriesId)> = steps
            .iter()
            .filter_map(|step| Some((step.study, step.series?)))
            .collect();
        let names = studies.iter().map(StudyId::to_string);
        let names = names.chain(
            series
                .iter()
                .map(|(study, series)| key_in_study(*study, *series)),
        );
        let keys = names.map(|name| entry_key(owner, &name)).collect();
        let table = &self.config.studies_table;
        let found = items(&self.client, table, keys, true, None).await?;
        let named = found.into_iter().filter_map(|item| {
            let name = item.get("study")?.as_s().ok()?.clone();
            Some((name, item))
        });
        let found: HashMap<String, Item> = named.collect();
        let mut rows = Rows::default();
        let mut unreadable = BTreeSet::new();
        for id in studies {
            match StudyRow::read(id, found.get(&id.to_string())) {
                Ok(row) => {
                    rows.studies.insert(id, row);
                }
                Err(Error::Internal(_)) => {
                    unreadable.insert(id);
                }
                Err(error) => return Err(error),
            }
        }
        for (study, series) in series {
            let row = found.get(&key_in_study(study, series));
            match row.map(tally_of).transpose() {
                Ok(tally) => {
                    let tally = tally.unwrap_or_default();
                    rows.series.insert((study, series), tally);
                }
                Err(_) => {
                    unreadable.insert(study);
                }
            }
        }
        let is_readable = |study: &StudyId| !unreadable.contains(study);
        rows.studies.retain(|study, _| is_readable(study));
        rows.series.retain(|(study, _), _| is_readable(study));
        rows.unreadable = unreadable;
        Ok(rows)
    }

    fn put_entry_of(&self, owner: i64, row: &StudyRow) -> Result<TransactWriteItem, Error> {
        let put = Put::builder()
            .table_name(&self.config.folds_table)
            .set_item(Some(pack::row(owner, &row.entry())?));
        let put = put.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

impl Rows {
    fn take(&mut self, steps: &[&Step]) {
        for step in steps {
            let study = self.studies.get_mut(&step.study);
            if let Some(study) = study {
                study.tally.take(&step.of_study());
            }
            let Some(series) = step.series else {
                continue;
            };
            let tally = self.series.entry((step.study, series)).or_default();
            let had = tally.files > 0;
            tally.take(&step.of_series());
            let study = self.studies.get_mut(&step.study);
            if let Some(study) = study {
                match (had, tally.files > 0) {
                    (false, true) => study.series += 1,
                    (true, false) => study.series = study.series.saturating_sub(1),
                    _ => {}
                }
            }
        }
    }
}

/// The first marks that one transaction can take.
fn what_fits(marks: Vec<Mark>) -> Vec<Mark> {
    let (mut studies, mut series) = (BTreeSet::new(), BTreeSet::new());
    let mut taken: Vec<Mark> = Vec::new();
    for mark in marks {
        studies.extend(mark.steps.iter().map(|step| step.study));
        series.extend(mark.steps.iter().map(|step| (step.study, step.series)));
        let rows = 2 * studies.len() + series.len() + taken.len() + 1;
        if rows > ROWS && !taken.is_empty() {
            break;
        }
        taken.push(mark);
    }
    taken
}
