//! Whether the log is what its copies say: which entries are missing, altered, or have no copy.
//!
//! A round goes through the copies day by day, looks for each entry in the table, and then through the table once. Both sides add up, for each day, how
//! many entries they saw and what was in them; a day that differs has entries that nobody copied. So a round reads each side once, holds one day in
//! memory, and may stop behind any day or page: how far it is stands in Folds. Entries that are younger than the stream's delay, or about to expire, are left out.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::App;
use service::db::log_rows::LogKey;
use service::domain::time::DAY_MS;
use service::domain::{FileId, Timestamp};
use service::error::Error;
use tokio::time::Instant;

/// A run begins nothing after this many seconds, unless the event sets another number. template.yaml gives the function 15 minutes.
const DEFAULT_SECONDS: u64 = 600;
/// Rows of the table that are read together.
const PAGE: i32 = 1000;
/// A stream keeps what it has to bring for a day
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>).
const DELAY_MS: i64 = DAY_MS;
/// Rows that expire this soon may go while a round lasts: a longer one begins again.
const ROUND_MS: i64 = 7 * DAY_MS;
/// Entries that a report names of each kind; the counts are whole.
const NAMED: usize = 100;

/// What a run is asked to do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// From the beginning.
    #[serde(default)]
    pub restart: bool,
    /// How long it begins something.
    pub seconds: Option<u64>,
    /// Days or pages of this run, at most.
    pub steps: Option<usize>,
}

/// Entries that are not as they should be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// How many.
    pub count: u64,
    /// The ids of the first of them.
    pub entries: Vec<FileId>,
}

impl Wrong {
    fn add(&mut self, entry: FileId) {
        self.count += 1;
        if self.entries.len() < NAMED {
            self.entries.push(entry);
        }
    }
}

/// How far a round is, and what it has found: also what a run answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// When the round began.
    pub begun_at: i64,
    /// Copies that were looked for in the table.
    pub copies: u64,
    /// Rows of the table that were looked at.
    pub rows: u64,
    /// Copies of entries that the table has not, although their time is not over.
    pub missing: Wrong,
    /// Entries that were replaced or removed, or are not what their copy says.
    pub altered: Wrong,
    /// Days with entries that have no copy, and how many.
    pub extra: BTreeMap<String, i64>,
    /// Whether the round has come to its end.
    pub is_done: bool,
    /// The last day whose copies were compared; none at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_day: Option<String>,
    /// The last row of the table that was added up; none while copies are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_row: Option<LogKey>,
    #[serde(default)]
    is_at_rows: bool,
    /// What both sides add up to, by day: a day that is equal on both has zeros, and none here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sums: BTreeMap<String, Sum>,
}

/// Rows less copies, and what is in one of them and not in the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    more: i64,
    content: u64,
}

/// One run.
///
/// # Errors
/// When it cannot go on: the next one goes on from the same place.
#[must_use]
pub fn run(app: &App, task: Task) -> BoxFuture<'_, Result<Comparison, Error>> {
    compare(app, task).boxed()
}

async fn compare(app: &App, task: Task) -> Result<Comparison, Error> {
    let end = Instant::now() + Duration::from_secs(task.seconds.unwrap_or(DEFAULT_SECONDS));
    let now = app.clock.now();
    let before = app.verification.log_comparison::<Comparison>().await?;
    let goes_on =
        |round: &Comparison| !task.restart && !round.is_done && now.0 - round.begun_at < ROUND_MS;
    let mut round = before.filter(goes_on).unwrap_or_else(|| Comparison {
        begun_at: now.0,
        ..Comparison::default()
    });
    let mut steps = task.steps.unwrap_or(usize::MAX);
    while !round.is_done && steps > 0 && Instant::now() < end {
        round.step(app).await?;
        app.verification.set_log_comparison(&round).await?;
        steps -= 1;
    }
    if round.is_done && (round.missing.count, round.altered.count, round.extra.len()) != (0, 0, 0) {
        tracing::error!(
            missing = round.missing.count,
            altered = round.altered.count,
            days = round.extra.len(),
            "the log is not what its copies say"
        );
    }
    Ok(round)
}

