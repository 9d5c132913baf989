//! Writes every record once more, as this version writes it: so that the attributes of an index that is new are in old records too.
//!
//! The same way it finds the files that an older version has read, and makes them due: maintenance has them read again.
//!
//! A record keeps its times, and its version unless it is not counted in its study yet. Whoever changes it at the same time wins. It may be stopped anywhere and run again.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::files::Files;
use super::folds::Folds;
use super::names::{People, told};
use super::pace::Pace;
use super::patients::{self, Patient};
use super::transaction::{commit, is_written, part_of, unless_refused};
use super::write::{Change, NotWritten};
use super::{Item, failure, records};
use crate::clock::Clock;
use crate::domain::{FileRecord, schema};
use crate::error::Error;

/// Rows that are read together.
const PAGE: i32 = 100;
/// Writes at the same time.
const AT_ONCE: usize = 8;

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that were written, or would be.
    pub written: u64,
    /// Rows that are as this version writes them, or were changed meanwhile.
    pub same: u64,
    /// Rows of a newer version of the service: left alone.
    pub newer: u64,
}

pub use super::pace::Options;

/// The tables that are rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Files,
    Patients,
    /// Files that an older version has read.
    Unread,
}

impl Kind {
    /// The row that remembers how far.
    fn row(self) -> &'static str {
        match self {
            Self::Files => "rewrite#files",
            Self::Patients => "rewrite#patients",
            Self::Unread => "rewrite#unread",
        }
    }
}

/// What one row was.
enum Verdict {
    Written,
    Same,
    Newer,
}

/// Rewrites records of files, and patients.
#[derive(Debug)]
pub struct Rewrite {
    files: Files,
    folds: Folds,
    clock: Clock,
    kinds: &'static [Kind],
    options: Options,
}

impl Rewrite {
    /// Over the tables of `files`.
    #[must_use]
    pub fn new(files: &Files, options: Options) -> Self {
        Self::of(&[Kind::Files, Kind::Patients], files, options)
    }

    /// Over those files only that an older version has read, which are made due.
    #[must_use]
    pub fn of_unread(files: &Files, options: Options) -> Self {
        Self::of(&[Kind::Unread], files, options)
    }

    fn of(kinds: &'static [Kind], files: &Files, options: Options) -> Self {
        Self {
            kinds,
            folds: Folds::new(files.client.clone(), &files.config),
            files: files.clone(),
            clock: files.clock.clone(),
            options,
        }
    }

    /// Goes through everything, and tells `progress` after every page.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: run it again, it goes on where it was.
    pub async fn run(&self, progress: impl Fn(&Report) + Sync) -> Result<Report, Error> {
        let mut pace = Pace::new(self.clock.clone(), self.options.rate);
        let mut report = Report::default();
        for kind in self.kinds.iter().copied() {
            let mut after = self.position(kind).await?;
            loop {
                let (rows, next) = self.page(kind, after, &mut report, &pace).await?;
                after = next;
                self.save(kind, after.clone()).await?;
                progress(&report);
                pace.after(rows).await;
                if after.is_none() {
                    break;
                }
            }
        }
        let is_all = self.kinds.contains(&Kind::Files) && report.newer == 0;
        if is_all && !self.options.dry_run {
            self.folds.put_schema(schema::CURRENT).await?;
        }
        Ok(report)
    }

    /// One page, again while the tables are too busy; how many rows it had, and where the next one begins.
    async fn page(
        &self,
        kind: Kind,
        after: Option<Item>,
        report: &mut Report,
        pace: &Pace,
    ) -> Result<(usize, Option<Item>), Error> {
        let page = || self.try_page(kind, after.clone());
        let (verdicts, next) = pace.patiently(page).await?;
        for verdict in &verdicts {
            match verdict {
                Verdict::Written => report.written += 1,
                Verdict::Same => report.same += 1,
                Verdict::Newer => report.newer += 1,
            }
        }
        Ok((verdicts.len(), next))
    }

    async fn try_page(
        &self,
        kind: Kind,
        after: Option<Item>,
    ) -> Result<(Vec<Verdict>, Option<Item>), Error> {
        let config = &self.files.config;
        let scan = self.files.client.scan().limit(PAGE);
        let scan = scan.table_name(match kind {
            Kind::Files | Kind::Unread => &config.files_table,
            Kind::Patients => &config.patients_table,
        });
        let scan = scan.consistent_read(true).set_exclusive_start_key(after);
        let answer = scan.send().await.map_err(failure)?;
        let rows = answer.items.unwrap_or_default().into_iter();
        let rows = rows.filter(|row| !records::is_tombstone(row));
        let verdicts = stream::iter(rows)
            .map(|row| self.rewrite(kind, row))
            .buffer_unordered(AT_ONCE)
            .try_collect();
        Ok((verdicts.await?, answer.last_evaluated_key))
    }

