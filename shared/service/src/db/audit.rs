//! Who did what, for administrators: by actor, by patient, by file, also of what is gone.
//!
//! Entries that answer a question lie in several places: under their subject, in a month of an index, in lists that named the file. Every page asks each
//! place once, for a bounded number of rows. What came back is complete down to the newest row at which a place stopped; the next page begins there. So
//! a page may be short, or empty, and not the last one.

use std::cmp::Reverse;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;

use super::batch::batch_get;
use super::files::Files;
use super::log::{BY_ACTOR, BY_PATIENT};
use super::log_entry::{
    Entry, SHARDS, actor_key, lists_of, lists_of_patients, shared_lists, uploads_of,
};
use super::log_rows::LogKey;
use super::query::first_rows;
use super::{failure, keys, records, text};
use crate::auth::access::Action;
use crate::domain::time::DAY_MS;
use crate::domain::{Cursor, FileId, PatientId, Timestamp};
use crate::error::Error;

/// Months that one page goes through.
const MONTHS: usize = 12;
/// Entries of lists that one page looks at in each place: with up to 1.4 KB each it reads 35 units there.
const LOOK_AT: i32 = 200;
/// An upload's entry is written by the request that begins it, which lasts no longer.
const BEGIN_MS: i64 = 30 * 1000;

/// Which entries. At least one of the first three is given; all that are given apply.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of what this user did.
    pub actor: Option<i64>,
    /// About this patient, and their files.
    pub patient: Option<PatientId>,
    /// About this file.
    pub file: Option<FileId>,
    /// Not older.
    pub from: Option<FileId>,
    /// Not newer.
    pub to: Option<FileId>,
}

/// A place that has entries.
struct Place {
    /// The partition of the table, or of an index.
    partition: Partition,
    from: FileId,
    below: FileId,
    /// Only what lists, or requests about many, have of this.
    naming: Option<Naming>,
}

enum Partition {
    Subject(String),
    Actor(String),
    Patient(String),
}

#[derive(Clone)]
enum Naming {
    File(FileId),
    Patient(PatientId),
}

/// What a place answered: keys, newest first, and where it stopped looking.
struct Found {
    keys: Vec<LogKey>,
    stopped_at: Option<FileId>,
}

impl Files {
    /// Entries that are `wanted`, newest first, about `limit`, and the cursor that continues for the administrator `reader`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is not one of this reader's and question's.
    pub async fn audit(
        &self,
        reader: i64,
        wanted: &Wanted,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        let cursors = self.cursors()?;
        let scope = format!("audit|{reader}|{wanted:?}");
        let open = |cursor| {
            let id = cursors.open_as(&scope, cursor);
            id.ok_or_else(Error::wrong_cursor)
        };
        let below = match cursor {
            Some(cursor) => open(cursor)?,
            None => wanted.to.map_or(self.ids.file_id(), FileId::next),
        };
        let (places, horizon) = self.places(wanted, below).await?;
        let limit = limit as usize;
        let found = try_join_all(places.iter().map(|place| self.look(place, limit))).await?;
        let stopped = found.iter().filter_map(|found| found.stopped_at);
        let floor = stopped.chain(horizon).max();
        let found = found.into_iter().flat_map(|found| found.keys);
        let mut keys: Vec<LogKey> = found
            .filter(|key| floor.is_none_or(|floor| key.entry >= floor))
            .collect();
        keys.sort_unstable_by(|a, b| b.cmp(a));
        keys.dedup();
        let next = match keys.get(limit.saturating_sub(1)).map(|last| last.entry) {
            Some(last) if keys.len() > limit => {
                // Two processes may have drawn the same id: such entries stay together.
                keys.retain(|key| key.entry >= last);
                Some(last)
            }
            _ => floor,
        };
        let mut entries = self.entries(&keys).await?;
        if let (Some(old), Some(file)) = (&self.old, wanted.file) {
            let older = Box::pin(old.log(file, below, i32::MAX)).await?;
            let from = wanted
                .from
                .unwrap_or(FileId::FIRST)
                .max(next.unwrap_or(FileId::FIRST));
            entries.extend(older.into_iter().filter(|entry| entry.entry_id >= from));
        }
        entries.retain(|entry| wanted.has(entry));
        entries.sort_by_key(|entry| Reverse(entry.entry_id));
        entries.dedup_by(|a, b| a.entry_id == b.entry_id && a.file_id == b.file_id);
        let next = next.map(|next| cursors.seal(&scope, &next.to_string()));
        Ok((entries, next))
    }

