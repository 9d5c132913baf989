//! Counters against rows. Files change while they are counted, so a difference counts only if two counts agree on it and the counters stood still
//! between; what is added then is right whatever anybody counts meanwhile.

use std::collections::BTreeMap;

use service::db::files::Scope;
use service::domain::stats::{Counters, Delta};
use service::domain::{FileId, FileRecord};
use service::error::{Error, chain};

use super::{Report, Run, Verify};

/// Records that are read together.
const PAGE: i32 = 500;

impl Verify {
    /// Of one owner, or of everybody.
    pub(super) async fn recount(
        &self,
        owner: Option<i64>,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        if self.app.config.old_tables.is_some() {
            // Files that nobody has moved yet are counted, and have no row here.
            report
                .failed
                .add("the tables of older versions have to be moved first");
            return Ok(());
        }
        match owner {
            Some(owner) => {
                let counted = self.of_owner(owner, run).await?;
                self.compare_owners([(owner, counted)], run, report).await
            }
            None => self.everybody(run, report).await,
        }
    }

    async fn compare_owners(
        &self,
        found: impl IntoIterator<Item = (i64, Option<Counters>)>,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        for (owner, counted) in found {
            if run.is_over() || report.recounted >= run.limit {
                report.more = true;
                return Ok(());
            }
            report.recounted += 1;
            if let Err(error) = self.compare_counters(owner, counted, run, report).await {
                tracing::error!(
                    owner,
                    cause = chain(&error),
                    "the verification of an object failed"
                );
                report.failed.add(&format!("user#{owner}"));
            }
        }
        Ok(())
    }

    /// `None` for a count that was not finished in time.
    async fn compare_counters(
        &self,
        owner: i64,
        counted: Option<Counters>,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        let scope = Scope::Owner(owner);
        let before = self.app.files.counters(scope).await?;
        let Some(first) = counted.map(|counted| before.difference(&counted)) else {
            report.more = true;
            return Ok(());
        };
        if first.is_empty() {
            return Ok(());
        }
        let Some(counted) = self.of_owner(owner, run).await? else {
            report.more = true;
            return Ok(());
        };
        let after = self.app.files.counters(scope).await?;
        if before != after || after.difference(&counted) != first {
            report.busy.add(&format!("user#{owner}"));
            return Ok(());
        }
        self.correct(scope, &format!("user#{owner}"), &first, run, report)
            .await
    }

    async fn correct(
        &self,
        scope: Scope,
        name: &str,
        difference: &Delta,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        let counters = difference.iter().map(|(name, by)| format!("{name} {by:+}"));
        tracing::error!(
            of = name,
            difference = counters.collect::<Vec<_>>().join(", "),
            "counters differ from the rows"
        );
        report.counters.add(name);
        if run.dry_run {
            return Ok(());
        }
        let files = self.app.files.unattended();
        files.correct_counters(scope, difference).await
    }

    /// The files of one owner, counted by their records.
    async fn of_owner(&self, owner: i64, run: &Run) -> Result<Option<Counters>, Error> {
        let files = self.app.files.unattended();
        let (mut counters, mut below) = (Counters::default(), None);
        loop {
            if run.is_over() {
                return Ok(None);
            }
            let ids = files
                .ids_of(owner, below, usize::try_from(PAGE).unwrap_or(1))
                .await?;
            let Some(last) = ids.last() else {
                return Ok(Some(counters));
            };
            below = Some(*last);
            let (files, unreadable) = files.records(&ids).await?;
            if !unreadable.is_empty() {
                return Err(cannot_be_read());
            }
            for file in &files {
                count(&mut counters, file);
            }
        }
    }

    /// All files, counted in one pass through the table: for each owner, and together. Everybody's counters know what the owners' folds have counted, so
    /// they are compared by the run that finds nothing wrong with an owner.
    async fn everybody(&self, run: &Run, report: &mut Report) -> Result<(), Error> {
        let before = self.app.files.counters(Scope::All).await?;
        let mut owners: BTreeMap<i64, Counters> = BTreeMap::new();
        let mut all = Counters::default();
        let mut after: Option<FileId> = None;
        loop {
            if run.is_over() {
                report.more = true;
                return Ok(());
            }
            let page = self.app.verification.page(after, PAGE).await?;
            if !page.unreadable.is_empty() {
                return Err(cannot_be_read());
            }
            for file in &page.files {
                count(&mut all, file);
                count(owners.entry(file.uploaded_by).or_default(), file);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let found = owners.into_iter();
        let found = found.map(|(owner, counted)| (owner, Some(counted)));
        self.compare_owners(found, run, report).await?;
        let difference = before.difference(&all);
        if report.counters.count > 0 {
            report.more = true;
        } else if !difference.is_empty() {
            // Somebody is nearly always at work: then the next quiet run decides.
            let unfolded = self.app.files.unattended().unfolded(None).await?;
            let is_quiet = unfolded.shards.is_empty() && unfolded.next.is_none();
            if is_quiet && self.app.files.counters(Scope::All).await? == before {
                self.correct(Scope::All, "all", &difference, run, report)
                    .await?;
            } else {
                report.busy.add("all");
            }
        }
        Ok(())
    }
}

/// What such a record is counted as nobody knows: then nothing is put right.
fn cannot_be_read() -> Error {
    Error::internal("a record cannot be read")
}

fn count(counters: &mut Counters, file: &FileRecord) {
    for (name, value) in Delta::between(None, Some(file)).iter() {
        counters.add(name, value);
    }
}
