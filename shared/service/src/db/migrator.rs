//! Moves everything from the tables of older versions into the new ones, which goes on working meanwhile; the old ones stay as they are.
//!
//! It goes through each table twice: to copy, and to see what an older version of the service, which ran beside the new one during the
//! deployment, wrote after that. Every write has a condition, so it may be stopped anywhere, run again, and run twice at once: where it was
//! it remembers after every page.

mod files;
mod log;
mod patients;
mod position;
mod report;
mod rows;

use crate::clock::Clock;
use crate::db::files::Files;
use crate::db::folds::Folds;
use crate::db::maintenance::{Mark, Marks};
use crate::db::old_tables::OldTables;
use crate::db::pace::Pace;
use crate::db::{Item, failure, text};
use crate::domain::schema;
use crate::error::Error;

use self::position::{OVER, Position};
pub use self::report::{Counts, Kind, Report};

/// Rows that are read and written together.
const PAGE: i32 = 100;
pub use crate::db::pace::Options;

/// Moves old rows.
#[derive(Debug)]
pub struct Migrator {
    files: Files,
    old: OldTables,
    folds: Folds,
    marks: Marks,
    clock: Clock,
    options: Options,
}

impl Migrator {
    /// Over the tables of `files`.
    ///
    /// # Errors
    /// [`Error::Internal`] when its configuration names no old ones.
    pub fn new(files: &Files, options: Options) -> Result<Self, Error> {
        let old = files.old.clone();
        let old = old.ok_or_else(|| Error::internal("OLD_TABLES is not on"))?;
        Ok(Self {
            folds: Folds::new(files.client.clone(), &files.config),
            marks: Marks::new(files.client.clone(), &files.config),
            files: files.clone(),
            old,
            clock: files.clock.clone(),
            options,
        })
    }

    /// Moves everything, and tells `progress` after every page.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: run it again, it goes on where it was.
    pub async fn run(&self, progress: impl Fn(&Report) + Sync) -> Result<Report, Error> {
        let begun = self.clock.now();
        self.refuse_newer().await?;
        let mut pace = Pace::new(self.clock.clone(), self.options.rate);
        let mut report = Report::default();
        let mut positions = self.positions().await?;
        let passes = if self.options.dry_run { 1 } else { OVER };
        for pass in 0..passes {
            for (table, kind) in Kind::ALL.into_iter().enumerate() {
                let position = &mut positions[table];
                while position.pass <= pass {
                    let counts = match position.pass {
                        0 => &mut report.copying[table],
                        _ => &mut report.checking[table],
                    };
                    let rows = self.page(kind, position, counts, &pace).await?;
                    if !self.options.dry_run {
                        position.save(&self.folds, kind).await?;
                    }
                    report.took_ms = self.clock.now().0 - begun.0;
                    progress(&report);
                    pace.after(rows).await;
                }
            }
        }
        report.conflicts = positions.iter().map(|position| position.conflicts).sum();
        if !self.options.dry_run {
            self.move_marks().await?;
            if report.conflicts == 0 {
                // A file that was copied does not count in its study yet. The rewrite that follows counts it.
                let mut counts = report.copying.iter().chain(&report.checking);
                let schema = if counts.any(|counts| *counts != Counts::default()) {
                    schema::BEFORE_STUDIES
                } else {
                    schema::CURRENT
                };
                self.folds.put_schema(schema).await?;
            }
        }
        Ok(report)
    }

    /// Where the last run was; the beginning, if it went through everything.
    async fn positions(&self) -> Result<[Position; 3], Error> {
        let mut positions: [Position; 3] = Default::default();
        if self.options.dry_run {
            return Ok(positions);
        }
        for (position, kind) in positions.iter_mut().zip(Kind::ALL) {
            *position = Position::of(&self.folds, kind).await?;
        }
        if positions.iter().all(|position| position.pass == OVER) {
            positions = Default::default();
        }
        Ok(positions)
    }

    /// One page, again while the tables are too busy. Answers its rows, and moves `position` behind it.
    async fn page(
        &self,
        kind: Kind,
        position: &mut Position,
        counts: &mut Counts,
        pace: &Pace,
    ) -> Result<usize, Error> {
        let after = &position.after;
        let page = || async move {
            // Counted apart: what a page that failed did is there when it is tried again.
            let mut own = Counts::default();
            let found = self.try_page(kind, after.clone(), &mut own).await?;
            Ok((found, own))
        };
        let ((rows, next), own) = pace.patiently(page).await?;
        position.conflicts += own.conflicts;
        counts.add_page(own);
        if next.is_none() {
            position.pass += 1;
            if position.pass < OVER && !self.options.dry_run {
                position.conflicts = 0;
            }
        }
        position.after = next;
        Ok(rows)
    }

    async fn try_page(
        &self,
        kind: Kind,
        after: Option<Item>,
        counts: &mut Counts,
    ) -> Result<(usize, Option<Item>), Error> {
        let client = &self.old.client;
        let names = &self.old.names;
        let scan = |table: &str| {
            let scan = client.scan().table_name(table).limit(PAGE);
            scan.consistent_read(true)
        };
        let (items, next) = match kind {
            Kind::Patients => {
                let query = client.query().table_name(&names.references).limit(PAGE);
                let query = query
                    .key_condition_expression("kind = :kind")
                    .expression_attribute_values(":kind", text("patient"))
                    .consistent_read(true)
                    .set_exclusive_start_key(after);
                let answer = query.send().await.map_err(failure)?;
                (answer.items, answer.last_evaluated_key)
            }
            Kind::Files | Kind::Log => {
                let table = match kind {
                    Kind::Files => &names.files,
                    _ => &names.access_log,
                };
                let scan = scan(table).set_exclusive_start_key(after);
                let answer = scan.send().await.map_err(failure)?;
                (answer.items, answer.last_evaluated_key)
            }
        };
        let items = items.unwrap_or_default();
        let rows = items.len();
        match kind {
            Kind::Patients => self.move_patients(items, counts).await?,
            Kind::Files => self.move_files(items, counts).await?,
            Kind::Log => self.move_entries(items, counts).await?,
        }
        Ok((rows, next))
    }

    /// Refuses tables that a newer version of the service has written.
    async fn refuse_newer(&self) -> Result<(), Error> {
        match self.folds.stored_schema().await? {
            Some(stored) if stored > schema::CURRENT => Err(Error::newer_version()),
            _ => Ok(()),
        }
    }

    /// What maintenance remembers, unless it remembers something newer by now.
    async fn move_marks(&self) -> Result<(), Error> {
        for mark in Mark::ALL {
            if let Some(at) = self.marks.get(mark).await? {
                self.marks.set(mark, at).await?;
            }
        }
        Ok(())
    }
}