    async fn rewrite(&self, kind: Kind, row: Item) -> Result<Verdict, Error> {
        if records::is_newer(&row) {
            return Ok(Verdict::Newer);
        }
        match kind {
            Kind::Files => self.rewrite_file(row).await,
            Kind::Patients => self.rewrite_patient(row).await,
            Kind::Unread => self.make_due(row).await,
        }
    }

    async fn make_due(&self, row: Item) -> Result<Verdict, Error> {
        let file: FileRecord = records::from_item(row)?;
        if file.is_of_newer_version() {
            return Ok(Verdict::Newer);
        }
        if !file.is_unread() {
            return Ok(Verdict::Same);
        }
        if self.options.dry_run {
            return Ok(Verdict::Written);
        }
        let now = self.clock.now();
        let files = self.files.unattended();
        let due = files.advance(file, |file| {
            Ok(if file.is_unread() {
                file.postponed(now)
            } else {
                file
            })
        });
        match due.await {
            Ok(_) => Ok(Verdict::Written),
            // It went, or was changed again and again: the next run sees it.
            Err(Error::NotFound | Error::Conflict(_)) => Ok(Verdict::Same),
            Err(error) => Err(error),
        }
    }

    async fn rewrite_file(&self, row: Item) -> Result<Verdict, Error> {
        let file: FileRecord = records::from_item(row.clone())?;
        if file.is_of_newer_version() {
            return Ok(Verdict::Newer);
        }
        if !file.is_counted() && file.study_id.is_some() {
            if self.options.dry_run {
                return Ok(Verdict::Written);
            }
            let numbered = self.files.references.renumber(file.clone()).await?;
            // Text stays if its UID is not known: such a study has no row.
            if numbered.study().is_some() {
                return self.count_file(file, numbered).await;
            }
        }
        let wanted = records::file_to_item(&file)?;
        if wanted == row {
            return Ok(Verdict::Same);
        }
        if self.options.dry_run {
            return Ok(Verdict::Written);
        }
        let version = AttributeValue::N(file.version.to_string());
        let put = self
            .files
            .client
            .put_item()
            .table_name(&self.files.config.files_table)
            .set_item(Some(wanted))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", version);
        let is_written = unless_refused(|| put.clone().send()).await?;
        Ok(verdict(is_written))
    }

    /// Writes a record as a change of it, so that its study counts it from now on. Its version grows, because the change has to have a key of its own.
    async fn count_file(
        &self,
        before: FileRecord,
        mut after: FileRecord,
    ) -> Result<Verdict, Error> {
        after.version = before.version + 1;
        let change = Change {
            before: Some(before),
            after: Some(after),
            entry: None,
        };
        match self.files.write(&[change]).await {
            Ok(()) => Ok(Verdict::Written),
            Err(NotWritten::Failed(error)) => Err(error),
            Err(NotWritten::Stale(_) | NotWritten::Missing(_)) => Ok(Verdict::Same),
        }
    }

    /// Only what indexes need: files of the patient are counted meanwhile.
    async fn rewrite_patient(&self, row: Item) -> Result<Verdict, Error> {
        let patient: Patient = records::from_item(row.clone())?;
        let wanted = patients::row_of(&patient)?;
        let missing = wanted
            .iter()
            .filter(|(name, value)| row.get(*name) != Some(*value));
        let missing: Item = missing
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if missing.is_empty() {
            return Ok(Verdict::Same);
        }
        if self.options.dry_run {
            return Ok(Verdict::Written);
        }
        let updated_at = AttributeValue::N(patient.updated_at.0.to_string());
        let update = self
            .files
            .client
            .update_item()
            .table_name(&self.files.config.patients_table)
            .set_key(Some(patients::key(&patient.id)))
            .condition_expression("updated_at = :updated_at")
            .expression_attribute_values(":updated_at", updated_at);
        let update = part_of(&patients::setting(update, missing))?;
        let (id, name) = (patient.id.as_str(), patients::search_text(&patient));
        let told = told(&self.files.config, People::Patients, id, Some(&name))?;
        let is_written = is_written(commit(&self.files.client, &[update, told]).await)?;
        Ok(verdict(is_written))
    }

    async fn position(&self, kind: Kind) -> Result<Option<Item>, Error> {
        if self.options.dry_run {
            return Ok(None);
        }
        let row = self.folds.get(kind.row()).await?;
        Ok(row.and_then(|row| row.get("after")?.as_m().ok().cloned()))
    }

    async fn save(&self, kind: Kind, after: Option<Item>) -> Result<(), Error> {
        if self.options.dry_run {
            return Ok(());
        }
        let after = after.map(|after| ("after".to_owned(), AttributeValue::M(after)));
        let row = after.into_iter().collect();
        self.folds.put(kind.row(), row).await
    }
}

/// If a write was refused, another program has changed the row meanwhile, and so written it as this version does.
fn verdict(is_written: bool) -> Verdict {
    if is_written {
        Verdict::Written
    } else {
        Verdict::Same
    }
}
