//! Reads a worklist.

use std::collections::HashMap;
use std::sync::Arc;

use super::rows::StudyRow;
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::db::Item;
use crate::db::files::Files;
use crate::db::log_entry::About;
use crate::db::query;
use crate::db::studies::entry_key;
use crate::domain::StudyId;
use crate::domain::worklist::{Asked, Entry, Listed, Place};
use crate::error::Error;

/// Reads of the list of chunks: an object of an old list may be gone, and then the list is a newer one.
const ATTEMPTS: usize = 3;

/// One page of a worklist.
#[derive(Clone, Debug)]
pub struct WorklistPage {
    #[expect(missing_docs, reason = "the name says it")]
    pub entries: Vec<Entry>,
    /// How many there are in all.
    pub total: u64,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<String>,
}

impl Files {
    /// One page of the studies of `owner`. The caller may see them.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is not one of this caller's and query's.
    pub async fn worklist(
        &self,
        caller: &Caller,
        owner: i64,
        asked: &Asked,
    ) -> Result<WorklistPage, Error> {
        let cursors = self.cursors()?;
        let scope = format!("{}|studies#{owner}|{}", caller.id, asked.fingerprint());
        let open = |cursor| {
            let place = cursors.open(&scope, cursor);
            let place = place.and_then(|place| serde_json::from_str::<Place>(&place).ok());
            place.ok_or_else(Error::wrong_cursor)
        };
        let after = asked.cursor.as_ref().map(open).transpose()?;
        let page = {
            let (changed, packed) = self.all_entries(owner).await?;
            asked.page(current(&changed, &packed).into_iter(), after.as_ref())
        };
        let seal = |place: Place| {
            let place = serde_json::to_string(&place).map_err(Error::internal)?;
            Ok::<_, Error>(cursors.seal(&scope, &place))
        };
        let next_cursor = page.next.map(seal).transpose()?;
        if page.entries.is_empty() {
            self.log.nothing_to_tell();
        } else {
            let studies = page.entries.iter().map(|entry| entry.id).collect();
            let patient = asked.narrowed.patient.clone();
            let about = About::Studies {
                ids: studies,
                owner,
                patient,
            };
            self.log.tell(caller, Action::List, about).await?;
        }
        Ok(WorklistPage {
            entries: page.entries,
            total: page.total,
            next_cursor,
        })
    }

    /// The studies of `owner` that have files and pass `keep`, in no order. The caller may see them, and whoever shows them tells the log.
    pub async fn studies_where(
        &self,
        owner: i64,
        keep: impl Fn(&Entry) -> bool,
    ) -> Result<Vec<Entry>, Error> {
        let (changed, packed) = self.all_entries(owner).await?;
        let current = current(&changed, &packed).into_iter();
        let kept = current.filter(|listed| listed.entry.files > 0 && keep(&listed.entry));
        Ok(kept.map(|listed| listed.entry.clone()).collect())
    }

    /// The entries that changed last, which are rows, and the chunks that have all others. This reads the rows before the list of chunks: if somebody packs a row in between,
    /// it is in both, and the newer version counts. The other way round it could be in neither.
    async fn all_entries(
        &self,
        owner: i64,
    ) -> Result<(HashMap<StudyId, Listed>, Vec<Arc<Vec<Listed>>>), Error> {
        for _ in 0..ATTEMPTS {
            let changed = self.changed_entries(owner, false).await?;
            let changed = changed.into_values();
            let changed = changed.map(|entry| (entry.id, entry.into())).collect();
            let list = self.list_of_chunks(owner).await?;
            if let Some(chunks) = self.chunks.all(owner, &list).await? {
                return Ok((changed, chunks));
            }
        }
        tracing::error!(
            owner,
            "a worklist is not whole: it is read from the rows of its studies"
        );
        let entries = Box::pin(self.entries_of_rows(owner)).await?;
        let listed = entries.into_iter().map(|entry| (entry.id, entry.into()));
        Ok((listed.collect(), Vec::new()))
    }

    /// The entries of an owner from the rows of their studies, which have all that there is to say.
    pub(super) async fn entries_of_rows(&self, owner: i64) -> Result<Vec<Entry>, Error> {
        let owner_of = entry_key(owner, "");
        let owner_of = owner_of.get("owner").cloned();
        let query = self
            .client
            .query()
            .table_name(&self.config.studies_table)
            .key_condition_expression("#owner = :owner")
            .filter_expression("attribute_exists(fold)")
            .expression_attribute_names("#owner", "owner")
            .set_expression_attribute_values(
                owner_of.map(|owner| [(":owner".to_owned(), owner)].into()),
            )
            .consistent_read(true);
        let mut entries = Vec::new();
        for item in query::items(query).await? {
            entries.extend(entry_of(owner, &item)?);
        }
        entries.sort_by_key(|entry| entry.id);
        Ok(entries)
    }

    /// The entry of a study from its row; `None` if there is none, or nobody can read it.
    pub(super) async fn entry_of_row(
        &self,
        owner: i64,
        study: StudyId,
    ) -> Result<Option<Entry>, Error> {
        let key = entry_key(owner, &study.to_string());
        let values = key
            .into_iter()
            .map(|(name, value)| (format!(":{name}"), value));
        // A query, because whoever reads a worklist may ask the table nothing else.
        let query = self
            .client
            .query()
            .table_name(&self.config.studies_table)
            .key_condition_expression("#owner = :owner AND study = :study")
            .expression_attribute_names("#owner", "owner")
            .set_expression_attribute_values(Some(values.collect()))
            .consistent_read(true);
        let found = query::first_items(query).await?;
        let entry = found.first().map(|item| entry_of(owner, item));
        Ok(entry.transpose()?.flatten())
    }
}

/// What a row says of a study; `None` if it is about none, or nobody can read it: then it is in nobody's way.
fn entry_of(owner: i64, item: &Item) -> Result<Option<Entry>, Error> {
    let name = item.get("study").and_then(|name| name.as_s().ok());
    let Some(id) = name.and_then(|name| name.parse::<StudyId>().ok()) else {
        return Ok(None);
    };
    match StudyRow::read(id, Some(item)) {
        Ok(row) => Ok(Some(row.entry())),
        Err(Error::Internal(_)) => {
            let study = id.number();
            tracing::error!(owner, study, "the row of a study cannot be read");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Of each study the entry of its highest version: those that changed are looked at beside those that are packed.
fn current<'a>(
    changed: &'a HashMap<StudyId, Listed>,
    packed: &'a [Arc<Vec<Listed>>],
) -> Vec<&'a Listed> {
    let mut in_chunks: HashMap<StudyId, u64> = HashMap::new();
    let mut found = Vec::new();
    for listed in packed.iter().flat_map(|chunk| chunk.iter()) {
        match changed.get(&listed.entry.id) {
            Some(newer) => {
                in_chunks.insert(listed.entry.id, listed.entry.version);
                if newer.entry.version <= listed.entry.version {
                    found.push(listed);
                }
            }
            None => found.push(listed),
        }
    }
    let is_newer = |listed: &&Listed| {
        let packed = in_chunks.get(&listed.entry.id);
        packed.is_none_or(|packed| *packed < listed.entry.version)
    };
    found.extend(changed.values().filter(is_newer));
    found
}
