//! Moves everything from the tables of older versions into the new ones, which goes on working meanwhile; the old ones stay as they are.
//!
//! It goes through each table twice: to copy, and to see what an older version of the service, which ran beside the new one during the
//! deployment, wrote after that. Every write has a condition, so it may be stopped anywhere, run again, and run twice at once: where it was
//! it remembers after every page.

mod copy;

use aws_sdk_dynamodb::types::AttributeValue;

use super::OldTables;
use crate::app::App;
use crate::clock::Clock;
use crate::db::due::Mark;
use crate::db::files::Files;
use crate::db::folds::SCHEMA;
use crate::db::pace::Pace;
use crate::db::{Item, failure};
use crate::domain::{Timestamp, schema};
use crate::error::Error;

/// Rows that are read and written together.
const PAGE: i32 = 100;
/// Conflicts that are named; the others are counted.
const NAMED: usize = 100;

/// What an old table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Patients: before the files that point at them.
    Patients,
    /// Records of files.
    Files,
    /// Entries of the access log.
    Log,
}

impl Kind {
    /// All there are, in the order in which they are moved.
    pub const ALL: [Self; 3] = [Self::Patients, Self::Files, Self::Log];

    /// What a person calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Patients => "patients",
            Self::Files => "files",
            Self::Log => "log entries",
        }
    }

    fn row(self) -> &'static str {
        match self {
            Self::Patients => "migration#patients",
            Self::Files => "migration#files",
            Self::Log => "migration#log",
        }
    }
}

/// What became of the rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Copied.
    pub copied: u64,
    /// In the new table already.
    pub there: u64,
    /// Copied once more, because an older version of the service changed them after they had been copied.
    pub again: u64,
    /// Changed on both sides after they had been copied, or not readable: nothing was written.
    pub conflicts: u64,
    /// Ids of the first of these.
    pub conflicting: Vec<String>,
}

impl Counts {
    fn add_page(&mut self, page: Self) {
        self.copied += page.copied;
        self.there += page.there;
        self.again += page.again;
        self.conflicts += page.conflicts;
        self.conflicting.extend(page.conflicting);
        self.conflicting.truncate(NAMED);
    }

    fn conflict(&mut self, id: String) {
        self.conflicts += 1;
        if self.conflicting.len() < NAMED {
            self.conflicting.push(id);
        }
    }
}

/// What a run has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// By kind, in the order of [`Kind::ALL`]: of the first time through.
    pub copying: [Counts; 3],
    /// The same of the second time.
    pub checking: [Counts; 3],
    /// Rows that are in conflict in the end, also those that a run before this one has met.
    pub conflicts: u64,
    /// Milliseconds.
    pub took_ms: i64,
}

impl Report {
    /// Rows that were written.
    #[must_use]
    pub fn written(&self) -> u64 {
        let all = self.copying.iter().chain(&self.checking);
        all.map(|counts| counts.copied + counts.again).sum()
    }
}

pub use crate::db::pace::Options;

/// Moves old rows.
#[derive(Debug)]
pub struct Migrator {
    files: Files,
    old: OldTables,
    clock: Clock,
    options: Options,
}

/// How far a table has been gone through.
#[derive(Clone, Debug, Default)]
struct Position {
    /// 0 for the first time, 1 for the second, [`OVER`] when both are over.
    pass: u64,
    /// The last row of the page before.
    after: Option<Item>,
    /// Conflicts of this time through, also those that a run before this one has met.
    conflicts: u64,
}

/// Both times are over.
const OVER: u64 = 2;

impl Migrator {
    /// Over the tables of `app`.
    ///
    /// # Errors
    /// [`Error::Internal`] when its configuration names no old ones.
    pub fn new(app: &App, options: Options) -> Result<Self, Error> {
        let files = app.files.clone();
        let old = files.old.clone();
        let old = old.ok_or_else(|| Error::internal("OLD_TABLES is not on"))?;
        Ok(Self {
            files,
            old,
            clock: app.clock.clone(),
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
                        self.save(kind, position).await?;
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
                self.files.remember(SCHEMA, Item::new()).await?;
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
            *position = self.position(kind).await?;
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
                    .expression_attribute_values(":kind", super::text("patient"))
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
        match self.files.stored_schema().await? {
            Some(stored) if stored > schema::CURRENT => Err(Error::newer_version()),
            _ => Ok(()),
        }
    }

    async fn position(&self, kind: Kind) -> Result<Position, Error> {
        let row = self.files.remembered(kind.row()).await?.unwrap_or_default();
        let number = |name: &str| {
            row.get(name)
                .and_then(|value| value.as_n().ok()?.parse().ok())
        };
        Ok(Position {
            pass: number("pass").unwrap_or(0),
            after: row
                .get("after")
                .and_then(|after| after.as_m().ok().cloned()),
            conflicts: number("conflicts").unwrap_or(0),
        })
    }

    async fn save(&self, kind: Kind, position: &Position) -> Result<(), Error> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let mut row: Item = [
            ("pass".to_owned(), number(position.pass)),
            ("conflicts".to_owned(), number(position.conflicts)),
        ]
        .into();
        if let Some(after) = position.after.clone() {
            row.insert("after".to_owned(), AttributeValue::M(after));
        }
        self.files.remember(kind.row(), row).await
    }

    /// What maintenance remembers, unless it remembers something newer by now.
    async fn move_marks(&self) -> Result<(), Error> {
        for mark in Mark::ALL {
            let at: Option<Timestamp> = self.files.mark(mark).await?;
            if let Some(at) = at {
                self.files.set_mark(mark, at).await?;
            }
        }
        Ok(())
    }
}