impl Comparison {
    async fn step(&mut self, app: &App) -> Result<(), Error> {
        if self.is_at_rows {
            return self.compare_rows(app).await;
        }
        let day = app.bucket.day_of_copies(self.after_day.as_deref()).await?;
        match day.filter(|day| *day < self.first_young_day()) {
            Some(day) => {
                self.compare_day(app, &day).await?;
                self.after_day = Some(day);
            }
            None => self.is_at_rows = true,
        }
        Ok(())
    }

    /// The first day that is not compared.
    fn first_young_day(&self) -> String {
        Timestamp(self.begun_at - DELAY_MS).day()
    }

    async fn compare_day(&mut self, app: &App, day: &str) -> Result<(), Error> {
        let mut copies = BTreeMap::<LogKey, Value>::new();
        for key in app.bucket.copies_of(day).await? {
            for line in app.bucket.copy_at(&key).await?.lines() {
                let mut line: Value = serde_json::from_str(line).map_err(Error::internal)?;
                let is_insert = line["event"] == "INSERT";
                let row = line[if is_insert { "row" } else { "before" }].take();
                let Some(key) = LogKey::of(&row) else {
                    continue;
                };
                // A batch that came again has entries twice, and both alike.
                let is_other = copies.get(&key).is_some_and(|copy| *copy != row);
                if !is_insert || is_other {
                    self.altered.add(key.entry);
                } else {
                    copies.insert(key, row);
                }
            }
        }
        let begun_at = self.begun_at;
        copies.retain(|_, row| stays(row, begun_at));
        let keys: Vec<LogKey> = copies.keys().cloned().collect();
        let rows = app.log.rows(&keys).await?;
        let rows: BTreeMap<LogKey, Value> = rows
            .into_iter()
            .filter_map(|row| Some((LogKey::of(&row)?, row)))
            .collect();
        for (key, copy) in &copies {
            self.copies += 1;
            let Some(row) = rows.get(key) else {
                self.missing.add(key.entry);
                continue;
            };
            if row != copy {
                self.altered.add(key.entry);
            }
            // The sums find entries that have no copy. An altered one has one, and is named already.
            self.add(day, -1, row);
        }
        Ok(())
    }

    async fn compare_rows(&mut self, app: &App) -> Result<(), Error> {
        let (rows, next) = app.log.page(self.after_row.as_ref(), PAGE).await?;
        let young = self.first_young_day();
        for row in rows {
            let Some(key) = LogKey::of(&row) else {
                continue;
            };
            let day = key.entry.created_at().day();
            if day < young && stays(&row, self.begun_at) {
                self.rows += 1;
                self.add(&day, 1, &row);
            }
        }
        self.after_row = next;
        if self.after_row.is_none() {
            let sums = std::mem::take(&mut self.sums).into_iter();
            self.extra = sums.map(|(day, sum)| (day, sum.more)).collect();
            self.is_done = true;
        }
        Ok(())
    }

    fn add(&mut self, day: &str, more: i64, row: &Value) {
        let sum = self.sums.entry(day.to_owned()).or_default();
        sum.more += more;
        sum.content ^= content(row);
        if *sum == Sum::default() {
            self.sums.remove(day);
        }
    }
}

/// Whether a row is surely there until the round ends.
fn stays(row: &Value, begun_at: i64) -> bool {
    let expires_at = row["expires_at"]["N"].as_str();
    let expires_at: Option<i64> = expires_at.and_then(|at| at.parse().ok());
    expires_at.is_none_or(|at| at * 1000 > begun_at + ROUND_MS)
}

/// The names of a row's attributes are in their order.
fn content(row: &Value) -> u64 {
    service::db::log_rows::content(&row.to_string())
}