    /// Where to look, by the narrowest of what is asked, and below which entry this page does not look at all.
    async fn places(
        &self,
        wanted: &Wanted,
        below: FileId,
    ) -> Result<(Vec<Place>, Option<FileId>), Error> {
        let from = wanted.from.unwrap_or(FileId::FIRST);
        let place = |partition, naming| Place {
            partition,
            from,
            below,
            naming,
        };
        if let Some(file) = wanted.file {
            return Ok((self.places_of_file(file, from, below).await?, None));
        }
        if let Some(patient) = &wanted.patient {
            let naming = Some(Naming::Patient(patient.clone()));
            let lists = (0..SHARDS).map(|shard| {
                let lists = Partition::Subject(lists_of_patients(shard));
                place(lists, naming.clone())
            });
            let own = place(Partition::Patient(patient.as_str().to_owned()), None);
            return Ok((lists.chain([own]).collect(), None));
        }
        let actor = wanted.actor.unwrap_or_default();
        let (months, horizon) = self.months(actor, from, below);
        let months = months.into_iter().map(|month| place(month, None));
        let uploads = place(Partition::Subject(uploads_of(actor)), None);
        Ok((months.chain([uploads]).collect(), horizon))
    }

    /// Its own entries, that of its upload, and lists that named it.
    async fn places_of_file(
        &self,
        file: FileId,
        from: FileId,
        below: FileId,
    ) -> Result<Vec<Place>, Error> {
        let own = Place {
            partition: Partition::Subject(keys::log_of(file)),
            from,
            below,
            naming: None,
        };
        // Nothing names it before it was drawn.
        let from = from.max(file);
        let named = |subject, below| Place {
            partition: Partition::Subject(subject),
            from,
            below,
            naming: Some(Naming::File(file)),
        };
        let mut places = vec![own];
        places.extend((0..SHARDS).map(|shard| named(shared_lists(shard), below)));
        if let Some(owner) = self.owner_in_log(file).await? {
            places.push(named(lists_of(owner), below));
            places.push(named(uploads_of(owner), below.min(begun_before(file))));
        }
        Ok(places)
    }

    /// Whose file it is or was: its record may be gone. Entries of older versions do not say it, but those have uploads of their own.
    pub(super) async fn owner_in_log(&self, file: FileId) -> Result<Option<i64>, Error> {
        if let Some(file) = self.find(file).await? {
            return Ok(Some(file.uploaded_by));
        }
        let newest = self
            .client
            .query()
            .table_name(&self.config.audit_log_table)
            .key_condition_expression("subject = :subject")
            .expression_attribute_values(":subject", text(&keys::log_of(file)))
            .scan_index_forward(false)
            .limit(1);
        let newest: Vec<Entry> = first_rows(newest).await?;
        Ok(newest.first().and_then(|entry| entry.owner))
    }

    /// The entry of the request that began the upload of `file`, of `owner`.
    pub(super) async fn entry_of_upload(
        &self,
        file: FileId,
        owner: i64,
    ) -> Result<Option<Entry>, Error> {
        let place = Place {
            partition: Partition::Subject(uploads_of(owner)),
            from: file,
            below: begun_before(file),
            naming: Some(Naming::File(file)),
        };
        let query = self.query(&place).consistent_read(true);
        let mut pages = query.into_paginator().send();
        while let Some(page) = pages.next().await {
            let mut items = page.map_err(failure)?.items.unwrap_or_default();
            if let Some(item) = items.pop() {
                return records::from_item(item).map(Some);
            }
        }
        Ok(None)
    }

    /// The partitions of what `actor` did, by month, from `below` back; and the first entry that one page's months can have, if there are more.
    fn months(&self, actor: i64, from: FileId, below: FileId) -> (Vec<Partition>, Option<FileId>) {
        let kept = i64::from(self.config.access_log_days) * DAY_MS;
        let oldest = from.created_at().0.max(self.clock.now().0 - kept);
        let mut at = below.created_at();
        let mut months = Vec::new();
        while months.len() < MONTHS {
            months.push(Partition::Actor(actor_key(actor, at)));
            let begin = begin_of_month(at);
            if begin.0 <= oldest {
                return (months, None);
            }
            at = begin.plus(-1);
        }
        (months, Some(FileId::first_at(at.plus(1))))
    }

