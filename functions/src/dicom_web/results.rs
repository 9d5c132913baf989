//! How results of a search are found: what is known is compared first, and files are read only for what they alone say.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use service::App;
use service::db::worklist::{SeriesRow, Stack};
use service::domain::worklist::Entry;
use service::domain::{FileRecord, object_key};
use service::error::Error;

use super::domain::asked::Asked;
use super::domain::condition::Condition;
use super::domain::dataset::{DataSet, put_text};
use super::domain::known::{
    OF_INSTANCES, OF_SERIES, OF_STUDIES, is_deep, known_of_instance, known_of_series,
    known_of_study,
};
use super::domain::levels::{Level, Wanted};
use super::elements;
use super::request::Named;

/// Files that are read for one search, at most.
const MOST_READ: usize = 2000;
/// Studies whose series are looked at for one search, at most.
const MOST_STUDIES: usize = 1000;
/// Files that are read at once.
const AT_ONCE: usize = 16;
/// Candidates that are judged together.
const TOGETHER: usize = 64;

/// What may be a result.
pub(super) struct Candidate {
    pub(super) study: Arc<Entry>,
    series: Option<Arc<SeriesRow>>,
    pub(super) file: Option<FileRecord>,
    said: Option<DataSet>,
}

/// A search on its way.
pub(super) struct Run<'a> {
    app: &'a App,
    owner: i64,
    level: Level,
    pub(super) asked: Asked,
    wanted: Wanted,
    /// Conditions about what only files say.
    deep: Vec<Condition>,
    /// Files that may still be read.
    left: usize,
    passed: Vec<Candidate>,
    waiting: Vec<Candidate>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        app: &'a App,
        owner: i64,
        level: Level,
        asked: Asked,
        wanted: Wanted,
    ) -> Self {
        let is_deep = |condition: &&Condition| is_deep(condition.attribute.root(), level);
        Self {
            app,
            owner,
            level,
            wanted,
            deep: asked.conditions.iter().filter(is_deep).cloned().collect(),
            asked,
            left: MOST_READ,
            passed: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// The results to answer, and whether there are more.
    pub(super) async fn results(&mut self, named: &Named) -> Result<(Vec<Candidate>, bool), Error> {
        let studies = self.studies(named).await?;
        self.look_through(studies, named).await?;
        self.page().await
    }

    /// The studies to look through, the newest first.
    async fn studies(&self, named: &Named) -> Result<Vec<Arc<Entry>>, Error> {
        if let Some(uid) = &named.study {
            let id = self
                .app
                .references
                .study_of_uid(uid.as_str())
                .await?
                .ok_or(Error::NotFound)?;
            let entry = self.app.files.entry_of(self.owner, id).await?;
            let entry = entry.filter(|entry| entry.uid.as_deref() == Some(uid.as_str()));
            return Ok(vec![Arc::new(entry.ok_or(Error::NotFound)?)]);
        }
        let conditions = self.conditions_of(OF_STUDIES);
        // Studies that a person made have no UID, so no URL either.
        let keep = |entry: &Entry| {
            entry.uid.is_some()
                && (conditions.is_empty() || all_hold(&conditions, &known_of_study(entry)))
        };
        let mut found = self.app.files.studies_where(self.owner, keep).await?;
        found.sort_by(|one, other| {
            let place = |entry: &Entry| (entry.date.clone(), entry.time.clone(), entry.id);
            place(other).cmp(&place(one))
        });
        Ok(found.into_iter().map(Arc::new).collect())
    }

    /// The conditions about these attributes.
    fn conditions_of(&self, tags: &[u32]) -> Vec<Condition> {
        let conditions = self.asked.conditions.iter();
        conditions
            .filter(|condition| tags.contains(&condition.attribute.root().0))
            .cloned()
            .collect()
    }

    /// How many results are to be found: one more than are answered, so that it is known whether there are more.
    fn enough(&self) -> usize {
        self.asked
            .offset
            .saturating_add(self.asked.limit)
            .saturating_add(1)
    }

    async fn look_through(&mut self, studies: Vec<Arc<Entry>>, named: &Named) -> Result<(), Error> {
        for (index, study) in studies.into_iter().enumerate() {
            if self.passed.len() >= self.enough() {
                break;
            }
            if self.level == Level::Study {
                self.suggest(study, None, None).await?;
                continue;
            }
            if index == MOST_STUDIES {
                return Err(too_broad());
            }
            self.look_through_study(&study, named).await?;
        }
        self.judge().await
    }

    async fn look_through_study(&mut self, study: &Arc<Entry>, named: &Named) -> Result<(), Error> {
        let of_study = self.conditions_of(OF_STUDIES);
        if named.study.is_some() && !all_hold(&of_study, &known_of_study(study)) {
            return Ok(());
        }
        let mut series = self.app.files.series_of(self.owner, study.id).await?;
        series.retain(|row| row.uid.is_some());
        if let Some(uid) = &named.series {
            series.retain(|row| row.uid.as_deref() == Some(uid.as_str()));
            if series.is_empty() {
                return Err(Error::NotFound);
            }
        }
        let of_series: Vec<Condition> = self.conditions_of(OF_SERIES);
        series.retain(|row| all_hold(&of_series, &known_of_series(row)));
        for row in series.into_iter().map(Arc::new) {
            if self.passed.len() >= self.enough() {
                break;
            }
            if self.level == Level::Series {
                self.suggest(Arc::clone(study), Some(row), None).await?;
            } else {
                self.look_through_series(study, &row).await?;
            }
        }
        Ok(())
    }

    async fn look_through_series(
        &mut self,
        study: &Arc<Entry>,
        series: &Arc<SeriesRow>,
    ) -> Result<(), Error> {
        let of = Stack {
            owner: self.owner,
            study: study.id,
            series: Some(series.id),
        };
        let conditions = self.conditions_of(OF_INSTANCES);
        let (mut after, mut seen) = (None, HashSet::new());
        while self.passed.len() < self.enough() {
            let files = &self.app.files;
            let (files, next) = files.next_of_stack(of, after.as_deref(), 100).await?;
            for file in files {
                // Of several files with one UID the first is the instance.
                let uid = file.instance_uid().map(str::to_owned);
                let is_new = uid.is_some_and(|uid| seen.insert(uid));
                if is_new && all_hold(&conditions, &known_of_instance(&file)) {
                    self.suggest(Arc::clone(study), Some(Arc::clone(series)), Some(file))
                        .await?;
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn suggest(
        &mut self,
        study: Arc<Entry>,
        series: Option<Arc<SeriesRow>>,
        file: Option<FileRecord>,
    ) -> Result<(), Error> {
        let candidate = Candidate {
            study,
            series,
            file,
            said: None,
        };
        if self.deep.is_empty() {
            self.passed.push(candidate);
            return Ok(());
        }
        self.waiting.push(candidate);
        if self.waiting.len() >= TOGETHER {
            self.judge().await
        } else {
            Ok(())
        }
    }

    /// Lets those pass that hold what only files say.
    async fn judge(&mut self) -> Result<(), Error> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.len() > self.left {
            return Err(too_broad());
        }
        self.left -= waiting.len();
        let read = self.read(waiting).await?;
        let holds = |found: &Candidate| {
            all_hold(&self.deep, found.said.as_ref().unwrap_or(&DataSet::new()))
        };
        let passed: Vec<Candidate> = read.into_iter().filter(holds).collect();
        self.passed.extend(passed);
        Ok(())
    }

    /// Reads what the files say, of those of which that is not known yet.
    async fn read(&self, candidates: Vec<Candidate>) -> Result<Vec<Candidate>, Error> {
        let reading = stream::iter(candidates).map(|mut found| async move {
            if found.said.is_none() {
                found.said = Some(self.said_of(&found).await?);
            }
            Ok::<_, Error>(found)
        });
        reading.buffered(AT_ONCE).try_collect().await
    }

    /// What the file of a result says, or one of its files.
    async fn said_of(&self, found: &Candidate) -> Result<DataSet, Error> {
        let keep = |tag: &str| self.wanted.keeps(tag);
        if let Some(file) = &found.file {
            return elements::of_file(self.app, file, keep).await;
        }
        let picture = match &found.series {
            Some(series) => series.thumbnail.as_deref(),
            None => found.study.thumbnail.as_deref(),
        };
        if let Some(id) = picture.and_then(object_key::made_of) {
            let said = elements::of_key(
                self.app,
                &object_key::instance(id, object_key::INSTANCE),
                keep,
            )
            .await?;
            if let Some(said) = said {
                return Ok(said);
            }
        }
        let of = Stack {
            owner: self.owner,
            study: found.study.id,
            series: found.series.as_ref().map(|series| series.id),
        };
        let (files, _) = self.app.files.next_of_stack(of, None, 10).await?;
        match files.iter().find(|file| file.instance_uid().is_some()) {
            Some(file) => elements::of_file(self.app, file, keep).await,
            None => Ok(DataSet::new()),
        }
    }

    async fn page(&mut self) -> Result<(Vec<Candidate>, bool), Error> {
        let (offset, limit) = (self.asked.offset, self.asked.limit);
        let passed = std::mem::take(&mut self.passed);
        let has_more = passed.len() > offset.saturating_add(limit);
        let page: Vec<Candidate> = passed.into_iter().skip(offset).take(limit).collect();
        Ok((self.read(page).await?, has_more))
    }

    /// The data set of a result.
    pub(super) fn answer_of(&self, found: Candidate, base: &str) -> DataSet {
        let uid = |uid: Option<&String>| uid.cloned().unwrap_or_default();
        let study = uid(found.study.uid.as_ref());
        let mut url = format!("{base}/studies/{study}");
        let mut known = DataSet::new();
        if let Some(series) = &found.series {
            url = format!("{url}/series/{}", uid(series.uid.as_ref()));
        }
        if let Some(file) = &found.file {
            url = format!(
                "{url}/instances/{}",
                file.instance_uid().unwrap_or_default()
            );
        }
        known.extend(known_of_study(&found.study));
        if let Some(series) = &found.series {
            known.extend(known_of_series(series));
        }
        if let Some(file) = &found.file {
            known.extend(known_of_instance(file));
        }
        put_text(&mut known, 0x0008_1190, "UR", Some(&url));
        self.wanted.answer(found.said.unwrap_or_default(), known)
    }
}

fn all_hold(conditions: &[Condition], set: &DataSet) -> bool {
    conditions.iter().all(|condition| condition.matches(set))
}

fn too_broad() -> Error {
    Error::TooLarge(
        "Too many files would have to be read for that: name a study or a patient, or ask for what the worklist knows.".to_owned(),
    )
}