    /// Asks a place once.
    async fn look(&self, place: &Place, limit: usize) -> Result<Found, Error> {
        if place.from >= place.below {
            return Ok(Found {
                keys: Vec::new(),
                stopped_at: None,
            });
        }
        let limit = match place.naming {
            Some(_) => LOOK_AT,
            None => i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1),
        };
        let query = self
            .query(place)
            .projection_expression("subject, entry")
            .limit(limit);
        let answer = query.send().await.map_err(failure)?;
        let stopped_at = answer.last_evaluated_key.map(records::from_item::<LogKey>);
        let items = answer.items.unwrap_or_default().into_iter();
        Ok(Found {
            keys: items.map(records::from_item).collect::<Result<_, _>>()?,
            stopped_at: stopped_at.transpose()?.map(|key| key.entry),
        })
    }

    fn query(&self, place: &Place) -> QueryFluentBuilder {
        let number = |id: FileId| AttributeValue::N(id.to_string());
        let (index, hash, value) = match &place.partition {
            Partition::Subject(subject) => (None, "subject", subject),
            Partition::Actor(actor) => (Some(BY_ACTOR), "actor_key", actor),
            Partition::Patient(patient) => (Some(BY_PATIENT), "patient_key", patient),
        };
        let last = FileId::from_number(place.below.number() - 1).unwrap_or(FileId::FIRST);
        let query = self
            .client
            .query()
            .table_name(&self.config.audit_log_table)
            .set_index_name(index.map(str::to_owned))
            .key_condition_expression("#hash = :hash AND entry BETWEEN :from AND :last")
            .expression_attribute_names("#hash", hash)
            .expression_attribute_values(":hash", text(value))
            .expression_attribute_values(":from", number(place.from))
            .expression_attribute_values(":last", number(last))
            .scan_index_forward(false);
        match &place.naming {
            None => query,
            // Whoever did something to many files at once has an entry under each of them, too.
            Some(Naming::File(file)) => query
                .filter_expression("contains(files, :file) AND #action IN (:list, :view, :upload)")
                .expression_attribute_names("#action", "action")
                .expression_attribute_values(":file", number(*file))
                .expression_attribute_values(":list", text(Action::List.name()))
                .expression_attribute_values(":view", text(Action::Look.name()))
                .expression_attribute_values(":upload", text(Action::Upload.name())),
            Some(Naming::Patient(patient)) => query
                .filter_expression("contains(patients, :patient)")
                .expression_attribute_values(":patient", text(patient.as_str())),
        }
    }

    async fn entries(&self, keys: &[LogKey]) -> Result<Vec<Entry>, Error> {
        let keys = keys.iter().map(LogKey::item).collect();
        let table = &self.config.audit_log_table;
        batch_get(&self.client, table, keys, false).await
    }
}

impl Wanted {
    /// The place was chosen by one of these; the others are looked at here.
    fn has(&self, entry: &Entry) -> bool {
        let of_actor = self.actor.is_none_or(|actor| entry.actor_id == actor);
        let of_patient = self.patient.as_ref().is_none_or(|patient| {
            let mut ids = entry.patient_id.iter().chain(&entry.patients);
            ids.any(|id| id == patient.as_str())
        });
        of_actor && of_patient && self.to.is_none_or(|to| entry.entry_id <= to)
    }
}

/// After the entry of the request that drew `file`.
fn begun_before(file: FileId) -> FileId {
    FileId::last_at(file.created_at().plus(BEGIN_MS))
}

fn begin_of_month(at: Timestamp) -> Timestamp {
    let midnight = at.0 - at.0.rem_euclid(DAY_MS);
    let day: i64 = at.day()[8..].parse().unwrap_or(1);
    Timestamp(midnight - (day - 1) * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_on_its_first_day() {
        let of = |text: &str| {
            let zone = jiff::tz::TimeZone::UTC;
            let edge = crate::domain::time::Edge::Start;
            crate::domain::time::parse_edge(text, edge, &zone).expect("a day")
        };
        for (day, first) in [
            ("2026-11-26", "2026-11-01"),
            ("2026-12-31", "2026-12-01"),
            ("2024-02-29", "2024-02-01"),
            ("2026-01-01", "2026-01-01"),
        ] {
            assert_eq!(begin_of_month(of(day).plus(12_345_678)), of(first), "{day}");
        }
    }
}
